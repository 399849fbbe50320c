"""What every request passes: its headers and body, without the objects that a framework makes of them."""

import re
from collections.abc import Iterable, Sequence

from starlette.middleware.cors import ALL_METHODS, CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.traffic.exchange import Headers
from mock_server.serving.error_response import MOCK_ERROR, ErrorResponse


def find_header(scope: Scope, name: bytes) -> str | None:
    """The first value of a header by its lower-case name; None if there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


def decode_headers(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as text by their lower-case names; the first of several with one name."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(headers)}


async def read_all(receive: Receive) -> bytes:
    """The whole body of a request; it ends where the client disconnects."""
    message = await receive()
    content: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        content += message.get("body", b"")
    return content


MAX_BODY = 4 * 2**20  # bytes: far more than the longest prompt that any contract allows
MAX_DIGITS = 18  # of a length that is read


class TooLargeError(Exception):
    """The body of a request is longer than is read."""


def with_body_limit(app: ASGIApp, too_large: ASGIApp, most: int = MAX_BODY) -> ASGIApp:
    """The application with whole bodies; `too_large` responds to longer ones."""

    async def within(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        try:
            content = await read_body(scope, receive, most)
        except TooLargeError:
            await too_large(scope, receive, send)
        else:
            await app(scope, replay_body(content, receive), send)

    return within


async def read_body(scope: Scope, receive: Receive, most: int = MAX_BODY) -> bytes:
    """The whole body of a request; it ends where the client disconnects.

    Raises TooLargeError, before anything is read if the client declares the length.
    """
    if declared_length(scope["headers"]) > most:
        raise TooLargeError
    chunks, length, more = list[bytes](), 0, True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        length += len(chunks[-1])
        if length > most:
            raise TooLargeError
        more = message.get("more_body", False)
    return b"".join(chunks)


def declared_length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """The length of a body in bytes by its request's head, or an upper bound; 0 if it is not declared."""
    declared = next((value for name, value in headers if name == b"content-length"), b"")
    return int(declared.lstrip(b"0")[:MAX_DIGITS] or 0) if declared.isdigit() else 0


def replay_body(content: bytes, receive: Receive) -> Receive:
    """Receives the request's body again, then what follows it."""
    left = [content]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again


PREFIX = b"access-control-"
READABLE = ((PREFIX + b"allow-origin", b"*"), (PREFIX + b"expose-headers", b"*"))
"""Any page may read the response and its headers: no cookie decides anything here, so nothing is private."""


def with_cors(app: ASGIApp) -> ASGIApp:
    """The application for pages of any origin. It must respond to its own exceptions, as Starlette does."""
    answers = with_cors_headers(app)
    preflights = CORSMiddleware(
        answers, allow_origins=["*"], allow_methods=ALL_METHODS, allow_headers=["*"], allow_private_network=True
    )

    async def cors(scope: Scope, receive: Receive, send: Send) -> None:
        is_preflight = scope["type"] == "http" and scope["method"] == "OPTIONS"
        await (preflights if is_preflight else answers)(scope, receive, send)

    return cors


def with_cors_headers(app: ASGIApp) -> ASGIApp:
    """The application, with CORS headers on each response in place of its own.

    Not Starlette's, which reads the headers of each request and costs five times as much.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [header for header in message.get("headers", ()) if not header[0].startswith(PREFIX)]
                message["headers"] = [*own, *READABLE]
            await send(message)

        await app(scope, receive, send_readable)

    return answer


def text_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Headers as text, in order."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def own_url(scope: Scope) -> str:
    """The URL of the application that received a request, by its Host header and mount, without a final slash."""
    host = find_header(scope, b"host") or ":".join(map(str, scope.get("server") or ("127.0.0.1",)))
    return f"{scope['scheme']}://{host}{scope.get('root_path', '')}"


def request_target(scope: Scope) -> str:
    """Path and query as the client wrote them, relative to where the application is mounted."""
    path: str = scope["raw_path"].decode("latin-1").removeprefix(scope.get("root_path", ""))
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


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
