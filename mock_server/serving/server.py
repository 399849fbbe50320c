"""An application on a real socket: in this process, until the block ends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from mock_server.serving.connection import DroppingProtocol


class PortInUseError(Exception):
    """Somebody else listens where a server was to listen."""


@contextmanager
def serving(app: Any, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:  # noqa: ANN401 # ASGI has no type
    """Serves an ASGI application in a thread; gives its URL. Port 0 takes a free one. Raises PortInUseError."""
    with listen(host, port) as listener, serving_on(listener, app):
        yield url_of(host, listener)


@contextmanager
def serving_on(
    listener: socket.socket,
    app: Any,  # noqa: ANN401 # ASGI has no type
) -> Iterator[None]:
    """Serves an ASGI application in a thread, on a socket that listens already."""
    config = uvicorn.Config(
        app, http=DroppingProtocol, log_level="critical", access_log=False, timeout_graceful_shutdown=1
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


def url_of(host: str, listener: socket.socket) -> str:
    """The URL at which a listening socket is reached by the name of its host (RFC 3986, 3.2.2)."""
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
