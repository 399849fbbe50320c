"""The addresses that a request names: the `Host` that it was sent to, and the `Origin` of the page that sent it.

Every web page that a developer visits can reach a server on loopback. A page whose own host name resolves to 127.0.0.1
(DNS rebinding) even counts as the server's own page, unless the server rejects that name.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from ipaddress import ip_address

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.serving.asgi import find_header, with_request_id
from mock_server.serving.error_response import MOCK_ERROR, ErrorResponse

HOST = r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+,;=-]+)(?::(?P<port>[0-9]{0,5}))?"
HOST_HEADER = re.compile(HOST)
ORIGIN_HEADER = re.compile(rf"null|[A-Za-z][A-Za-z0-9+.-]*://(?:{HOST})?")
ADDRESS_HEADERS = (b"host", b"origin")
EXAMPLES = {"Host": "like localhost:8080", "Origin": "like http://localhost:5173, or null"}
MAX_PORT = 2**16 - 1
LOCALHOST = "localhost"


def with_address_check(app: ASGIApp, hosts: frozenset[str]) -> ASGIApp:
    """The application for requests to loopback, to the address of the socket, and to some host names.

    Other hosts get 421 (RFC 9110, 15.5.20). A malformed `Host` or `Origin`, two of one, or no `Host` gets 400.
    """

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        error = address_error(scope, hosts) if scope["type"] == "http" else None
        if error is None:
            await app(scope, receive, send)
        else:
            rejected = JSONResponse({"error": error.fields}, error.status, MOCK_ERROR)
            await with_request_id(rejected)(scope, receive, send)

    return checked


def address_error(scope: Scope, hosts: frozenset[str]) -> ErrorResponse | None:
    named = tuple([header for header in scope["headers"] if header[0] in ADDRESS_HEADERS])
    return named_error(named, (scope.get("server") or ("", None))[0], hosts)


@lru_cache(maxsize=64)  # clients name the same addresses again and again
def named_error(headers: tuple[tuple[bytes, bytes], ...], server: str, hosts: frozenset[str]) -> ErrorResponse | None:
    problem = malformed_address(headers)
    if problem is not None:
        return ErrorResponse(400, "invalid_request_error", "malformed_header", problem)
    name = next(host_name(value.decode("latin-1")) for header, value in headers if header == b"host")
    if name in hosts or name == server or is_loopback(name):
        return None
    message = f"The mock is not served as {name}. To allow this name, start the mock with --allow-host {name}."
    return ErrorResponse(421, "invalid_request_error", "misdirected_request", message)


def malformed_address(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """What is wrong with the form of the addresses that a request's headers name, in a sentence."""
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    if len(hosts) != 1:
        return f"expected one Host header; got {len(hosts)}"
    if len(origins) > 1:
        return f"expected at most one Origin header; got {len(origins)}"
    for name, pattern, values in (("Host", HOST_HEADER, hosts), ("Origin", ORIGIN_HEADER, origins)):
        for value in values:
            matched = pattern.fullmatch(value)
            if matched is None or int(matched["port"] or 0) > MAX_PORT:
                return f"{name} must be {EXAMPLES[name]}; got {value!r}"
    return None


@lru_cache(maxsize=256)
def host_name(host: str) -> str:
    """The name or address in a `Host`, in lower case, without port, brackets and a final dot."""
    matched = HOST_HEADER.fullmatch(host)
    return "" if matched is None else matched["name"].lower().strip("[]").removesuffix(".")


@lru_cache(maxsize=256)
def is_loopback(name: str) -> bool:
    """Whether a host name always means this machine (RFC 6761, 6.3)."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == LOCALHOST or name.endswith(f".{LOCALHOST}")


def allowing(origin: str) -> str:
    """The option that allows an origin. `null` cannot be allowed: every file and every sandboxed page has it."""
    return f"--allow-origin {'and the server that you serve the page from' if origin.lower() == 'null' else origin}"


def foreign_origin(scope: Scope, allowed: Collection[str]) -> str | None:
    """The origin of the page that sent a request, unless it is the server's own page or allowed.

    Browsers name the origin of every request that changes something (RFC 6454, 7.3); other programs name none. The
    scheme may differ, since the server does not know whether a proxy in front of it terminates TLS.
    """
    origin = find_header(scope, b"origin")
    if origin is None or origin.lower() in allowed or origin.partition("://")[2] == find_header(scope, b"host"):
        return None
    return origin
