"""What all answers of the upstream stub have in common, and its record of the calls."""

import time
from typing import Literal

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.exchange import PlayedFailure, UpstreamCall
from gateway_contract.values import Json, Nothing
from mock_server.dashscope import Failure
from mock_server.serving.own_url import target_of
from mock_server.upstream.stub import UpstreamStub
from mock_server.upstream.tasks import new_id


def answered(status: int, body: dict[str, Json]) -> Response:
    """An answer whose header tells the id of its body."""
    return JSONResponse(body, status, {"x-request-id": str(body["request_id"])})


def refused(stub: UpstreamStub, request: Request, body: Json | Literal[Nothing.ABSENT], failure: Failure) -> Response:
    """The answer to a call that is not taken, which is recorded."""
    record(stub, request, body, failure.status, ())
    return answered(failure.status, failure.body(new_id()))


def with_vendor_headers(app: ASGIApp) -> ASGIApp:
    """The application, with the headers that the vendor puts on whatever it answers."""

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["req-cost-time"] = str(round((time.perf_counter() - began) * 1000))
                if scope["method"] == "POST":
                    headers["x-dashscope-call-gateway"] = "true"
            await send(message)

        await app(scope, receive, send_with_headers)

    return told


def record(
    stub: UpstreamStub,
    request: Request,
    body: Json | Literal[Nothing.ABSENT],
    status: int,
    images: tuple[str, ...],
    played: PlayedFailure | None = None,
) -> UpstreamCall:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    call = UpstreamCall(request.method, target_of(request.scope), headers, body, time.time(), status, images, played)
    stub.calls.add(call)
    return call
