"""The record of upstream calls over HTTP: for whoever runs a gateway against the stub and wants to see what arrived."""

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway_contract.exchange import UpstreamCall, header
from gateway_contract.redaction import SHORTEST_SECRET, redact, redact_headers
from gateway_contract.values import ABSENT, Json
from mock_server.upstream.calls import UpstreamCalls

CALLS_PATH = "/_mock/calls"


ProblemsOf = Callable[[UpstreamCall], list[str]]
"""What is wrong with a call."""


def record_route(calls: UpstreamCalls, problems_of: ProblemsOf) -> Route:
    """GET lists the calls, oldest first; DELETE forgets them."""

    async def record(request: Request) -> Response:
        if request.method == "DELETE":
            calls.clear()
            return Response(status_code=204)
        return JSONResponse([told(call, problems_of(call)) for call in calls])

    return Route(CALLS_PATH, record, methods=["GET", "DELETE"])


def told(call: UpstreamCall, problems: Sequence[str]) -> Json:
    """A call without its secrets, wherever it holds them; its body null where it was no JSON."""
    secrets = _secrets(call)
    return {
        "method": call.method,
        "path": redact(call.path, secrets),
        "headers": [[name, value] for name, value in redact_headers(call.headers, secrets)],
        "body": None if call.body is ABSENT else _without(secrets, call.body),
        "at": call.at,
        "status": call.status,
        "images": list(call.images),
        "problems": [redact(problem, secrets) for problem in problems],
    }


def _secrets(call: UpstreamCall) -> list[str]:
    """The key with which a call was made."""
    key = (header(call.headers, "authorization") or "").partition(" ")[2].strip()
    return [key] if len(key) >= SHORTEST_SECRET else []


def _without(secrets: Sequence[str], value: Json) -> Json:
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, list):
        return [_without(secrets, item) for item in value]
    if isinstance(value, dict):
        return {redact(name, secrets): _without(secrets, item) for name, item in value.items()}
    return value
