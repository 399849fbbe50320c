"""One connection serves request after request; one that was closed in between is opened again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import httpx
import pytest

from contract_tests.client.access import Access
from contract_tests.client.kept_connection import KeptConnection, open_kept_connection

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def opened_for(requests: int, serve: Serve, *, acted_on: bool = False) -> tuple[int, list[int]]:
    """How often a connection was opened for some requests, and their statuses."""

    async def serve_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve_and_close, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, open_kept_connection(Access(), lambda _: acted_on) as kept:
        statuses = []
        for _ in range(requests):
            response = await kept.handle_async_request(httpx.Request("POST", url, content=b"{}"))
            await response.aread()
            await response.aclose()
            statuses.append(response.status_code)
            await asyncio.sleep(0.01)
        await kept.aclose()
        await asyncio.sleep(0.01)
        return kept.opened, statuses


def answering(times: int, last: bytes = b"") -> Serve:
    """Responds so many times on each connection, then with some bytes, and closes it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(times):
            await reader.readuntil(b"{}")
            writer.write(OK)
            if number == times - 1 and last:
                await reader.readuntil(b"{}")
                writer.write(last)
        await writer.drain()

    return serve


def test_requests_share_a_connection() -> None:
    assert asyncio.run(opened_for(3, answering(3))) == (1, [200, 200, 200])


def test_a_connection_that_was_closed_is_opened_again() -> None:
    assert asyncio.run(opened_for(3, answering(1))) == (3, [200, 200, 200])


def test_a_connection_that_is_closed_under_a_request_is_opened_again() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(OK)
        await reader.readuntil(b"{}")

    assert asyncio.run(opened_for(3, serve)) == (3, [200, 200, 200])


def test_a_request_on_which_the_gateway_acted_is_not_sent_again() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(OK)
        await reader.readuntil(b"{}")

    with pytest.raises(httpx.TransportError):
        asyncio.run(opened_for(2, serve, acted_on=True))


def test_what_is_no_http_on_a_kept_connection_is_not_asked_for_again() -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        asyncio.run(opened_for(2, answering(1, b"nonsense\r\n\r\n")))


def test_a_new_connection_that_breaks_is_not_tried_again() -> None:
    async def serve(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        """Closes at once."""

    with pytest.raises(httpx.TransportError):
        asyncio.run(opened_for(1, serve))


def test_a_transport_of_another_kind_is_closed_with_it() -> None:
    closed = []

    class Inner(httpx.AsyncBaseTransport):
        async def aclose(self) -> None:
            closed.append(self)

    asyncio.run(KeptConnection(Inner(), lambda _: False).aclose())
    assert len(closed) == 1
