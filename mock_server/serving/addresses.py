"""The addresses in a request's head, `Host` and `Origin`: whether they are well-formed (RFC 9110, 7.2; RFC 6454, 7)."""

import re

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.serving.error_response import MOCK_ERROR, ErrorResponse

HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+,;=-]+)(?::(?P<port>[0-9]{0,5}))?"
HOST_HEADER = re.compile(HOST)
ORIGIN_HEADER = re.compile(rf"null|[A-Za-z][A-Za-z0-9+.-]*://(?:{HOST})?")
MAX_PORT = 2**16 - 1


def with_address_check(app: ASGIApp) -> ASGIApp:
    """The application; a request with a malformed `Host` or `Origin`, with two of one, or without `Host`, gets 400."""

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        problem = address_problem(scope) if scope["type"] == "http" else None
        if problem is None:
            await app(scope, receive, send)
        else:
            error = ErrorResponse(400, "invalid_request_error", "malformed_header", problem)
            await JSONResponse({"error": error.fields}, error.status, MOCK_ERROR)(scope, receive, send)

    return checked


def address_problem(scope: Scope) -> str | None:
    """What is wrong with the addresses of a request, in a sentence."""
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    if len(hosts) != 1 and (hosts or scope.get("http_version") == "1.1"):
        return f"expected one Host header; got {len(hosts)}"
    if len(origins) > 1:
        return f"expected at most one Origin header; got {len(origins)}"
    for name, pattern, values in (("Host", HOST_HEADER, hosts), ("Origin", ORIGIN_HEADER, origins)):
        for value in values:
            matched = pattern.fullmatch(value)
            if matched is None or int(matched["port"] or 0) > MAX_PORT:
                return f"{name} must be {EXAMPLES[name]}; got {value!r}"
    return None


EXAMPLES = {"Host": "like localhost:8080", "Origin": "like http://localhost:5173, or null"}
