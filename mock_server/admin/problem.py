"""Problem responses (RFC 9457) of the admin API, its JSON responses, and bounded reading of request bodies."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import urlsplit

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from gateway_contract.values.json_value import Json
from mock_server.serving.asgi import MAX_BODY, TooLargeError, read_body

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """A request that is answered with a problem: `title` says what kind, `detail` what is wrong and what to do."""

    def __init__(
        self,
        status: HTTPStatus,
        title: str,
        detail: str,
        more: Mapping[str, Json] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, title, detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.more = dict(more or {})
        self.headers = dict(headers or {})

    @property
    def response(self) -> Response:
        """The response. `type` is about:blank (RFC 9457, 4.2.1): the status says enough."""
        members = {"type": "about:blank", "status": self.status, "title": self.title, "detail": self.detail}
        return Response(orjson.dumps(self.more | members), self.status, self.headers, MEDIA_TYPE)


def bad_request(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, "Bad request", detail)


async def read_request_body(request: Request) -> bytes:
    """Raises ProblemError if the body is too large."""
    try:
        return await read_body(request.scope, request.receive)
    except TooLargeError as error:
        detail = f"The body must have at most {MAX_BODY} bytes."
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise ProblemError(status, "The body is too large", detail, headers={"connection": "close"}) from error


def json_response(body: Json, status: int = HTTPStatus.OK) -> Response:
    """A JSON response that must not be cached, since its content keeps changing."""
    return Response(orjson.dumps(body), status, {"cache-control": "no-store"}, "application/json")


SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def check_origin(method: str, headers: Headers) -> None:
    """Raises ProblemError if a page of another origin requests a change.

    Browsers send the origin with every such request (RFC 6454, 7.3); other programs send none. The scheme may differ,
    since the mock does not know whether a proxy in front of it terminates TLS.
    """
    origin = headers.get("origin")
    if method in SAFE_METHODS or origin is None or urlsplit(origin).netloc == headers.get("host"):
        return
    detail = f"Pages of {origin} must not use the admin API; only the mock's own pages may."
    raise ProblemError(HTTPStatus.FORBIDDEN, "Cross-origin request rejected", detail)
