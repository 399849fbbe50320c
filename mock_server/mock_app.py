"""Everything on one port: each gateway under its contract's name, each upstream stub under its document's name."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_contract.values import Json
from mock_server.answers import IMAGE_PATH
from mock_server.cors import with_cors
from mock_server.mock import Mock
from mock_server.own_url import own_url


def mock_app(mock: Mock, alongside: Callable[[], AbstractAsyncContextManager[None]] = nullcontext) -> ASGIApp:
    """The application; its shutdown closes what the mock has open. `alongside` lasts as long as it is served."""
    pages = Starlette(routes=[Route("/", index(mock))], lifespan=lifespan(mock, alongside))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Without a router, since contracts come and go as their files change, and since nearly all go this way."""
        path: str = scope.get("path", "")
        name = path[1:].partition("/")[0]
        below = application_named(mock, name, path)
        if below is None:
            await pages(scope, receive, send)
        else:
            scope["root_path"] = f"/{name}"
            await below(scope, receive, send)

    return with_cors(app)


def application_named(mock: Mock, name: str, path: str) -> ASGIApp | None:
    served = mock.served.get(name)
    if served is None:
        return mock.stub_apps.get(name)
    return served.images if path.startswith(f"/{name}{IMAGE_PATH}/") else served.app


def index(mock: Mock) -> Callable[[Request], Response]:
    return lambda request: JSONResponse(served_at(mock, own_url(request.scope)))


def served_at(mock: Mock, own: str) -> Json:
    """What the mock serves, for programs."""
    gateways: dict[str, Json] = {
        name: f"{served.gateway.contract.operation.method} {own}/{name}{served.gateway.contract.operation.path}"
        for name, served in mock.served.items()
    }
    stubs: dict[str, Json] = {
        name: f"{stub.upstream.operation.method} {own}/{name}{stub.path}" for name, stub in mock.stubs.items()
    }
    return {"gateways": gateways, "upstreams": stubs}


def lifespan(
    mock: Mock, alongside: Callable[[], AbstractAsyncContextManager[None]]
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def as_long_as_served(_app: Starlette) -> AsyncIterator[None]:
        try:
            async with alongside():
                yield
        finally:
            if mock.wire is not None:
                await mock.wire.aclose()

    return as_long_as_served
