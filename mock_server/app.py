"""The whole mock as one application: gateways by contract name, upstream stubs by document name, and pages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.admin.access import with_private_access
from mock_server.admin.routes import admin_routes
from mock_server.console.pages import console_routes, docs_routes
from mock_server.gateway.response_body import IMAGE_PATH
from mock_server.runtime.mock import Mock
from mock_server.runtime.names import ADMIN_NAME, OWN_PAGES
from mock_server.runtime.root import at_gateway, default_gateway, is_api_request, wrong_base
from mock_server.serving.addresses import with_address_check
from mock_server.serving.asgi import with_cors, with_request_id
from mock_server.serving.server import is_closing, is_ending, reset_connection, wait_for_disconnect


def mock_app(mock: Mock, background: Callable[[], AbstractAsyncContextManager[None]] = nullcontext) -> ASGIApp:
    """The application. `background` runs while it is served; its shutdown closes the mock's connections."""
    routes = [*console_routes(mock), *docs_routes(mock), *admin_routes(mock)]
    pages = with_request_id(Starlette(routes=routes, lifespan=lifespan(mock, background)))

    elsewhere = wrong_base(mock)

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        """Route without a router: contracts change with their files, and nearly all requests come this way."""
        path: str = scope.get("path", "")
        name = path[1:].partition("/")[0]
        inner = find_app(mock, name, path)
        if inner is None and is_api_request(mock, scope):
            name = default_gateway(mock) or ""
            scope, inner = (at_gateway(scope, name), find_app(mock, name, path)) if name else (scope, elsewhere)
        if inner is None:
            await pages(scope, receive, send)
        else:
            scope["root_path"] = f"/{name}" if name else ""
            await inner(scope, receive, send)

    public, private = with_cors(route), with_private_access(route, mock.settings.allowed_origins)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        try:
            plain = mock.plain.get(path)
            if plain is not None and scope["type"] == "http":
                await plain(scope, receive, send, public)
            else:
                await (private if is_private(path) else public)(scope, receive, send)
        except asyncio.CancelledError:
            if not is_ending(scope):
                raise
            await reset_connection(scope, receive)
        except RuntimeError:  # uvloop's word for a write after the client reset the connection
            if not is_closing(scope):
                raise
            await wait_for_disconnect(receive)

    return with_address_check(app, mock.settings.host_names)


def is_private(path: str) -> bool:
    """Whether a path holds what only the mock's own pages may read: its pages, and what stubs recorded."""
    name, _, rest = path[1:].partition("/")
    return name in OWN_PAGES or rest.partition("/")[0] == ADMIN_NAME


def find_app(mock: Mock, name: str, path: str) -> ASGIApp | None:
    served = mock.served.get(name)
    if served is None:
        return mock.stub_apps.get(name)
    return served.images if path.startswith(f"/{name}{IMAGE_PATH}/") else served.app


def lifespan(
    mock: Mock, background: Callable[[], AbstractAsyncContextManager[None]]
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def run(_app: Starlette) -> AsyncIterator[None]:
        try:
            async with background():
                yield
        finally:
            await mock.aclose()

    return run
