"""What went wrong, as RFC 9457 has it: application/problem+json."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway_contract.values import Json

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
