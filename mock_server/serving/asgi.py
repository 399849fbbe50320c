"""ASGI as every request passes it: a header, a body, without the objects that a framework makes of them."""

from collections.abc import Sequence

from starlette.types import Receive, Scope


def header_in(scope: Scope, name: bytes) -> str | None:
    """The first value of a header, by its name in small letters; None where there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


def texts_in(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as text, by their names in small letters; of several with one name, the first."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(headers)}


async def content_of(receive: Receive) -> bytes:
    """A request's body, whole; one whose client hangs up ends there."""
    message = await receive()
    content: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        content += message.get("body", b"")
    return content
