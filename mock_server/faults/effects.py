"""Responses with a fault that no error of a vendor or gateway describes: broken, cut, slow, or missing."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.faults.fault import NO_RESPONSE, Fault
from mock_server.faults.syntax import parse_duration
from mock_server.serving.connection import reset_connection

SILENT_SECONDS = 600.0  # longer than any client waits
PIECES = 20  # in which a slow body comes
TIME = "time"


def effect(fault: Fault, success: Response) -> ASGIApp | None:
    """The application that responds with the fault where the successful response would come.

    None for a fault that an error or another success describes. Raises ScenarioError for a time that is no duration.
    """
    make = EFFECTS.get(fault.name)
    return None if make is None else make(fault, success)


async def reset(scope: Scope, receive: Receive, _send: Send) -> None:
    """Resets the connection before any response."""
    await reset_connection(scope, receive)


def reset_mid_response(success: Response) -> ASGIApp:
    """Sends the head and half of the body, then resets the connection."""

    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(success.body)
        await send(_start(success))
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await reset_connection(scope, receive)

    return half


def truncated(success: Response) -> Response:
    """The response whose body ends early while its length says that it is whole."""
    body = bytes(success.body)
    response = Response(body[: len(body) * 2 // 3], success.status_code)
    response.raw_headers += [header for header in success.raw_headers if header[0] != b"content-length"]
    return response


def slow_body(success: Response, seconds: float) -> ASGIApp:
    """Sends the body in pieces over so many seconds."""

    async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
        body = bytes(success.body)
        await send(_start(success))
        length = max(1, -(-len(body) // PIECES))
        for begin in range(0, len(body), length):
            await asyncio.sleep(seconds * length / max(1, len(body)))
            await send({"type": "http.response.body", "body": body[begin : begin + length], "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return slow


def silence(seconds: float) -> ASGIApp:
    """Responds with nothing until the peer hangs up or the time is over; then resets the connection."""

    async def silent(scope: Scope, receive: Receive, _send: Send) -> None:
        try:
            async with asyncio.timeout(seconds):
                while (await receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            await reset_connection(scope, receive)

    return silent


def _start(response: Response) -> Message:
    return {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}


EFFECTS: Final[Mapping[str, Callable[[Fault, Response], ASGIApp]]] = {
    "html-error": lambda *_: HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", 502),
    "html-success": lambda *_: HTMLResponse("<html><body>maintenance</body></html>"),
    "truncated-json": lambda _, success: truncated(success),
    "reset": lambda *_: reset,
    "reset-mid-response": lambda _, success: reset_mid_response(success),
    "slow-body": lambda fault, success: slow_body(success, parse_duration(fault.parameter(TIME) or "")),
    NO_RESPONSE: lambda *_: silence(SILENT_SECONDS),
}
