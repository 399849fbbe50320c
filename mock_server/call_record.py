"""The record of upstream calls over HTTP: for whoever runs a gateway against the stub and wants to see what arrived."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway_contract.exchange import UpstreamCall
from gateway_contract.redaction import redact_headers
from gateway_contract.values import ABSENT, Json
from mock_server.upstream_calls import UpstreamCalls

CALLS_PATH = "/_mock/calls"


def record_route(calls: UpstreamCalls) -> Route:
    """GET lists the calls, oldest first; DELETE forgets them."""

    async def record(request: Request) -> Response:
        if request.method == "DELETE":
            calls.clear()
            return Response(status_code=204)
        return JSONResponse([told(call) for call in calls])

    return Route(CALLS_PATH, record, methods=["GET", "DELETE"])


def told(call: UpstreamCall) -> Json:
    """A call without the secrets in its headers; its body as it came, null where it was no JSON."""
    return {
        "method": call.method,
        "path": call.path,
        "headers": [[name, value] for name, value in redact_headers(call.headers)],
        "body": None if call.body is ABSENT else call.body,
        "at": call.at,
        "status": call.status,
        "images": list(call.images),
    }
