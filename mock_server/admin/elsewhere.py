"""What is said of paths and methods that the admin API does not have."""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.datastructures import URL, URLPath
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import Receive, Scope, Send

from mock_server.admin.problems import ProblemError


class Elsewhere(BaseRoute):
    """Takes whatever lies below a path and is none of the routes before it."""

    def __init__(self, root: str, routes: Sequence[Route]) -> None:
        self.root = root
        self.routes = routes

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        below = scope["type"] == "http" and f"{path_below(scope)}/".startswith(f"{self.root}/")
        return (Match.FULL if below else Match.NONE), {}

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        meant = {**scope, "path": scope["path"].rstrip("/")}
        if meant["path"] != scope["path"] and allowed_methods(self.routes, meant):
            await RedirectResponse(URL(scope=meant))(scope, receive, send)
            return
        allowed = allowed_methods(self.routes, scope)
        problem = other_method(scope["method"], allowed) if allowed else nothing_here(path_below(scope), self.root)
        await problem.response(scope, receive, send)


def path_below(scope: Scope) -> str:
    """The path as routes know it, wherever their application is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def allowed_methods(routes: Sequence[Route], scope: Scope) -> list[str]:
    """By which methods a path could be asked for."""
    found = (route.methods or set() for route in routes if route.matches(scope)[0] is not Match.NONE)
    return sorted(set().union(*found))


def other_method(method: str, allowed: Sequence[str]) -> ProblemError:
    said = ", ".join(allowed)
    detail = f"{method} is not possible here, but {said}."
    return ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, "There is no such method here", detail, headers={"allow": said})


def nothing_here(path: str, root: str) -> ProblemError:
    detail = f"There is nothing at {path}; GET {root} says what there is."
    return ProblemError(HTTPStatus.NOT_FOUND, "There is nothing here", detail)
