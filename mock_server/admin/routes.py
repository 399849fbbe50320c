"""The admin API of a mock under /_mock: what came in, what the contract says of it, and what can be switched."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mock_server.admin import requests, scenarios
from mock_server.admin.answering import body_of, json_response
from mock_server.admin.document import document, read_by
from mock_server.admin.elsewhere import Elsewhere
from mock_server.admin.origin import check_origin
from mock_server.admin.overview import overview
from mock_server.admin.problems import Handler, ProblemError
from mock_server.gateway.modes import mode_named
from mock_server.mock import Mock
from mock_server.serving.own_url import own_url

ROOT = "/_mock"
MockHandler: TypeAlias = Callable[[Mock, Request], Awaitable[Response]]


def admin_routes(mock: Mock, also: Sequence[Route] = ()) -> list[BaseRoute]:
    """All routes, and after them what says that there are no others; `also` are some more, as `guarded` as these."""
    own = [
        admin_route(mock, "", show_overview),
        admin_route(mock, "/requests", requests.listed),
        admin_route(mock, "/requests", requests.clear, "DELETE"),
        admin_route(mock, "/requests.har", requests.export),
        admin_route(mock, "/requests/{number}", requests.show),
        admin_route(mock, "/events", requests.follow),
        admin_route(mock, "/assert", requests.check, "POST"),
        admin_route(mock, "/reset", reset, "POST"),
        admin_route(mock, "/mode", show_mode),
        admin_route(mock, "/mode", set_mode, "PUT"),
        admin_route(mock, "/scenarios", scenarios.show_scenarios),
        admin_route(mock, "/scenario", scenarios.show_switches),
        admin_route(mock, "/scenario", scenarios.set_switch, "PUT"),
        admin_route(mock, "/scenario", scenarios.clear_switches, "DELETE"),
        admin_route(mock, "/openapi.json", show_document),
    ]
    return [*own, *also, Elsewhere(ROOT, [*own, *also])]


def admin_route(mock: Mock, path: str, handler: MockHandler, method: str = "GET") -> Route:
    async def handle(request: Request) -> Response:
        return await handler(mock, request)

    return Route(ROOT + path, guarded(handle), methods=[method])


def guarded(handler: Handler) -> Handler:
    """The handler for the mock's own pages and for programs; its problems are told."""

    async def handle(request: Request) -> Response:
        try:
            check_origin(request.method, request.headers)
            return await handler(request)
        except ProblemError as problem:
            return problem.response

    return handle


async def show_overview(mock: Mock, request: Request) -> Response:
    return json_response(overview(mock, own_url(request.scope)))


async def show_document(_mock: Mock, _request: Request) -> Response:
    return JSONResponse(document())


async def show_mode(mock: Mock, _request: Request) -> Response:
    return json_response({"mode": mock.controls.mode.value})


async def set_mode(mock: Mock, request: Request) -> Response:
    said = read_by("Mode", await body_of(request))
    mock.controls.mode = mode_named(str(said["mode"]))
    return await show_mode(mock, request)


async def reset(mock: Mock, _request: Request) -> Response:
    mock.reset()
    return Response(status_code=204)
