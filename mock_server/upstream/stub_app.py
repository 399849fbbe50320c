"""The upstream stub as an application: accepts and rejects calls as its vendor does, and records every call."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Literal

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway_contract.contract.validity import upstream_refuses
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, Nothing, read_json
from mock_server.images.links import PICTURE_PATH, picture_content, picture_response
from mock_server.images.requested import identities
from mock_server.serving.asgi import own_url, with_body_limit
from mock_server.upstream.calls import record_route
from mock_server.upstream.client import call_headers
from mock_server.upstream.protocol import CallProblem, Outbound, Reply, UpstreamAnswer, UpstreamProtocol
from mock_server.upstream.stub import (
    UpstreamStub,
    pictures_for,
    play,
    problems,
    record,
    reject,
    reject_key,
    response,
    success,
)

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

    async def picture(request: Request) -> Response:
        return picture_response(stub.signer, request.path_params["signed"], stub.draw_picture)

    async def anything_else(request: Request) -> Response:
        body = read_json(await request.body())
        return reject(stub, request, body, stub.protocol.reject_call(CallProblem.NOT_FOUND))

    return Starlette(
        routes=[
            Route(stub.path, generate, methods=[stub.upstream.operation.method]),
            *stub.protocol.routes(stub),
            Route(PICTURE_PATH, picture),
            record_route(stub.calls, partial(problems, stub.upstream)),
            Route("/{path:path}", anything_else, methods=ANY_METHOD),
        ],
        middleware=[Middleware(stub.protocol.with_headers), Middleware(with_body_limit, too_large(stub.protocol))],
    )


def respond_in_process(stub: UpstreamStub, own: str, outbound: Outbound) -> UpstreamAnswer:
    """The response to a generation call without HTTP. `own` is the URL under which its images are served."""
    headers, body, images = call_headers(outbound), outbound.body, tuple[str, ...]()
    reply = _rejection(stub, headers, body)
    if reply is None and body is not ABSENT:
        pictures = pictures_for(stub, stub.upstream, body)
        reply, images = success(stub, own, body, pictures), identities(pictures)
    reply = reply or stub.protocol.reject_call(CallProblem.NOT_JSON)
    operation = stub.upstream.operation
    call = UpstreamCall(operation.method, stub.path, tuple(headers.items()), body, time.time(), reply.status, images)
    stub.calls.add(call)
    return UpstreamAnswer(call, reply.body)


def image_in_process(stub: UpstreamStub, link: str) -> bytes | None:
    """The image behind a link, whatever URL the stub had when it made the link; None where there is none."""
    return picture_content(stub.signer, link.rpartition("/")[2].removesuffix(".png"), stub.draw_picture)


async def _generate(stub: UpstreamStub, request: Request) -> ASGIApp:
    body = read_json(await request.body())
    rejection = _rejection(stub, request.headers, body)
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


def _rejection(stub: UpstreamStub, headers: Mapping[str, str], body: Json | Literal[Nothing.ABSENT]) -> Reply | None:
    """The error for a call that is not accepted."""
    rejection = reject_key(stub, headers) or stub.protocol.reject_headers(headers)
    if rejection is not None:
        return rejection
    if body is ABSENT:
        return stub.protocol.reject_call(CallProblem.NOT_JSON)
    broken = upstream_refuses(stub.upstream, body)
    return stub.protocol.reject(tuple(broken), stub.options) if broken else None
