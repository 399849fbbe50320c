"""Which web pages may use the admin API and the console: the mock's own, and those of allowed origins."""

from collections.abc import Collection
from http import HTTPStatus

from starlette.middleware.cors import ALL_METHODS, CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.admin.api import ProblemError
from mock_server.serving.addresses import allowing, foreign_origin

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def with_private_access(app: ASGIApp, origins: Collection[str]) -> ASGIApp:
    """The application, of which pages of other origins can read nothing and change nothing.

    Programs that are not browsers, which send no `Origin`, may do both.
    """
    readable = CORSMiddleware(
        app,
        allow_origins=tuple(origins),
        allow_methods=ALL_METHODS,
        allow_headers=["*"],
        expose_headers=["*"],
        allow_private_network=True,
    )

    async def access(scope: Scope, receive: Receive, send: Send) -> None:
        is_change = scope["type"] == "http" and scope["method"] not in SAFE_METHODS
        origin = foreign_origin(scope, origins) if is_change else None
        await (readable if origin is None else cross_origin_problem(origin).response)(scope, receive, send)

    return access


def cross_origin_problem(origin: str) -> ProblemError:
    detail = f"Pages of {origin} must not use the admin API. To allow them, start the mock with {allowing(origin)}."
    return ProblemError(HTTPStatus.FORBIDDEN, "Cross-origin request rejected", detail)
