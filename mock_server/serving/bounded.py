"""Requests no longer than anybody could mean them: a body is read whole, or not at all."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_REQUEST = 4 * 2**20  # bytes: far more than the longest text that anybody sells
MOST_DIGITS = 18  # of a length that is read


class TooLargeError(Exception):
    """The request is longer than anybody could mean it."""


def bounded(app: ASGIApp, too_large: ASGIApp, most: int = MOST_REQUEST) -> ASGIApp:
    """The application with whole bodies; `too_large` answers where one is longer than is read."""

    async def within(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        try:
            content = await whole_body(scope, receive, most)
        except TooLargeError:
            await too_large(scope, receive, send)
        else:
            await app(scope, replaying(content, receive), send)

    return within


async def whole_body(scope: Scope, receive: Receive, most: int = MOST_REQUEST) -> bytes:
    """A body; one that ends with its client hanging up ends there, since nobody is left to be told.

    Raises TooLargeError, before anything is read where the client says how long it will be.
    """
    if said_length(scope["headers"]) > most:
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


def said_length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """How long a body will be in bytes, or longer than any, by its request's head; 0 where that does not say."""
    said = next((value for name, value in headers if name == b"content-length"), b"")
    return int(said.lstrip(b"0")[:MOST_DIGITS] or 0) if said.isdigit() else 0


def replaying(content: bytes, receive: Receive) -> Receive:
    """The request's body once more; then whatever still comes."""
    left = [content]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again
