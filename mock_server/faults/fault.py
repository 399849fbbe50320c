"""Faults by their names, one vocabulary for gateways and upstreams, and the responses that only a fault explains."""

import asyncio
import html
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.traffic.exchange import FaultCause, PlayedFault
from mock_server.faults.scenario_kind import parse_duration
from mock_server.serving.asgi import own_url
from mock_server.serving.server import reset_connection

NO_IMAGES: Final = "no-images"
FEWER_IMAGES: Final = "fewer-images"
LINK_404: Final = "link-404"
NO_RESPONSE: Final = "no-response"
RETRY_AFTER: Final = "retry_after"
AS_DATE: Final = "date"
DATE_SECONDS: Final = 2  # from now to the date that a Retry-After has
ACCEPTED: Final = frozenset({"reset", "reset-mid-response", "truncated-json", NO_RESPONSE, LINK_404})


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by its name. `cause` is who causes it; `parameters` are pairs of a name and a value."""

    name: str
    cause: FaultCause
    parameters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """As scenarios write it: `rate-limit(retry_after=2)`."""
        inside = ", ".join(f"{name}={value}" for name, value in self.parameters)
        return f"{self.name}({inside})" if inside else self.name

    def parameter(self, name: str) -> str | None:
        return dict(self.parameters).get(name)

    @property
    def generates(self) -> bool:
        """Whether images are generated all the same."""
        return self.name in {FEWER_IMAGES, LINK_404} or not self.cause.is_failure

    def image_count(self, requested: int) -> int:
        """How many of the requested images the response has."""
        if self.name == NO_IMAGES:
            return 0
        return requested - 1 if self.name == FEWER_IMAGES else requested

    @property
    def played(self) -> PlayedFault:
        """The fault as rules see it."""
        retry_after = self.parameter(RETRY_AFTER)
        seconds = None if retry_after is None else seconds_of(retry_after)
        return PlayedFault(str(self), self.cause, seconds, may_be_billed=self.may_be_billed)

    @property
    def may_be_billed(self) -> bool:
        """Whether the call was accepted, so that the vendor may have billed it."""
        return self.name in ACCEPTED or not self.cause.is_failure


def seconds_of(retry_after: str) -> int:
    """The seconds that a fault's parameter stands for."""
    return DATE_SECONDS if retry_after == AS_DATE else int(retry_after)


def retry_after_header(retry_after: str) -> str:
    """The header of a response that is made now: seconds, or a date."""
    return formatdate(time.time() + DATE_SECONDS, usegmt=True) if retry_after == AS_DATE else retry_after


FAULTS: Final = (
    Fault("bad-request", FaultCause.REQUEST),
    Fault("moderation", FaultCause.CONTENT),
    Fault("moderation-output", FaultCause.CONTENT),
    Fault("unauthorized", FaultCause.CREDENTIALS),
    Fault("forbidden", FaultCause.CREDENTIALS),
    Fault("no-credit", FaultCause.CREDENTIALS),
    Fault("rate-limit", FaultCause.THROTTLING),
    Fault("rate-limit", FaultCause.THROTTLING, ((RETRY_AFTER, "2"),)),
    Fault("rate-limit", FaultCause.THROTTLING, ((RETRY_AFTER, AS_DATE),)),
    Fault("server-error", FaultCause.VENDOR),
    Fault("unavailable", FaultCause.VENDOR),
    Fault("error-with-200", FaultCause.VENDOR),
    Fault(NO_IMAGES, FaultCause.VENDOR),
    Fault("html-error", FaultCause.VENDOR),
    Fault("redirect", FaultCause.VENDOR),
    Fault("html-success", FaultCause.VENDOR),
    Fault("truncated-json", FaultCause.VENDOR),
    Fault("reset", FaultCause.VENDOR),
    Fault("reset-mid-response", FaultCause.VENDOR),
    Fault(NO_RESPONSE, FaultCause.VENDOR),
    Fault(LINK_404, FaultCause.VENDOR),
    Fault(FEWER_IMAGES, FaultCause.FEWER_IMAGES),
)
"""The faults that every upstream can play, in the order in which a run plays them."""


SILENT_SECONDS = 600.0  # longer than any client waits
PIECES = 20  # in which a slow body comes
TIME = "time"


def effect(fault: Fault, success: Response) -> ASGIApp | None:
    """The application that responds with the fault where the successful response would come.

    None for a fault that an error or another success describes. Raises ScenarioError for a time that is no duration.
    """
    make = EFFECTS.get(fault.name)
    return None if make is None else make(fault, success)


async def collect_response(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """The whole response of an application."""
    right = Response()
    right.raw_headers, chunks = [], list[bytes]()

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            right.status_code, right.raw_headers = message["status"], list(message["headers"])
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, collect)
    right.body = b"".join(chunks)
    return right


MAINTENANCE = "<html><body>maintenance</body></html>"
MAINTENANCE_PATH: Final = "/maintenance"
"""Where a redirected call leads, relative to the upstream."""


async def redirect(scope: Scope, receive: Receive, send: Send) -> None:
    """Redirects the call to a page, as what stands before a vendor does during maintenance."""
    await redirection(own_url(scope) + MAINTENANCE_PATH)(scope, receive, send)


def redirection(url: str) -> Response:
    page = f'<html><body><a href="{html.escape(url)}">Found</a></body></html>'
    return HTMLResponse(page, HTTPStatus.FOUND, {"location": url})


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
    "html-success": lambda *_: HTMLResponse(MAINTENANCE),
    "redirect": lambda *_: redirect,
    "truncated-json": lambda _, success: truncated(success),
    "reset": lambda *_: reset,
    "reset-mid-response": lambda _, success: reset_mid_response(success),
    "slow-body": lambda fault, success: slow_body(success, parse_duration(fault.parameter(TIME) or "")),
    NO_RESPONSE: lambda *_: silence(SILENT_SECONDS),
}
