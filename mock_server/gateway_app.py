"""A gateway as an application: its operation, and the images that its links lead to."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mock_server.answers import IMAGE_PATH
from mock_server.gateway import Gateway, Incoming, Outgoing, handle
from mock_server.own_url import own_url
from mock_server.refusals import Refusal
from mock_server.signing import BadSignatureError
from mock_server.upstream_wire import UpstreamWire


def gateway_app(gateway: Gateway) -> Starlette:
    """The application; its shutdown closes the gateway's client."""

    async def operate(request: Request) -> Response:
        incoming = Incoming(request.method, request.headers, await request.body(), own_url(request))
        return response(await handle(gateway, incoming))

    async def image(request: Request) -> Response:
        return await image_response(gateway, request.path_params["signed"])

    async def unknown_path(request: Request, _error: Exception) -> Response:
        message = f"There is nothing at {request.url.path}."
        return response(gateway.refuse(gateway, Refusal(404, "invalid_request_error", "unknown_url", message)))

    async def other_method(request: Request, _error: Exception) -> Response:
        message = f"{request.method} is not allowed here."
        refused = gateway.refuse(gateway, Refusal(405, "invalid_request_error", "method_not_allowed", message))
        return response(refused, {"allow": operation.method})

    operation = gateway.contract.operation
    return Starlette(
        routes=[
            Route(operation.path, operate, methods=[operation.method]),
            Route(IMAGE_PATH + "/{signed}.png", image),
        ],
        exception_handlers={404: unknown_path, 405: other_method},
        lifespan=closing(gateway.upstream.wire),
    )


def response(outgoing: Outgoing, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(outgoing.body, outgoing.status, {**outgoing.headers, **(headers or {})})


async def image_response(gateway: Gateway, signed: str) -> Response:
    """An image of the upstream, under the gateway's own address."""
    try:
        link = gateway.upstream.signer.read(signed, time.time())
    except BadSignatureError as error:
        return PlainTextResponse(f"{error}\n", 403)
    content = await gateway.upstream.image(str(link))
    if content is None:
        return PlainTextResponse("the image is gone\n", 404)
    return Response(content, media_type="image/png")


def closing(wire: UpstreamWire) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """A lifespan that closes the way to the upstream in the loop in which it was used."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await wire.aclose()

    return lifespan
