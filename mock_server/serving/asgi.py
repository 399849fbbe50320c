"""ASGI as every request passes it: a header, a body, without the objects that a framework makes of them."""

from collections.abc import Iterable, Sequence

from starlette.middleware.cors import ALL_METHODS, CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def find_header(scope: Scope, name: bytes) -> str | None:
    """The first value of a header, by its name in small letters; None where there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


def decode_headers(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as text, by their names in small letters; of several with one name, the first."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(headers)}


async def read_all(receive: Receive) -> bytes:
    """A request's body, whole; one whose client hangs up ends there."""
    message = await receive()
    content: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        content += message.get("body", b"")
    return content


MAX_BODY = 4 * 2**20  # bytes: far more than the longest text that anybody sells
MAX_DIGITS = 18  # of a length that is read


class TooLargeError(Exception):
    """The request is longer than anybody could mean it."""


def with_body_limit(app: ASGIApp, too_large: ASGIApp, most: int = MAX_BODY) -> ASGIApp:
    """The application with whole bodies; `too_large` answers where one is longer than is read."""

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
    """A body; one that ends with its client hanging up ends there, since nobody is left to be told.

    Raises TooLargeError, before anything is read where the client says how long it will be.
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
    """How long a body will be in bytes, or longer than any, by its request's head; 0 where that does not say."""
    said = next((value for name, value in headers if name == b"content-length"), b"")
    return int(said.lstrip(b"0")[:MAX_DIGITS] or 0) if said.isdigit() else 0


def replay_body(content: bytes, receive: Receive) -> Receive:
    """The request's body once more; then whatever still comes."""
    left = [content]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again


PREFIX = b"access-control-"
READABLE = ((PREFIX + b"allow-origin", b"*"), (PREFIX + b"expose-headers", b"*"))
"""For anybody, with all headers. No cookie decides anything here, so no page gets what its visitor alone may see."""


def with_cors(app: ASGIApp) -> ASGIApp:
    """The application for pages of any origin; one that answers its own exceptions, as a Starlette does."""
    answers = with_cors_headers(app)
    preflights = CORSMiddleware(
        answers, allow_origins=["*"], allow_methods=ALL_METHODS, allow_headers=["*"], allow_private_network=True
    )

    async def cors(scope: Scope, receive: Receive, send: Send) -> None:
        asked_beforehand = scope["type"] == "http" and scope["method"] == "OPTIONS"
        await (preflights if asked_beforehand else answers)(scope, receive, send)

    return cors


def with_cors_headers(app: ASGIApp) -> ASGIApp:
    """The application, each of its answers with what lets a page read it, in place of what it says of that itself.

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


def own_url(scope: Scope) -> str:
    """The URL of the application that got a request, by its Host header and mount; no slash at its end."""
    host = find_header(scope, b"host") or ":".join(map(str, scope.get("server") or ("127.0.0.1",)))
    return f"{scope['scheme']}://{host}{scope.get('root_path', '')}"


def request_target(scope: Scope) -> str:
    """Path and query as the client wrote them, without where the application is mounted."""
    path: str = scope["raw_path"].decode("latin-1").removeprefix(scope.get("root_path", ""))
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path
