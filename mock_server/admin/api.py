"""What all endpoints of the admin API share: its OpenAPI document, bodies, and problem responses (RFC 9457)."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, TypeAlias

import jsonschema_rs
import orjson
import yaml
from starlette.requests import Request
from starlette.responses import Response

from gateway_contract.document.bundled import FOLDER
from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.runtime.mock import Mock
from mock_server.serving.asgi import MAX_BODY, TooLargeError, read_body
from mock_server.serving.session import SessionError, check_session_id

MockHandler: TypeAlias = Callable[[Mock, Request], Awaitable[Response]]
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


def endpoint(mock: Mock, handler: MockHandler) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that turns problems into responses."""

    async def respond(request: Request) -> Response:
        try:
            return await handler(mock, request)
        except ProblemError as problem:
            return problem.response

    return respond


def session_in(request: Request) -> str | None:
    """The session in the path of a request; None in a path for all. Raises ProblemError for a malformed id."""
    written = request.path_params.get("session")
    try:
        return None if written is None else check_session_id(written)
    except SessionError as error:
        raise bad_request(f"{error}.") from error


def whole_number(text: str) -> int | None:
    """The non-negative integer of at most 15 digits that a text is; None if it is not one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None


MAX_ERROR = 300  # characters of one error message, which repeats the invalid value
SEE = "see GET /_mock/openapi.json"


@cache
def document() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FOLDER / "mock-admin.yaml").read_text("utf-8"))
    return read


@cache
def schema_named(name: str) -> jsonschema_rs.Draft202012Validator:
    """A validator for one of the document's schemas."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(schema, offline=True)


def parse_body(name: str, content: bytes) -> dict[str, Json]:
    """Parse a body and validate it against a schema of the document. Raises ProblemError with all errors."""
    body = read_json(content)
    if not isinstance(body, dict):
        what = "JSON" if body is ABSENT else "an object"
        raise bad_request(f"The body is not {what}; {SEE}.")
    problems = list(errors(schema_named(name), body))
    if problems:
        raise bad_request(f"{'; '.join(problems)}; {SEE}.")
    return body


def errors(validator: jsonschema_rs.Draft202012Validator, value: Json) -> Iterator[str]:
    """The errors of a value, one line each, with the path to the invalid part."""
    for error in validator.iter_errors(value):
        place = "".join(f"/{step}" for step in error.instance_path)
        message = error.message
        shown = message if len(message) <= MAX_ERROR else f"{message[: MAX_ERROR // 2]}…{message[-MAX_ERROR // 2 :]}"
        yield f"at {place}: {shown}" if place else shown
