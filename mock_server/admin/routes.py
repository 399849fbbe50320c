"""The admin API of a mock under /_mock: its journal, its scenarios and its mode."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.datastructures import URL, URLPath
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import Receive, Scope, Send

from gateway_contract.contract.definition import Operation
from gateway_contract.values.json_value import Json
from mock_server.admin import requests
from mock_server.admin.api import (
    MockHandler,
    ProblemError,
    bad_request,
    document,
    endpoint,
    json_response,
    parse_body,
    read_request_body,
    session_in,
)
from mock_server.admin.thumbnail_route import show_thumbnail
from mock_server.faults.scenario_kind import ScenarioError, ScenarioKind
from mock_server.gateway.modes import mode_named
from mock_server.runtime.mock import Mock
from mock_server.scenarios.registry import KINDS
from mock_server.serving.asgi import own_url


async def show_scenarios(mock: Mock, _request: Request) -> Response:
    """List all kinds of scenarios with their parameters, and the user's own scenarios."""
    named = mock.controls.scenarios.named.values()
    kinds: list[Json] = [_serialize_kind(kind) for kind in KINDS.values()]
    upstreams: list[Json] = [_serialize_kind(kind) for kind in mock.upstream_scenarios().values()]
    own: list[Json] = [{"name": one.name, "description": one.description, "apply": one.apply} for one in named]
    return json_response({"kinds": kinds, "upstream_kinds": upstreams, "faults": mock.upstream_faults(), "named": own})


def _serialize_kind(kind: ScenarioKind[Any]) -> Json:
    parameters: list[Json] = [
        {"name": one.name, "default": one.default, "description": one.description} for one in kind.parameters
    ]
    return {"name": kind.name, "description": kind.description, "example": kind.example, "parameters": parameters}


async def show_switches(mock: Mock, request: Request) -> Response:
    switches: list[Json] = [
        {"scenario": switch.text, "gateway": switch.gateway, "left": switch.left, "set_by": switch.source}
        for switch in mock.switchboard_of(session_in(request)).current()
    ]
    return json_response({"switches": switches})


async def set_switch(mock: Mock, request: Request) -> Response:
    """Set a scenario for the next `times` requests, or until changed; `none` removes it."""
    body = parse_body("Switch", await read_request_body(request))
    text, gateway, times = str(body["scenario"]), body.get("gateway"), body.get("times")
    name, left = None if gateway is None else str(gateway), times if isinstance(times, int) else None
    try:
        mock.set_scenario(text, name, left, session=session_in(request))
    except ScenarioError as error:
        raise bad_request(str(error)) from error
    return await show_switches(mock, request)


async def clear_switches(mock: Mock, request: Request) -> Response:
    mock.switchboard_of(session_in(request)).clear()
    return Response(status_code=204)


class NotFoundRoute(BaseRoute):
    """Responds to every path below a root that no earlier route matches."""

    def __init__(self, root: str, routes: Sequence[Route]) -> None:
        self.root = root
        self.routes = routes

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        below = scope["type"] == "http" and f"{path_below(scope)}/".startswith(f"{self.root}/")
        return (Match.FULL if below else Match.NONE), {}

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        without_slash = {**scope, "path": scope["path"].rstrip("/")}
        if without_slash["path"] != scope["path"] and allowed_methods(self.routes, without_slash):
            await RedirectResponse(URL(scope=without_slash))(scope, receive, send)
            return
        allowed = allowed_methods(self.routes, scope)
        problem = method_not_allowed(scope["method"], allowed) if allowed else not_found(path_below(scope), self.root)
        await problem.response(scope, receive, send)


def path_below(scope: Scope) -> str:
    """The path relative to where the application is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def allowed_methods(routes: Sequence[Route], scope: Scope) -> list[str]:
    """The methods that routes accept for this path."""
    found = (route.methods or set() for route in routes if route.matches(scope)[0] is not Match.NONE)
    return sorted(set().union(*found))


def method_not_allowed(method: str, allowed: Sequence[str]) -> ProblemError:
    methods = ", ".join(allowed)
    detail = f"{method} is not allowed; use {methods}."
    return ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed", detail, headers={"allow": methods})


def not_found(path: str, root: str) -> ProblemError:
    detail = f"Not found: {path}. GET {root} lists endpoints."
    return ProblemError(HTTPStatus.NOT_FOUND, "Not found", detail)


def overview(mock: Mock, own: str) -> Json:
    """`own` is the mock's URL as the client knows it. `problem` is the error of the last reload, if any."""
    upstreams = [stub.upstream for stub in mock.stubs.values()]
    return {
        "gateways": {one.name: _address(f"{own}/{one.name}", "", one.operation) for one in mock.contracts},
        "upstreams": {one.name: _address(f"{own}/{one.name}", one.base, one.operation) for one in upstreams},
        "mode": mock.controls.mode.value,
        "defect": mock.settings.defect,
        "problem": mock.reload_error,
        "journal": {"kept": len(mock.journal.stored), "most": mock.journal.max_entries, "last": mock.journal.last_id},
        "links": links(own),
    }


def links(own: str) -> dict[str, Json]:
    paths = {
        "requests": "/requests",
        "har": "/requests.har",
        "events": "/events",
        "assert": "/assert",
        "mode": "/mode",
        "scenarios": "/scenarios",
        "scenario": "/scenario",
        "sessions": "/sessions",
        "reset": "/reset",
        "openapi": "/openapi.json",
    }
    return {name: f"{own}/_mock{path}" for name, path in paths.items()}


def _address(base: str, prefix: str, operation: Operation) -> Json:
    return {"base": base, "method": operation.method, "address": base + prefix + operation.path}


ROOT = "/_mock"


def admin_routes(mock: Mock, also: Sequence[Route] = ()) -> list[BaseRoute]:
    """All routes, the `also` routes, and a last one that responds to all other paths below /_mock."""
    own = [
        admin_route(mock, "", show_overview),
        *session_routes(mock, ""),
        *session_routes(mock, "/sessions/{session}"),
        admin_route(mock, "/sessions", list_sessions),
        admin_route(mock, "/scenarios", show_scenarios),
        admin_route(mock, "/thumbnails/{gateway}/{image}", show_thumbnail),
        admin_route(mock, "/openapi.json", show_document),
    ]
    return [*own, *also, NotFoundRoute(ROOT, [*own, *also])]


def session_routes(mock: Mock, prefix: str) -> list[Route]:
    """What all requests have, and each session for its own."""
    return [
        admin_route(mock, f"{prefix}/requests", requests.list_requests),
        admin_route(mock, f"{prefix}/requests", requests.clear_requests, "DELETE"),
        admin_route(mock, f"{prefix}/requests.har", requests.export_requests),
        admin_route(mock, f"{prefix}/requests/{{id}}", requests.show_request),
        admin_route(mock, f"{prefix}/events", requests.follow_requests),
        admin_route(mock, f"{prefix}/assert", requests.assert_requests, "POST"),
        admin_route(mock, f"{prefix}/reset", reset, "POST"),
        admin_route(mock, f"{prefix}/mode", show_mode),
        admin_route(mock, f"{prefix}/mode", set_mode, "PUT"),
        admin_route(mock, f"{prefix}/scenario", show_switches),
        admin_route(mock, f"{prefix}/scenario", set_switch, "PUT"),
        admin_route(mock, f"{prefix}/scenario", clear_switches, "DELETE"),
    ]


def admin_route(mock: Mock, path: str, handler: MockHandler, method: str = "GET") -> Route:
    return Route(ROOT + path, endpoint(mock, handler), methods=[method])


async def show_overview(mock: Mock, request: Request) -> Response:
    return json_response(overview(mock, own_url(request.scope)))


async def show_document(_mock: Mock, _request: Request) -> Response:
    return JSONResponse(document())


async def list_sessions(mock: Mock, _request: Request) -> Response:
    return json_response({"sessions": list(reversed(mock.sessions.ids()))})


async def show_mode(mock: Mock, request: Request) -> Response:
    return json_response({"mode": mock.controls_of(session_in(request)).mode.value})


async def set_mode(mock: Mock, request: Request) -> Response:
    body = parse_body("Mode", await read_request_body(request))
    mock.controls_of(session_in(request)).mode = mode_named(str(body["mode"]))
    return await show_mode(mock, request)


async def reset(mock: Mock, request: Request) -> Response:
    session = session_in(request)
    if session is None:
        mock.reset()
    else:
        mock.reset_session(session)
    return Response(status_code=204)
