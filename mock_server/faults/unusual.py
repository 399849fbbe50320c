"""Answers of an upstream that are correct and unusual: slow, or sent in another way that HTTP allows."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_contract.traffic.exchange import FaultCause
from mock_server.faults.codings import CODINGS, chosen_coding
from mock_server.faults.fault import Fault
from mock_server.serving.asgi import find_header
from mock_server.serving.server import EXTENSION, wait_for_disconnect

SLOW_RESPONSE: Final = "slow-response"
SLOW_IMAGE: Final = "slow-image"
CLOSED: Final = "closed-connections"
"""Nothing happens during such a call; whoever serves the stub closes its idle connections after it."""

UNUSUAL: Final = (
    Fault(SLOW_RESPONSE, FaultCause.SLOWNESS),
    Fault(SLOW_IMAGE, FaultCause.SLOWNESS),
    Fault("compressed", FaultCause.OTHER_HTTP),
    Fault("other-headers", FaultCause.OTHER_HTTP),
    Fault(CLOSED, FaultCause.OTHER_HTTP),
)
"""What an upstream may do, in the order in which a run plays them."""


def unusual_response(fault: Fault, success: Response, seconds: float) -> ASGIApp:
    """The application that gives a successful response in the unusual way; `seconds` is how long a slow one takes."""
    if fault.name == SLOW_RESPONSE:
        return late(success, seconds)
    send = SENDING.get(fault.name)
    return success if send is None else send(success)


def late(success: Response, seconds: float) -> ASGIApp:
    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(seconds)
        await success(scope, receive, send)

    return waiting


def compressed(success: Response) -> ASGIApp:
    """Sends the body in two chunks, in the rarest content coding that the client offers."""

    async def coded(scope: Scope, receive: Receive, send: Send) -> None:
        coding = chosen_coding(find_header(scope, b"accept-encoding") or "")
        if coding is None:
            await success(scope, receive, send)
            return
        content = CODINGS[coding](bytes(success.body))
        headers = [header for header in success.raw_headers if header[0] != b"content-length"]
        headers.append((b"content-encoding", coding.encode()))
        await send({"type": "http.response.start", "status": success.status_code, "headers": headers})
        middle = len(content) // 2
        await send({"type": "http.response.body", "body": content[:middle], "more_body": True})
        await send({"type": "http.response.body", "body": content[middle:]})

    return coded


def with_other_headers(success: Response) -> ASGIApp:
    """Writes the names of headers in upper case, and the media type as Java's servers do.

    It writes to the connection itself, since the server writes names in lower case.
    """

    async def written(scope: Scope, receive: Receive, _send: Send) -> None:
        own = [header for header in success.raw_headers if header[0] != b"content-type"]
        headers = [*own, (b"content-type", b"application/json;charset=UTF-8"), (b"connection", b"close")]
        lines = [
            b"HTTP/1.1 %d OK" % success.status_code,
            *(b"%b: %b" % (name.upper(), value) for name, value in headers),
        ]
        transport = scope["extensions"][EXTENSION]
        transport.write(b"\r\n".join([*lines, b"", bytes(success.body)]))
        transport.close()
        await wait_for_disconnect(receive)

    return written


SENDING: Final[Mapping[str, Callable[[Response], ASGIApp]]] = {
    "compressed": compressed,
    "other-headers": with_other_headers,
}
