"""One HTTP exchange with a gateway that may be hostile: it costs what the limits say at most, whatever comes."""

import asyncio
import io
import socket
import ssl
import string
import time
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import aclosing, nullcontext
from functools import lru_cache
from urllib.parse import quote

import httpx

from contract_tests.client.access import Access, tls_context
from contract_tests.client.content_coding import OFFERED, decoder
from contract_tests.client.limits import Limits, NoConnectionError, PeerError, UnsendableError, format_bytes
from contract_tests.client.proxy import ProxiedTransport
from contract_tests.client.room import Share
from gateway_contract.extras import DISTRIBUTION
from gateway_contract.traffic.exchange import Answer, Headers, NoAnswer, Request, header
from gateway_contract.values.json_value import read_json


def connection_problem(error: httpx.TransportError) -> str:
    """Why there is not even the head of an answer."""
    match error:
        case httpx.ProxyError():
            return f"proxy: {error}"
        case httpx.ConnectError():
            return without_connection(error)
        case httpx.RemoteProtocolError():
            return malformed(error)
    return "connection closed before the response"


def body_problem(error: httpx.TransportError) -> str:
    """Why an answer has a head, but not its whole body."""
    match error:
        case httpx.RemoteProtocolError():
            return malformed(error)
    return "connection closed during the response"


def malformed(error: httpx.RemoteProtocolError) -> str:
    text = str(error)
    if text.startswith("Server disconnected"):
        return "connection closed before the response"
    if text.startswith("peer closed connection"):
        return "connection closed during the response"
    if text == "Receive buffer too long":
        return "malformed HTTP: headers or a line of more than 100 KiB"
    # After ": b" some of these texts quote what was received (as bytes or a bytearray): it may hold anything.
    return f"malformed HTTP: {text.partition(': b')[0]}"


def without_connection(error: httpx.ConnectError) -> str:
    reasons = [reason for cause in causes(error) if (reason := refusal(cause))]
    # Innermost last; that one is the system's own.
    return reasons[-1] if reasons else "connection closed before the response"


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


PLAIN = Access()
USER_AGENT = DISTRIBUTION  # many firewalls reject a request without one
FIRST_OF_SEVERAL = 0xC0  # the least first byte of a character that takes several in UTF-8
STEP = 2**20  # bytes that are unpacked at once


def open_transport(
    access: Access = PLAIN, direct: Collection[str] = (), *, own_loopback: bool = False, kept: int = 0
) -> httpx.AsyncBaseTransport:
    """A transport with a connection of its own for each exchange; `kept` is how many stay open between exchanges.

    On a shared connection an exchange would suffer for what the one before left unread, or for a server that
    closes just then. And a transport, unlike a client, follows nothing, keeps no cookies, adds no headers,
    uses no proxy but that of `access`, and writes no link with its signature to a log. The proxy is not used for the
    hosts in `direct`, nor, with `own_loopback`, for this machine. Raises AccessError.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=kept)
    if access.proxy is not None:
        options: dict[str, object] = {"verify": tls_context(access), "limits": limits}
        return ProxiedTransport(access.proxy, options, direct=direct, own_loopback=own_loopback)
    socket_path = None if access.socket is None else str(access.socket)
    return httpx.AsyncHTTPTransport(verify=tls_context(access), limits=limits, uds=socket_path)


async def exchange(
    transport: httpx.AsyncBaseTransport, request: Request, base: str, limits: Limits, seconds: float, share: Share
) -> Answer | NoAnswer:
    """Send the request to `base` and receive what comes in time. Nothing that the gateway does makes it raise.

    A large answer takes room from `share` and keeps it. Raises UnsendableError where the request or the base is no such
    thing.
    """
    began, waited = time.monotonic(), share.waited

    def spent() -> float:
        return time.monotonic() - began - (share.waited - waited)

    try:
        async with (
            asyncio.timeout(seconds) as bound,
            aclosing(await open_response(transport, build_request(request, base))) as response,
        ):
            content = await read_body(response, limits.answer_bytes, share, bound)
    except TimeoutError:
        return NoAnswer(f"no complete response within {seconds:g} s", spent(), timed_out=True)
    except PeerError as trouble:
        return NoAnswer(str(trouble), spent(), unsent=isinstance(trouble, NoConnectionError))
    took, received_at = spent(), time.time()
    async with share.turn if share.taken else nullcontext():  # a text beyond ASCII takes four times its bytes
        return read_response(response, content, took, received_at)


def build_request(request: Request, base: str) -> httpx.Request:
    """The request as it stands, with no more than HTTP needs: a host, a length, who asks, the codings that we read."""
    url = url_of(base)
    path = quote(request.path, safe=string.punctuation)
    usual: Headers = (("User-Agent", USER_AGENT), ("Accept-Encoding", OFFERED))
    added = tuple((name, value) for name, value in usual if header(request.headers, name) is None)
    return httpx.Request(
        request.method,
        url,
        headers=[(name.encode(), value.encode()) for name, value in request.headers + added],
        content=_chunks(request.content) if header(request.headers, "Transfer-Encoding") else request.content,
        extensions={"target": url.raw_path.rstrip(b"/") + path.encode()},
    )


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    """The content in two chunks: with more than one, a server must not take the first for the whole.

    They meet within a character, if there is one of several bytes: a server must not decode each by itself.
    """
    within = next((at + 1 for at, byte in enumerate(content) if byte >= FIRST_OF_SEVERAL), len(content) // 2)
    yield content[:within]
    yield content[within:]


@lru_cache(maxsize=8)
def url_of(base: str) -> httpx.URL:
    """A base, of which a run has few. Raises UnsendableError where it is none."""
    try:
        return httpx.URL(base)
    except httpx.InvalidURL as error:
        raise UnsendableError(f"{base!r} is not a valid URL: {error}") from error


async def open_response(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
    """The head of an answer; its body is still to be read, and it must be closed.

    Raises UnsendableError, and PeerError where there is no head: NoConnectionError if nothing was sent.
    """
    try:
        return await transport.handle_async_request(request)
    except (httpx.LocalProtocolError, httpx.UnsupportedProtocol) as error:
        # What was refused may be the token: the error's own text would quote it.
        raise UnsendableError("a request with this address or these headers cannot be sent over HTTP") from error
    except (httpx.ConnectError, httpx.ProxyError) as error:
        raise NoConnectionError(connection_problem(error)) from error
    except httpx.TransportError as error:
        raise PeerError(connection_problem(error)) from error


async def read_body(response: httpx.Response, most: int, share: Share, bound: asyncio.Timeout) -> bytes:
    """The content of an answer, unpacked. A large one takes room from `share`, and waits for it beside `bound`.

    Raises PeerError as soon as it has more than `most` bytes, packed or unpacked.
    """
    coded, content, received = decoder(response.headers.get("Content-Encoding", "")), io.BytesIO(), 0
    try:
        async for chunk in response.aiter_raw():
            received += len(chunk)
            part = coded.decode(chunk, STEP)
            while part:
                content.write(part)
                if max(received, content.tell()) > most:
                    raise PeerError(f"response longer than {format_bytes(most)}")
                if content.tell() > share.room.small and not share.taken:
                    await share.take(expected_bytes(response, most), bound)
                part = coded.decode(b"", STEP)
    except httpx.TransportError as error:
        raise PeerError(body_problem(error)) from error
    coded.finish()
    return content.getvalue()


def expected_bytes(response: httpx.Response, most: int) -> int:
    """How many bytes a body may have, unpacked."""
    length = response.headers.get("Content-Length", "")
    is_known = length.isdecimal() and "Content-Encoding" not in response.headers
    return min(int(length), most) if is_known else most


def read_response(response: httpx.Response, content: bytes, seconds: float, received_at: float) -> Answer:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    return Answer(response.status_code, headers, content, read_json(content), seconds, received_at)
