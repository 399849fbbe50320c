"""What every request passes: its headers and body, without the objects that a framework makes of them."""

from collections.abc import Iterable, Sequence
from random import Random

from starlette.middleware.cors import ALL_METHODS, CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.traffic.exchange import Headers


def find_header(scope: Scope, name: bytes) -> str | None:
    """The first value of a header by its lower-case name; None if there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


def header_values(scope: Scope, name: bytes) -> list[str]:
    """All values of a header by its lower-case name."""
    return [bytes(value).decode("latin-1") for key, value in scope["headers"] if key == name]


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
    message = await receive()
    if not message.get("more_body", False):  # as nearly all come
        content: bytes = message.get("body", b"")
        if len(content) > most:
            raise TooLargeError
        return content
    chunks, length, more = [message["body"]], len(message["body"]), True
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
    for name, value in headers:
        if name == b"content-length":
            return int(value.lstrip(b"0")[:MAX_DIGITS] or 0) if value.isdigit() else 0
    return 0


def replay_body(content: bytes, receive: Receive) -> Receive:
    """Receives the request's body again, then what follows it."""
    return replay_message({"type": "http.request", "body": content, "more_body": False}, receive)


def replay_message(message: Message, receive: Receive) -> Receive:
    """Receives a message again, then what follows it."""
    left = [message]

    async def again() -> Message:
        return left.pop() if left else await receive()

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
    identified_preflights = with_request_id(preflights)

    async def cors(scope: Scope, receive: Receive, send: Send) -> None:
        is_preflight = scope["type"] == "http" and scope["method"] == "OPTIONS"
        await (identified_preflights if is_preflight else answers)(scope, receive, send)

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


REQUEST_ID = b"x-request-id"
CHANCE = Random()  # noqa: S311 - an id is no secret


def new_request_id() -> tuple[bytes, bytes]:
    """The header with a new id."""
    return REQUEST_ID, b"req_%024x" % CHANCE.getrandbits(96)


def with_request_id(app: ASGIApp) -> ASGIApp:
    """The application, whose responses have an `X-Request-Id` each, as bug reports quote it."""

    async def identified(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_identified(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                if all(name != REQUEST_ID for name, _ in headers):
                    message["headers"] = [*headers, new_request_id()]
            await send(message)

        await app(scope, receive, send_identified)

    return identified


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
