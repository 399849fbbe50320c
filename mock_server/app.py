"""Everything on one port: each gateway under its contract's name, each upstream stub under its document's name."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.admin.routes import admin_routes
from mock_server.console.docs import docs_routes
from mock_server.console.pages import console_routes
from mock_server.gateway.response_body import IMAGE_PATH
from mock_server.runtime.mock import OWN_PAGES, Mock
from mock_server.serving.addresses import with_checked_addresses
from mock_server.serving.asgi import with_cors
from mock_server.serving.connection import drop, is_ending


def mock_app(mock: Mock, alongside: Callable[[], AbstractAsyncContextManager[None]] = nullcontext) -> ASGIApp:
    """The application; its shutdown closes what the mock has open. `alongside` lasts as long as it is served."""
    routes = [*console_routes(mock), *docs_routes(mock), *admin_routes(mock)]
    pages = Starlette(routes=routes, lifespan=lifespan(mock, alongside))

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        """Without a router, since contracts come and go as their files change, and since nearly all go this way."""
        path: str = scope.get("path", "")
        name = path[1:].partition("/")[0]
        below = application_named(mock, name, path)
        if below is None:
            await pages(scope, receive, send)
        else:
            scope["root_path"] = f"/{name}"
            await below(scope, receive, send)

    readable = with_cors(served)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        own = scope.get("path", "")[1:].partition("/")[0] in OWN_PAGES
        try:
            await (pages if own else readable)(scope, receive, send)
        except asyncio.CancelledError:
            if not is_ending(scope):
                raise
            await drop(scope, receive)

    return with_checked_addresses(app)


def application_named(mock: Mock, name: str, path: str) -> ASGIApp | None:
    served = mock.served.get(name)
    if served is None:
        return mock.stub_apps.get(name)
    return served.images if path.startswith(f"/{name}{IMAGE_PATH}/") else served.app


def lifespan(
    mock: Mock, alongside: Callable[[], AbstractAsyncContextManager[None]]
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def as_long_as_served(_app: Starlette) -> AsyncIterator[None]:
        try:
            async with alongside():
                yield
        finally:
            await mock.aclose()

    return as_long_as_served
