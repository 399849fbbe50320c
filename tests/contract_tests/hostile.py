"""Servers on real sockets that behave as no server should, each in a few lines."""

import asyncio
import contextlib
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

Behaviour: TypeAlias = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, and the heads of the requests that reached it."""

    base: str
    heads: list[bytes] = field(default_factory=list)


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Served]:
    """A server on a free port of 127.0.0.1 that behaves so on every connection."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = Running(behaviour)
    try:
        yield asyncio.run_coroutine_threadsafe(running.start(), loop).result(timeout=30)
    finally:
        asyncio.run_coroutine_threadsafe(running.stop(), loop).result(timeout=30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=30)
        loop.close()


@dataclass(slots=True)
class Running:
    behaviour: Behaviour
    server: asyncio.Server | None = None
    heads: list[bytes] = field(default_factory=list)
    connections: "dict[asyncio.Task[None], asyncio.StreamWriter]" = field(default_factory=dict)

    async def start(self) -> Served:
        self.server = await asyncio.start_server(self.connected, "127.0.0.1", 0)
        return Served(f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}", self.heads)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            self.connections[task] = writer
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await received(reader)
            self.heads.append(head)
            await self.behaviour(head, writer)
            await writer.drain()
        writer.close()

    async def stop(self) -> None:
        for _ in range(4):  # a connection that has just been made needs so many turns of the loop to be known here
            await asyncio.sleep(0)
        if self.server:
            self.server.close()
        for task, writer in self.connections.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*self.connections, return_exceptions=True)
        await asyncio.sleep(0)  # for the aborted connections to be closed


async def received(reader: asyncio.StreamReader) -> bytes:
    """The head of a request whose content was read as well; all there is where TLS was begun with us."""
    first = await reader.readexactly(1)
    if first == b"\x16":
        return first
    head = first + await reader.readuntil(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"\ncontent-length:")
    await reader.readexactly(int(length.split(b"\r")[0] or b"0"))
    return head


def saying(raw: bytes) -> Behaviour:
    """Sends exactly these bytes and closes."""

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return behave


def answering(content: bytes, *headers: bytes, status: bytes = b"200 OK") -> Behaviour:
    """A well-formed answer with this content."""
    lines = b"".join(line + b"\r\n" for line in headers)
    return saying(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n%b" % (status, len(content), lines, content))


def redirecting(location: str) -> Behaviour:
    return answering(b"", b"Location: " + location.encode(), status=b"302 Found")


async def never_answers(_: bytes, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def closes(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Nothing at all is said."""


async def drips(_: bytes, writer: asyncio.StreamWriter) -> None:
    """So slowly that no single read ever times out."""
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


async def never_ends(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(b" " * 2**16)
        await writer.drain()


async def never_ends_its_headers(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    while True:
        writer.write(b"X-More: " + b"x" * 1000 + b"\r\n")
        await writer.drain()


async def always_continues(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Preliminary answers without end."""
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
        await writer.drain()


async def inflates(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Zeros without end, a thousandth of them on the wire."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    writer.write(HEAD + b"Content-Encoding: gzip\r\n\r\n")
    while True:
        writer.write(packer.compress(bytes(MEBIBYTE)) + packer.flush(zlib.Z_FULL_FLUSH))
        await writer.drain()


def packed(content: bytes, wbits: int = zlib.MAX_WBITS | 16) -> bytes:
    """Content as gzip; other values of `wbits` give deflate with or without zlib's header."""
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(content) + packer.flush()
