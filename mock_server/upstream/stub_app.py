"""The upstream stub: takes what the vendor takes, refuses what the vendor refuses, records every call."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway_contract.contract.validity import upstream_refuses
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, Nothing, read_json
from mock_server.images.links import PICTURE_PATH, picture_response
from mock_server.images.requested import identities
from mock_server.serving.asgi import bounded, own_url
from mock_server.upstream.calls import new_id, record_route
from mock_server.upstream.dashscope import messages, tasks
from mock_server.upstream.dashscope.fault_responses import UpstreamFailure
from mock_server.upstream.dashscope.task_routes import task_routes
from mock_server.upstream.stub import (
    UpstreamStub,
    answered,
    pictures_for,
    problems,
    record,
    refused,
    success,
    with_vendor_headers,
    wrong_key,
)

ANY_METHOD = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
TOO_LARGE = JSONResponse(messages.NOT_JSON.body("too-large"), 413, {"connection": "close"})


def upstream_app(stub: UpstreamStub) -> Starlette:
    """The stub as an application: the operations at the vendor's paths, images, and the record of calls."""

    async def generate(request: Request) -> ASGIApp:
        return await _generate(stub, request)

    async def picture(request: Request) -> Response:
        return picture_response(stub.signer, request.path_params["signed"], stub.draws)

    async def anything_else(request: Request) -> Response:
        return refused(stub, request, read_json(await request.body()), messages.NOT_FOUND)

    return Starlette(
        routes=[
            Route(stub.path, generate, methods=[stub.upstream.operation.method]),
            *task_routes(stub),
            Route(PICTURE_PATH, picture),
            record_route(stub.calls, partial(problems, stub.upstream)),
            Route("/{path:path}", anything_else, methods=ANY_METHOD),
        ],
        middleware=[Middleware(with_vendor_headers), Middleware(bounded, TOO_LARGE)],
    )


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What came of a call: the record of it, and what was answered. Without an answer the body is ABSENT."""

    call: UpstreamCall
    body: Json | Literal[Nothing.ABSENT] = ABSENT
    retry_after: str | None = None


def stub_answer(
    stub: UpstreamStub, headers: Mapping[str, str], body: Json | Literal[Nothing.ABSENT], own: str
) -> UpstreamAnswer:
    """The answer to a generation call that came without HTTP. `own` is the URL under which its images are served."""
    failure = _failure(stub, headers, body)
    if failure is None and body is not ABSENT:
        pictures = pictures_for(stub, stub.upstream, body)
        answer, status, images = success(stub, own, body, pictures, None), 200, identities(pictures)
    else:
        failure = failure or messages.NOT_JSON
        answer, status, images = failure.body(new_id()), failure.status, ()
    operation = stub.upstream.operation
    call = UpstreamCall(operation.method, stub.path, tuple(headers.items()), body, time.time(), status, images)
    stub.calls.add(call)
    return UpstreamAnswer(call, answer)


async def _generate(stub: UpstreamStub, request: Request) -> ASGIApp:
    body = read_json(await request.body())
    failure = _failure(stub, request.headers, body)
    if failure is not None or body is ABSENT:
        return refused(stub, request, body, failure or messages.NOT_JSON)
    await asyncio.sleep(stub.settings.generation_seconds)
    playing = stub.failure_of(body)
    if playing is not None:
        return _play(stub, request, body, playing)
    pictures = pictures_for(stub, stub.upstream, body)
    answer = success(stub, own_url(request.scope), body, pictures, None)
    record(stub, request, body, 200, identities(pictures))
    return answered(200, answer)


def _play(stub: UpstreamStub, request: Request, body: Json, failure: UpstreamFailure) -> ASGIApp:
    """The answer of a failure; the images that it takes away were never made."""
    pictures = pictures_for(stub, stub.upstream, body)
    shown = pictures[: len(pictures) - failure.fewer_images]
    answer = success(stub, own_url(request.scope), body, shown, 0.0 if failure.dead_links else None)
    made = identities(shown) if failure.dead_links or failure.fewer_images else ()
    record(stub, request, body, 200, made, failure.played)
    return failure.respond(answer)


def _failure(
    stub: UpstreamStub, headers: Mapping[str, str], body: Json | Literal[Nothing.ABSENT]
) -> messages.Failure | None:
    unauthorized = wrong_key(stub, headers)
    if unauthorized is not None:
        return unauthorized
    if headers.get(tasks.MODE_HEADER) is not None:
        return messages.ASYNCHRONOUS
    if body is ABSENT:
        return messages.NOT_JSON
    broken = upstream_refuses(stub.upstream, body)
    if broken:
        return messages.refusal_of(messages.in_order(broken), stub.settings.unknown_model)
    return None
