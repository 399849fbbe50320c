"""A gateway as an application: its operation, and the images that its links lead to."""

import time

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mock_server.answers import IMAGE_PATH
from mock_server.gateway import Gateway, Incoming, handle
from mock_server.own_url import own_url
from mock_server.refusals import Refusal
from mock_server.signing import BadSignatureError


def gateway_app(gateway: Gateway) -> Starlette:
    async def operate(request: Request) -> Response:
        incoming = Incoming(request.method, request.headers, await request.body(), own_url(request))
        outgoing = await handle(gateway, incoming)
        return JSONResponse(outgoing.body, outgoing.status, dict(outgoing.headers))

    async def image(request: Request) -> Response:
        return await image_response(gateway, request.path_params["signed"])

    operation = gateway.contract.operation
    return Starlette(
        routes=[
            Route(operation.path, operate, methods=[operation.method]),
            Route(IMAGE_PATH + "/{signed}.png", image),
        ],
        exception_handlers={404: refuse_unknown_path, 405: refuse_other_method},
    )


async def refuse_unknown_path(request: Request, _error: Exception) -> Response:
    message = f"There is nothing at {request.url.path}."
    return JSONResponse(Refusal(404, "invalid_request_error", "unknown_url", message).body(), 404)


async def refuse_other_method(request: Request, error: Exception) -> Response:
    message = f"{request.method} is not allowed here."
    refusal = Refusal(405, "invalid_request_error", "method_not_allowed", message)
    return JSONResponse(refusal.body(), 405, getattr(error, "headers", None))


async def image_response(gateway: Gateway, signed: str) -> Response:
    """An image of the upstream, under the gateway's own address."""
    try:
        link = gateway.upstream.signer.read(signed, time.time())
    except BadSignatureError as error:
        return PlainTextResponse(f"{error}\n", 403)
    content = await gateway.upstream.image(str(link))
    return (
        PlainTextResponse("the image is gone\n", 404) if content is None else Response(content, media_type="image/png")
    )


def http_client() -> httpx.AsyncClient:
    """The client that gateways call their upstream with; proxies of the environment are not for these calls."""
    return httpx.AsyncClient(timeout=120, trust_env=False, limits=httpx.Limits(max_connections=256, max_keepalive_connections=8))
