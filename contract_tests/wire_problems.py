"""What went wrong on the wire, in plain words, and with nothing of what the other side sent."""

import socket
import ssl
from collections.abc import Iterator

import httpx


def before_the_answer(error: httpx.TransportError) -> str:
    """Why there is not even the head of an answer."""
    match error:
        case httpx.ConnectError():
            return without_connection(error)
        case httpx.RemoteProtocolError():
            return malformed(error)
    return "connection closed before the answer"


def within_the_answer(error: httpx.TransportError) -> str:
    """Why an answer has a head, but not its whole body."""
    match error:
        case httpx.RemoteProtocolError():
            return malformed(error)
    return "connection closed within the answer"


def malformed(error: httpx.RemoteProtocolError) -> str:
    text = str(error)
    if text.startswith("Server disconnected"):
        return "connection closed before the answer"
    if text.startswith("peer closed connection"):
        return "connection closed within the answer"
    if text == "Receive buffer too long":
        return "malformed HTTP: headers or a line of more than 100 KiB"
    # After ": b" some of these texts quote what was received (as bytes or a bytearray): it may hold anything.
    return f"malformed HTTP: {text.partition(': b')[0]}"


def without_connection(error: httpx.ConnectError) -> str:
    reasons = [reason for cause in causes(error) if (reason := refusal(cause))]
    # Innermost last; that one is the system's own.
    return reasons[-1] if reasons else "connection closed before the answer"


def refusal(cause: BaseException) -> str | None:
    match cause:
        case ssl.SSLCertVerificationError():
            return f"TLS: {cause.verify_message}"
        case ssl.SSLError():
            return f"TLS: {(cause.reason or 'handshake failed').lower().replace('_', ' ')}"
        case socket.gaierror():
            return "the host name has no address"
        case ConnectionRefusedError():
            return "connection refused"
        case OSError(strerror=str(reason)):
            return f"no connection: {reason}"
    return None


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that led to it."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from causes(part)
    if before := error.__cause__ or error.__context__:
        yield from causes(before)
