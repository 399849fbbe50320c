"""What comes in to the admin API, read within bounds, and what goes out as JSON."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import urlsplit

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from gateway_contract.values.json_value import Json
from mock_server.serving.asgi import MOST_REQUEST, TooLargeError, whole_body

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """A request to which the answer is a problem: `title` says which kind, `detail` what and what to do about it."""

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
        """The answer. `type` is about:blank where RFC 9457 (4.2.1) lets the status say all: it never has a page."""
        said = {"type": "about:blank", "status": self.status, "title": self.title, "detail": self.detail}
        return Response(orjson.dumps(self.more | said), self.status, self.headers, MEDIA_TYPE)


def misunderstood(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, "The request cannot be understood", detail)


async def body_of(request: Request) -> bytes:
    """Raises ProblemError for a body that is too long to be meant."""
    try:
        return await whole_body(request.scope, request.receive)
    except TooLargeError as error:
        detail = f"At most {MOST_REQUEST} bytes are read."
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise ProblemError(status, "The body is too large", detail, headers={"connection": "close"}) from error


def json_response(body: Json, status: int = HTTPStatus.OK) -> Response:
    """What changes from moment to moment, so no cache may keep it."""
    return Response(orjson.dumps(body), status, {"cache-control": "no-store"}, "application/json")


HARMLESS = {"GET", "HEAD", "OPTIONS"}


def check_origin(method: str, headers: Headers) -> None:
    """Raises ProblemError where a page of another origin wants a change.

    Browsers name the origin with every such request (RFC 6454, 7.3); other programs name none. The scheme may differ,
    since the mock does not know of a proxy before it that speaks TLS.
    """
    origin = headers.get("origin")
    if method in HARMLESS or origin is None or urlsplit(origin).netloc == headers.get("host"):
        return
    detail = f"A page of {origin} may neither read nor change what is here; only the mock's own pages may."
    raise ProblemError(HTTPStatus.FORBIDDEN, "Pages of other origins change nothing", detail)
