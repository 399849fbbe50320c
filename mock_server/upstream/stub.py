"""The upstream stub: accepts and rejects calls as its vendor does, plays faults, and records every call."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Literal

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway_contract.contract.definition import Upstream
from gateway_contract.contract.validity import unknown_upstream, upstream_refuses
from gateway_contract.schema.keywords import constraint_sentence
from gateway_contract.traffic.exchange import PlayedFault, UpstreamCall
from gateway_contract.traffic.response_message import error_message
from gateway_contract.values.json_value import ABSENT, Json, Nothing, read_json
from mock_server.faults.fault import (
    LINK_404,
    MAINTENANCE,
    MAINTENANCE_PATH,
    NO_RESPONSE,
    Fault,
    effect,
    silence,
    slow_body,
)
from mock_server.faults.unusual import SLOW_IMAGE, unusual_response
from mock_server.images.links import (
    PICTURE_PATH,
    PictureLinks,
    draw_cached,
    picture_response,
    signed_picture,
)
from mock_server.images.picture import Picture
from mock_server.images.requested import identities, requested_pictures, requested_size
from mock_server.serving.asgi import own_url, request_target, text_headers, with_body_limit
from mock_server.serving.signing import Signer
from mock_server.upstream.calls import UpstreamCalls, record_route
from mock_server.upstream.protocol import (
    CallProblem,
    GeneratedImages,
    Reply,
    StubOptions,
    UpstreamProtocol,
)
from mock_server.upstream.tasks import Tasks

OK = int(HTTPStatus.OK)  # a plain int, since calls are marshalled
EXPIRED = 0.0
"""The Unix time at which links expire that lead to nothing."""


@dataclass(frozen=True, slots=True)
class UpstreamStub:
    """One upstream by its document. `layout_of`, `fault_of` and `pictures_of` choose the response by a call's body.

    `pictures_of` also takes the operation, and gives None for calls whose pictures follow from what they request.
    """

    upstream: Upstream
    protocol: UpstreamProtocol
    calls: UpstreamCalls = field(default_factory=UpstreamCalls)
    signer: Signer = field(default_factory=lambda: Signer(secrets.token_bytes(16)))
    layout_of: Callable[[Json], str | None] = lambda _: None
    fault_of: Callable[[Json], Fault | None] = lambda _: None
    pictures_of: Callable[[Upstream, Json], list[Picture] | None] = lambda _called, _body: None
    draw_picture: Callable[[Picture], bytes] = draw_cached
    options: StubOptions = field(default_factory=StubOptions)
    tasks: Tasks = field(default_factory=Tasks)
    canary: str = ""  # in headers of each response that are for the gateway alone; none for ""
    slow_images: set[str] = field(default_factory=set)  # identities

    @property
    def path(self) -> str:
        return self.upstream.base + self.upstream.operation.path


def pictures_for(stub: UpstreamStub, called: Upstream, body: Json) -> list[Picture]:
    """The pictures that a valid call of an operation requests."""
    chosen = stub.pictures_of(called, body)
    if chosen is not None:
        return chosen
    return requested_pictures(called, stub.protocol.with_defaults(called, body, stub.options), stub.options.seed)


def generated(
    called: Upstream, body: Json, pictures: Sequence[Picture], links: PictureLinks, layout: str
) -> GeneratedImages:
    size = pictures[0] if pictures else requested_size(called, body)
    return GeneratedImages(body, list(map(links.link_to, pictures)), size.width, size.height, layout)


def success(
    stub: UpstreamStub, own: str, body: Json, pictures: Sequence[Picture], links_expire_at: float | None = None
) -> Reply:
    """The reply of the synchronous operation; `own` is the URL under which the images are served."""
    expire_at = stub.signer.clock() + stub.signer.seconds if links_expire_at is None else links_expire_at
    links = PictureLinks(stub.signer, own, expire_at)
    return stub.protocol.success(generated(stub.upstream, body, pictures, links, layout_for(stub, body)))


def layout_for(stub: UpstreamStub, body: Json) -> str:
    return stub.layout_of(body) or stub.protocol.layouts(body)[0]


def reject_key(stub: UpstreamStub, headers: Mapping[str, str]) -> Reply | None:
    """The error for a call without a key, or with a wrong one; None for the right key."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return stub.protocol.reject_call(CallProblem.NO_KEY)
    expected = stub.options.key
    right = expected is None or secrets.compare_digest(key.strip().encode(), expected.encode())
    return None if right else stub.protocol.reject_call(CallProblem.WRONG_KEY)


def response(reply: Reply) -> Response:
    return JSONResponse(reply.body, reply.status, reply.headers)


def reject(stub: UpstreamStub, request: Request, body: Json | Literal[Nothing.ABSENT], reply: Reply) -> Response:
    """Records a call that is rejected, and responds with the error."""
    message = "" if reply.body is ABSENT else error_message(reply.body)
    record(stub, request, body, reply.status, (), message=message)
    return response(reply)


def play(
    stub: UpstreamStub,
    request: Request,
    body: Json,
    pictures: Sequence[Picture],
    fault: Fault,
    success_with: Callable[[UpstreamCall, float | None], Reply],
) -> ASGIApp:
    """Records a call during which the stub plays a fault, and responds with it.

    `pictures` are those of the response; `success_with` makes that of the call and of the time when its links expire.
    """
    made = identities(pictures) if fault.generates else ()
    if fault.name == SLOW_IMAGE:
        stub.slow_images.update(made[:1])
    error = stub.protocol.error(fault)
    call = record(stub, request, body, 200 if error is None else error.status, made, fault.played)
    if error is not None:
        return response(error)
    whole = response(success_with(call, EXPIRED if fault.name == LINK_404 else None))
    if not fault.cause.is_failure:
        return unusual_response(fault, whole, stub.options.slow_seconds)
    if fault.name == NO_RESPONSE:
        return silence(stub.options.silent_seconds)
    return effect(fault, whole) or whole


def record(
    stub: UpstreamStub,
    request: Request,
    body: Json | Literal[Nothing.ABSENT],
    status: int,
    images: tuple[str, ...],
    played: PlayedFault | None = None,
    message: str = "",
) -> UpstreamCall:
    headers = text_headers(request.headers.raw)
    call = UpstreamCall(
        request.method,
        request_target(request.scope),
        headers,
        body,
        time.time(),
        status,
        images,
        played,
        message,
        stub.canary,
    )
    stub.calls.add(call)
    return call


def problems(upstream: Upstream, call: UpstreamCall) -> list[str]:
    """What is wrong with a call by the document; nothing for calls that request no images, such as polls."""
    path = call.path.partition("?")[0]
    called = next((one for one in (upstream, *upstream.others.values()) if one.is_called_by(call.method, path)), None)
    if called is None:
        return []
    if call.body is ABSENT:
        return ["the body is not JSON"]
    refused = sorted(upstream_refuses(called, call.body), key=lambda constraint: constraint.pointer)
    unlisted = unknown_upstream(called, call.body)
    return [*map(constraint_sentence, refused), *(f"unknown field of {called.name}: {at}" for at in unlisted)]


ANY_METHOD = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")


def too_large(protocol: UpstreamProtocol) -> Response:
    """The response to a call that is not read to its end, and after which the connection is of no use."""
    found = response(protocol.reject_call(CallProblem.TOO_LARGE))
    found.headers["connection"] = "close"
    return found


def upstream_app(stub: UpstreamStub) -> Starlette:
    """The stub as an application: the operations at the vendor's paths, images, and the record of calls."""

    async def generate(request: Request) -> ASGIApp:
        return await _generate(stub, request)

    async def picture(request: Request) -> ASGIApp:
        signed, query = request.path_params["signed"], request.url.query
        found = picture_response(stub.signer, signed, query, stub.draw_picture)
        if found.status_code != HTTPStatus.OK or not stub.slow_images:
            return found
        is_slow = signed_picture(stub.signer, signed, query).identity in stub.slow_images
        return slow_body(found, stub.options.slow_seconds) if is_slow else found

    async def maintenance(_request: Request) -> Response:
        return HTMLResponse(MAINTENANCE)

    async def anything_else(request: Request) -> Response:
        body = read_json(await request.body())
        return reject(stub, request, body, stub.protocol.reject_call(CallProblem.NOT_FOUND))

    return Starlette(
        routes=[
            Route(stub.path, generate, methods=[stub.upstream.operation.method]),
            *stub.protocol.routes(stub),
            Route(PICTURE_PATH, picture),
            Route(MAINTENANCE_PATH, maintenance, methods=ANY_METHOD),
            record_route(stub.calls, partial(problems, stub.upstream)),
            Route("/{path:path}", anything_else, methods=ANY_METHOD),
        ],
        middleware=[
            Middleware(stub.protocol.with_headers, stub.canary),
            Middleware(with_body_limit, too_large(stub.protocol)),
        ],
    )


async def _generate(stub: UpstreamStub, request: Request) -> ASGIApp:
    body = read_json(await request.body())
    rejection = rejection_of(stub, request.headers, body)
    if rejection is not None or body is ABSENT:
        return reject(stub, request, body, rejection or stub.protocol.reject_call(CallProblem.NOT_JSON))
    await asyncio.sleep(stub.options.generation_seconds)
    pictures, own = pictures_for(stub, stub.upstream, body), own_url(request.scope)
    fault = stub.fault_of(body)
    if fault is not None:
        shown = pictures[: fault.image_count(len(pictures))]
        return play(stub, request, body, shown, fault, lambda _, expire_at: success(stub, own, body, shown, expire_at))
    reply = success(stub, own, body, pictures)
    record(stub, request, body, 200, identities(pictures))
    return response(reply)


def rejection_of(stub: UpstreamStub, headers: Mapping[str, str], body: Json | Literal[Nothing.ABSENT]) -> Reply | None:
    """The error for a call that is not accepted."""
    rejection = reject_key(stub, headers) or stub.protocol.reject_headers(headers)
    if rejection is not None:
        return rejection
    if body is ABSENT:
        return stub.protocol.reject_call(CallProblem.NOT_JSON)
    broken = upstream_refuses(stub.upstream, body)
    return stub.protocol.reject(tuple(broken), stub.options) if broken else None
