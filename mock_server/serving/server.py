"""An application on a real socket, and connections that break on purpose."""

import asyncio
import re
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import Receive, Scope
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

EXTENSION = "connection.transport"
HEAD = "connection.head"
"""What a client sent last of the head of a request, as it came: ASGI has header names in lower case only."""
ENDING = "connection.ending"
CLOSE_IDLE = "server.close-idle-connections"
MOST_HEAD = 2**16  # bytes
TOO_LONG = "The head of the request is too long."
KEEP_ALIVE_SECONDS = 75
"""How long an idle connection stays open: longer than clients keep one, so that none is closed as it is used again."""
SHUTDOWN_SECONDS = 2  # seconds that requests which are under way have when the server stops
END_OF_HEAD = b"\r\n\r\n"
UPGRADE = re.compile(rb"\r\nupgrade:[ \t]*(?!websocket)[^\r\n]*", re.IGNORECASE)
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER with no time: what was not sent is thrown away, and the peer is told


class SequentialFlow(FlowControl):
    """Reads on only while no request waits for its turn: each would let in many more, and all would be kept."""

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self.waiting = waiting

    def resume_reading(self) -> None:
        if not self.waiting:
            super().resume_reading()


class DroppingProtocol(HttpToolsProtocol):
    """uvicorn's protocol with bounds on what a client may pile up, and three things that are nowhere in ASGI.

    Its transport, to break it; the head of a request as it came; and an event, set when the server stops, for answers
    that go on until then.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        self.ending = asyncio.Event()
        self.head_bytes = 0  # received since the last piece of a body
        self.in_head = True
        self.extensions: dict[Any, Any] = {EXTENSION: transport, ENDING: self.ending, CLOSE_IDLE: self.close_idle}
        super().connection_made(transport)
        self.flow = SequentialFlow(transport, self.pipeline)

    def close_idle(self) -> None:
        """Closes each of the server's connections on which no request is under way, without a word."""
        for connection in [one for one in self.connections if isinstance(one, DroppingProtocol)]:
            if connection.cycle is None or connection.cycle.response_complete:
                connection.transport.close()

    def shutdown(self) -> None:
        self.ending.set()
        self.loop.call_later(SHUTDOWN_SECONDS, self.cancel_tasks)
        super().shutdown()

    def cancel_tasks(self) -> None:
        """Ends what is still under way, before uvicorn does so and complains, with a traceback for each."""
        for task in tuple(self.tasks):
            task.cancel()

    def data_received(self, data: bytes) -> None:
        """Bounds what comes between bodies: the parser would keep heads and trailers of any length."""
        self.head_bytes += len(data)
        if self.in_head:
            self.extensions[HEAD] = data
        super().data_received(without_upgrade(data) if self.in_head else data)
        if self.head_bytes > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response(TOO_LONG)

    def on_headers_complete(self) -> None:
        """What comes as a header from now on is a trailer, and no header of the request (RFC 9110, 6.5.1)."""
        self.in_head = False
        super().on_headers_complete()
        if not self.parser.should_upgrade():
            self.headers = []

    def on_body(self, body: bytes) -> None:
        self.head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.head_bytes = 0
        self.in_head = True
        super().on_message_complete()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = self.extensions


def without_upgrade(data: bytes) -> bytes:
    """The data without an offer to change the protocol in the head that it begins with.

    A server may ignore `Upgrade` (RFC 9110, 7.8). The parser does not: it takes what follows the head for the new
    protocol, so that the body of a request by Java's client, which offers h2c, would be lost.
    """
    if b"pgrade" not in data and b"PGRADE" not in data:
        return data
    head, separator, rest = data.partition(END_OF_HEAD)
    return UPGRADE.sub(b"", head) + separator + rest


def is_ending(scope: Scope) -> bool:
    """Whether the server is being stopped, as far as it tells."""
    ending: asyncio.Event | None = scope.get("extensions", {}).get(ENDING)
    return ending is not None and ending.is_set()


def is_closing(scope: Scope) -> bool:
    """Whether the connection of a request is closed already, though the server may not have noticed."""
    transport: asyncio.Transport | None = scope.get("extensions", {}).get(EXTENSION)
    return transport is not None and transport.is_closing()


async def wait_for_disconnect(receive: Receive) -> None:
    """Wait until the server knows that the client is gone; before that it would complain of half a response."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def reset_connection(scope: Scope, receive: Receive) -> None:
    """Reset the connection of a request."""
    transport: asyncio.Transport = scope["extensions"][EXTENSION]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    transport.abort()
    await wait_for_disconnect(receive)


class PortInUseError(Exception):
    """Somebody else listens where a server was to listen."""


@contextmanager
def serving(
    app: Any,  # noqa: ANN401 # ASGI has no type
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """Serves an ASGI application in a thread; gives its URL. Port 0 takes a free one. Raises PortInUseError."""
    with listen(host, port) as listener, serving_on(listener, app, tls):
        yield url_of(host, listener, "http" if tls is None else "https")


@contextmanager
def serving_on(
    listener: socket.socket,
    app: Any,  # noqa: ANN401 # ASGI has no type
    tls: ssl.SSLContext | None = None,
) -> Iterator[None]:
    """Serves an ASGI application in a thread, on a socket that listens already."""
    config = uvicorn.Config(
        app,
        http=DroppingProtocol,
        log_level="critical",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
        ssl_context_factory=None if tls is None else lambda *_: tls,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.002)
        yield
    finally:
        server.should_exit = True
        thread.join()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises PortInUseError with a sentence for the user."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise PortInUseError(f"cannot listen on {host}:{port}: {reason}") from error


def url_of(host: str, listener: socket.socket, scheme: str = "http") -> str:
    """The URL at which a listening socket is reached by the name of its host (RFC 3986, 3.2.2)."""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
