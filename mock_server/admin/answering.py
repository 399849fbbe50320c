"""What comes in to the admin API, read within bounds, and what goes out as JSON."""

from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway_contract.values import Json
from mock_server.admin.problems import ProblemError
from mock_server.serving.bounded import MOST_REQUEST, TooLargeError, whole_body


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
