"""A gateway as an application: its operation, and the images that its links lead to."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import reduce
from typing import cast

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.gateway.models import base_path, model_list, models, models_path
from mock_server.gateway.response_body import IMAGE_PATH
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse, handle
from mock_server.serving.asgi import decode_headers, own_url, read_all
from mock_server.serving.error_response import ErrorResponse
from mock_server.serving.image_file import image_file
from mock_server.serving.signing import BadSignatureError
from mock_server.upstream.protocol import UpstreamTransport

PNG = ".png"
JSON_TYPE = (b"content-type", b"application/json")


def gateway_app(gateway: Gateway) -> ASGIApp:
    """The application; its shutdown closes the connections to the upstream."""
    operation, elsewhere = gateway.contract.operation, unknown_paths(gateway)
    listing = models_path(gateway.contract)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Skips the router, since nearly all requests are for the operation and for images."""
        path = scope["path"].removeprefix(scope.get("root_path", "")) if scope["type"] == "http" else ""
        if path == operation.path and scope["method"] == operation.method:
            await answer_operation(gateway, scope, receive, send)
        elif path == operation.path:
            await other_method(gateway, scope["method"], operation.method)(scope, receive, send)
        elif path == listing or path.startswith(f"{listing}/"):
            await models_response(gateway, scope, path.removeprefix(listing)[1:])(scope, receive, send)
        elif signed := signed_in(path):
            await (await image_response(gateway, signed, scope))(scope, receive, send)
        else:
            await elsewhere(scope, receive, send)

    return reduce(lambda inner, wrap: wrap(inner), gateway.middleware, cast("ASGIApp", app))


async def answer_operation(gateway: Gateway, scope: Scope, receive: Receive, send: Send) -> None:
    request = GatewayRequest(scope["method"], decode_headers(scope["headers"]), await read_all(receive), own_url(scope))
    outgoing = await handle(gateway, request)
    content, headers = content_and_headers(outgoing)
    await send({"type": "http.response.start", "status": outgoing.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def content_and_headers(outgoing: GatewayResponse) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The body and the headers of a response."""
    content = orjson.dumps(outgoing.body)
    length = (b"content-length", b"%d" % len(content))
    if not outgoing.headers:  # as nearly all come
        return content, [length, JSON_TYPE]
    own = {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in outgoing.headers.items()}
    return content, [length, *(dict([JSON_TYPE]) | own).items()]


def signed_in(path: str) -> str:
    """The signed part of an image's path; empty for other paths."""
    signed = path[len(IMAGE_PATH) + 1 : -len(PNG)]
    return signed if path == f"{IMAGE_PATH}/{signed}{PNG}" and "/" not in signed else ""


def other_method(gateway: Gateway, method: str, allowed: str) -> Response:
    message = f"{method} is not allowed; use {allowed}."
    refused = gateway.reject(gateway, ErrorResponse(405, "invalid_request_error", "method_not_allowed", message))
    return response(refused, {"allow": allowed})


def models_response(gateway: Gateway, scope: Scope, id_: str) -> Response:
    """All models of the contract, or the one with an id."""
    if scope["method"] not in {"GET", "HEAD"}:
        return other_method(gateway, scope["method"], "GET, HEAD")
    request = GatewayRequest(scope["method"], decode_headers(scope["headers"]), b"", own_url(scope))
    rejection = gateway.authenticate(gateway, request)
    known = models(gateway.contract)
    if rejection is None and id_ and id_ not in known:
        message = f"Unknown model {id_!r}. Models: {', '.join(known)}."
        rejection = ErrorResponse(404, "invalid_request_error", "model_not_found", message)
    if rejection is not None:
        return response(gateway.reject(gateway, rejection))
    return response(GatewayResponse(200, known[id_] if id_ else model_list(known)))


def unknown_paths(gateway: Gateway) -> Starlette:
    """Responds to unknown paths; its shutdown closes the connections to the upstream."""

    async def not_found(request: Request, _error: Exception) -> Response:
        base = f"{own_url(request.scope)}{base_path(gateway.contract)}"
        message = f"Not found: {request.method} {request.url.path}. Set your base URL to {base}."
        return response(gateway.reject(gateway, ErrorResponse(404, "invalid_request_error", "unknown_url", message)))

    return Starlette(exception_handlers={404: not_found}, lifespan=closing(gateway.upstream.transport))


def response(outgoing: GatewayResponse, headers: Mapping[str, str] | None = None) -> Response:
    content = orjson.dumps(outgoing.body)
    return Response(content, outgoing.status, {**outgoing.headers, **(headers or {})}, "application/json")


async def image_response(gateway: Gateway, signed: str, scope: Scope) -> Response:
    """An image of the upstream, or the error that it cannot be returned."""
    if scope["method"] not in {"GET", "HEAD"}:
        return other_method(gateway, scope["method"], "GET, HEAD")
    try:
        link = gateway.upstream.signer.read(signed, gateway.upstream.signer.clock())
    except BadSignatureError as error:
        return PlainTextResponse(f"{error}\n", 403)
    content = await gateway.upstream.image(str(link))
    if content is None:
        return PlainTextResponse("the image is gone\n", 404)
    return image_file(content, decode_headers(scope["headers"]))


def closing(transport: UpstreamTransport) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """A lifespan that closes the connections to the upstream in the loop that used them."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await transport.aclose()

    return lifespan
