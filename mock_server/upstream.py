"""The upstream stub: takes what the vendor takes, refuses what the vendor refuses, records every call."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway_contract.contract import Upstream
from gateway_contract.exchange import PlayedFailure, UpstreamCall
from gateway_contract.read_json import read_json
from gateway_contract.standing import upstream_refuses
from gateway_contract.values import ABSENT, Json, Nothing
from mock_server import dashscope
from mock_server.call_record import record_route
from mock_server.images import Picture
from mock_server.own_url import own_url
from mock_server.pictures import PICTURE_PATH, PictureLinks, drawn, picture_response
from mock_server.requested_pictures import identities, requested_pictures, requested_size
from mock_server.signing import Signer
from mock_server.upstream_calls import UpstreamCalls
from mock_server.upstream_failures import UpstreamFailure

ANY_METHOD = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")


@dataclass(frozen=True, slots=True)
class UpstreamStub:
    """One upstream by its document. `layout_of` and `failure_of` choose by a call's body how it is answered."""

    upstream: Upstream
    calls: UpstreamCalls = field(default_factory=UpstreamCalls)
    signer: Signer = field(default_factory=lambda: Signer(secrets.token_bytes(16)))
    layout_of: Callable[[Json], str | None] = lambda _: None
    failure_of: Callable[[Json], UpstreamFailure | None] = lambda _: None
    draws: Callable[[Picture], bytes] = drawn

    @property
    def path(self) -> str:
        return self.upstream.base + self.upstream.operation.path


def upstream_app(stub: UpstreamStub) -> Starlette:
    """The stub as an application: the operation at the vendor's path, images, and the record of calls."""

    async def generate(request: Request) -> ASGIApp:
        return await _generate(stub, request)

    async def picture(request: Request) -> Response:
        return picture_response(stub.signer, request.path_params["signed"], stub.draws)

    async def anything_else(request: Request) -> Response:
        return _answer(stub, request, read_json(await request.body()), dashscope.NOT_FOUND)

    return Starlette(
        routes=[
            Route(stub.path, generate, methods=[stub.upstream.operation.method]),
            Route(PICTURE_PATH, picture),
            record_route(stub.calls),
            Route("/{path:path}", anything_else, methods=ANY_METHOD),
        ]
    )


@dataclass(frozen=True, slots=True)
class StubAnswer:
    """What the stub answers to a call, and its record of the call."""

    body: Json
    call: UpstreamCall


def stub_answer(stub: UpstreamStub, headers: Mapping[str, str], body: Json, own: str) -> StubAnswer:
    """The answer to a generation call that came without HTTP. `own` is the URL under which its images are served."""
    failure = _failure(stub, headers, body)
    if failure is None:
        pictures = requested_pictures(stub.upstream, body)
        answer, status, images = _success(stub, own, body, pictures, None), 200, identities(pictures)
    else:
        answer, status, images = failure.body(secrets.token_hex(16)), failure.status, ()
    operation = stub.upstream.operation
    call = UpstreamCall(operation.method, stub.path, tuple(headers.items()), body, time.time(), status, images)
    stub.calls.add(call)
    return StubAnswer(answer, call)


async def _generate(stub: UpstreamStub, request: Request) -> ASGIApp:
    body = read_json(await request.body())
    failure = _failure(stub, request.headers, body)
    if failure is not None or body is ABSENT:
        return _answer(stub, request, body, failure or dashscope.NOT_JSON)
    playing = stub.failure_of(body)
    if playing is not None:
        return _play(stub, request, body, playing)
    pictures = requested_pictures(stub.upstream, body)
    answer = _success(stub, own_url(request.scope), body, pictures, None)
    _record(stub, request, body, 200, identities(pictures))
    return _response(200, answer, str(answer["request_id"]))


def _play(stub: UpstreamStub, request: Request, body: Json, failure: UpstreamFailure) -> ASGIApp:
    """The answer of a failure; the images that it takes away were never made."""
    pictures = requested_pictures(stub.upstream, body)
    shown = pictures[: len(pictures) - failure.fewer_images]
    answer = _success(stub, own_url(request.scope), body, shown, 0.0 if failure.dead_links else None)
    made = identities(shown) if failure.dead_links or failure.fewer_images else ()
    _record(stub, request, body, 200, made, failure.played)
    return failure.respond(answer)


def _success(
    stub: UpstreamStub, own: str, body: Json, pictures: Sequence[Picture], links_expire_at: float | None
) -> dict[str, Json]:
    expire_at = time.time() + stub.signer.seconds if links_expire_at is None else links_expire_at
    links = PictureLinks(stub.signer, own, expire_at)
    size = requested_size(stub.upstream, body)
    made = dashscope.Generated(body, list(map(links.link_to, pictures)), size.width, size.height)
    return dashscope.success(made, stub.layout_of(body) or dashscope.usual_layout(body), secrets.token_hex(16))


def _failure(
    stub: UpstreamStub, headers: Mapping[str, str], body: Json | Literal[Nothing.ABSENT]
) -> dashscope.Failure | None:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return dashscope.NO_KEY
    if headers.get("x-dashscope-async") is not None:
        return dashscope.ASYNCHRONOUS
    if body is ABSENT:
        return dashscope.NOT_JSON
    broken = upstream_refuses(stub.upstream, body)
    if broken:
        return dashscope.refusal_of(sorted(broken, key=lambda constraint: (constraint.pointer, constraint.keyword)))
    return None


def _answer(
    stub: UpstreamStub, request: Request, body: Json | Literal[Nothing.ABSENT], failure: dashscope.Failure
) -> Response:
    request_id = secrets.token_hex(16)
    _record(stub, request, body, failure.status, ())
    return _response(failure.status, failure.body(request_id), request_id)


def _response(status: int, body: dict[str, Json], request_id: str) -> Response:
    headers = {"x-request-id": request_id, "x-dashscope-call-gateway": "true"}
    return JSONResponse(body, status, headers)


def _record(
    stub: UpstreamStub,
    request: Request,
    body: Json | Literal[Nothing.ABSENT],
    status: int,
    images: tuple[str, ...],
    played: PlayedFailure | None = None,
) -> None:
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    stub.calls.add(UpstreamCall(request.method, target, headers, body, time.time(), status, images, played))
