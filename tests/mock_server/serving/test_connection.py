"""The parts of uvicorn that the mock's protocol overrides or uses. They are no public interface, so uvicorn is pinned.

After an update, compare `DroppingProtocol` with the new version of its base class, then change the pin and this test.
"""

import asyncio
import inspect
import socket
import tomllib
from collections import deque
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from mock_server.serving.server import KEEP_ALIVE_SECONDS, DroppingProtocol, SequentialFlow, serving

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"
PARAMETERS: dict[Callable[..., Any], list[str]] = {
    HttpToolsProtocol.connection_made: ["self", "transport"],
    HttpToolsProtocol.data_received: ["self", "data"],
    HttpToolsProtocol.on_message_begin: ["self"],
    HttpToolsProtocol.on_headers_complete: ["self"],
    HttpToolsProtocol.on_body: ["self", "body"],
    HttpToolsProtocol.on_message_complete: ["self"],
    HttpToolsProtocol.shutdown: ["self"],
    HttpToolsProtocol.send_400_response: ["self", "msg"],
    FlowControl.__init__: ["self", "transport"],
    FlowControl.resume_reading: ["self"],
}


async def app(_scope: object, _receive: object, _send: object) -> None:
    """An application that is never called."""


def connection(protocol: type[HttpToolsProtocol]) -> HttpToolsProtocol:
    """A connection on which a request has begun."""
    made = protocol(uvicorn.Config(app, log_config=None), ServerState(), {})
    made.connection_made(create_autospec(asyncio.Transport, instance=True))
    made.on_message_begin()
    return made


def test_the_installed_uvicorn_is_the_pinned_one() -> None:
    extras = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["optional-dependencies"]
    pinned = {name for names in extras.values() for name in names if name.startswith("uvicorn")}
    assert pinned == {f"uvicorn=={version('uvicorn')}"}


@pytest.mark.parametrize("method", PARAMETERS, ids=lambda method: method.__qualname__)
def test_the_methods_of_uvicorn_take_the_expected_parameters(method: Callable[..., Any]) -> None:
    assert list(inspect.signature(method).parameters) == PARAMETERS[method]


@pytest.mark.parametrize(("ours", "base"), [(DroppingProtocol, HttpToolsProtocol), (SequentialFlow, FlowControl)])
def test_every_overridden_method_is_checked(ours: type, base: type) -> None:
    overridden = {method for name, method in vars(base).items() if inspect.isfunction(method) and name in vars(ours)}
    assert overridden <= PARAMETERS.keys()


@pytest.mark.anyio
async def test_a_connection_of_uvicorn_has_the_expected_attributes() -> None:
    made = connection(HttpToolsProtocol)
    assert isinstance(made.loop, asyncio.AbstractEventLoop)
    assert isinstance(made.tasks, set)
    assert isinstance(made.pipeline, deque)
    assert isinstance(made.flow, FlowControl)
    assert isinstance(made.transport, asyncio.Transport)
    assert made.parser.should_upgrade() is False
    assert made.scope["headers"] is made.headers  # so a new list keeps trailers out of a request's headers


@pytest.mark.anyio
async def test_a_connection_of_the_mock_has_no_attribute_that_uvicorn_uses() -> None:
    added = {"ending", "head_bytes", "in_head", "extensions", "break_off"}
    assert vars(connection(DroppingProtocol)).keys() - vars(connection(HttpToolsProtocol)).keys() <= added
    assert not [name for name in added if hasattr(connection(HttpToolsProtocol), name)]


def test_idle_connections_outlive_those_that_clients_keep() -> None:
    kept = httpx.Limits().keepalive_expiry
    assert kept is not None
    assert kept < KEEP_ALIVE_SECONDS


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers with the body of the request."""
    del scope
    content, more = b"", True
    while more:
        message = await receive()
        content += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(content))]})
    await send({"type": "http.response.body", "body": content})


OFFERS = {
    "as Java's client sends it": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n",
    "in other case": b"connection: upgrade\r\nUPGRADE:h2c\r\n",
    "of several protocols": b"Connection: Upgrade\r\nUpgrade: TLS/1.3, h2c\r\n",
}


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_an_offer_to_upgrade_is_ignored_and_the_body_is_read(offer: bytes) -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\n%bContent-Length: 12\r\n\r\nupgrade: yes" % offer
    with serving(echo) as url, socket.create_connection(address(url), timeout=30) as client:
        for _ in range(2):  # the connection goes on afterwards
            client.sendall(request)
            assert until_end_of(client, b"upgrade: yes").startswith(b"HTTP/1.1 200")


def address(url: str) -> tuple[str, int]:
    split = urlsplit(url)
    return str(split.hostname), int(split.port or 0)


def until_end_of(client: socket.socket, content: bytes) -> bytes:
    received = b""
    while not received.endswith(content):
        chunk = client.recv(65536)
        assert chunk, received
        received += chunk
    return received
