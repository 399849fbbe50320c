"""The upstream stub: takes what the vendor takes, refuses what the vendor refuses, records every call."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway_contract.contract import Upstream
from gateway_contract.exchange import PlayedFailure, UpstreamCall
from gateway_contract.pointer import read
from gateway_contract.read_json import read_json
from gateway_contract.size import Size, parse_size
from gateway_contract.standing import upstream_refuses
from gateway_contract.values import ABSENT, Json, Nothing
from mock_server import dashscope
from mock_server.call_record import record_route
from mock_server.images import Picture
from mock_server.own_url import own_url
from mock_server.pictures import PICTURE_PATH, PictureLinks, picture_response
from mock_server.signing import Signer
from mock_server.upstream_calls import UpstreamCalls
from mock_server.upstream_failures import UpstreamFailure

CAPTION_CHARACTERS = 80  # links hold them
LINK_SECONDS = 24 * 3600.0
ANY_METHOD = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")


@dataclass(frozen=True, slots=True)
class UpstreamStub:
    """One upstream by its document. `layout_of` and `failure_of` choose by a call's body how it is answered."""

    upstream: Upstream
    calls: UpstreamCalls = field(default_factory=UpstreamCalls)
    signer: Signer = field(default_factory=lambda: Signer(secrets.token_bytes(16)))
    layout_of: Callable[[Json], str | None] = lambda _: None
    failure_of: Callable[[Json], UpstreamFailure | None] = lambda _: None

    @property
    def path(self) -> str:
        return self.upstream.base + self.upstream.operation.path


def upstream_app(stub: UpstreamStub) -> Starlette:
    """The stub as an application: the operation at the vendor's path, images, and the record of calls."""

    async def generate(request: Request) -> ASGIApp:
        return await _generate(stub, request)

    async def picture(request: Request) -> Response:
        return picture_response(stub.signer, request.path_params["signed"])

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


async def _generate(stub: UpstreamStub, request: Request) -> ASGIApp:
    body = read_json(await request.body())
    failure = _failure(stub, request, body)
    if failure is not None or body is ABSENT:
        return _answer(stub, request, body, failure or dashscope.NOT_JSON)
    playing = stub.failure_of(body)
    if playing is not None:
        return _play(stub, request, body, playing)
    pictures = requested_pictures(stub.upstream, body)
    answer = _success(stub, request, body, pictures, time.time() + LINK_SECONDS)
    _record(stub, request, body, 200, identities(pictures))
    return _response(200, answer, str(answer["request_id"]))


def _play(stub: UpstreamStub, request: Request, body: Json, failure: UpstreamFailure) -> ASGIApp:
    """The answer of a failure; the images that it takes away were never made."""
    pictures = requested_pictures(stub.upstream, body)
    shown = pictures[: len(pictures) - failure.fewer_images]
    answer = _success(stub, request, body, shown, 0.0 if failure.dead_links else time.time() + LINK_SECONDS)
    made = identities(shown) if failure.dead_links or failure.fewer_images else ()
    _record(stub, request, body, 200, made, failure.played)
    return failure.respond(answer)


def identities(pictures: Sequence[Picture]) -> tuple[str, ...]:
    return tuple(picture.identity for picture in pictures)


def _success(
    stub: UpstreamStub, request: Request, body: Json, pictures: Sequence[Picture], links_expire_at: float
) -> dict[str, Json]:
    links = PictureLinks(stub.signer, own_url(request), links_expire_at)
    size = _size(stub.upstream, body)
    made = dashscope.Generated(body, list(map(links.link_to, pictures)), size.width, size.height)
    return dashscope.success(made, stub.layout_of(body) or dashscope.usual_layout(body), secrets.token_hex(16))


def _failure(stub: UpstreamStub, request: Request, body: Json | Literal[Nothing.ABSENT]) -> dashscope.Failure | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return dashscope.NO_KEY
    if request.headers.get("x-dashscope-async") is not None:
        return dashscope.ASYNCHRONOUS
    if body is ABSENT:
        return dashscope.NOT_JSON
    broken = upstream_refuses(stub.upstream, body)
    if broken:
        return dashscope.refusal_of(sorted(broken, key=lambda constraint: (constraint.pointer, constraint.keyword)))
    return None


def requested_pictures(upstream: Upstream, body: Json) -> list[Picture]:
    """The pictures that a valid call asks for, each with an identity of its own."""
    drawing = upstream.drawing
    count = _asked(upstream, drawing.count, body)
    size = _size(upstream, body)
    variation = None if drawing.variation is None else _asked(upstream, drawing.variation, body)
    marked = drawing.signature is not None and _asked(upstream, drawing.signature, body) is True
    caption = str(_asked(upstream, drawing.caption, body))[:CAPTION_CHARACTERS]
    number = int(count) if isinstance(count, int | float) else 1
    return [
        Picture(
            identity=secrets.token_hex(8),
            width=size.width,
            height=size.height,
            caption=caption,
            detail=f"{size.width}x{size.height}  {'random' if variation is None else variation}  {index + 1}/{number}",
            palette_key=f"{caption}/{variation}/{index}",
            marked=marked,
        )
        for index in range(number)
    ]


def _asked(upstream: Upstream, pointer: str, body: Json) -> Json:
    """What a call says at a pointer; null and absence count as the document's default."""
    said = read(body, pointer)
    if said is ABSENT or said is None:
        said = upstream.operation.request.default(pointer, body)
    return None if said is ABSENT else said


def _size(upstream: Upstream, body: Json) -> Size:
    said = str(_asked(upstream, upstream.drawing.size, body))
    return parse_size(upstream.drawing.named_sizes.get(said, said)) or Size(1024, 1024)


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
