"""Answers at once come in their turn and as whole as an application's; what is left to it, it gets whole."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mock_server.serving.at_once import AtOnce, AtOnceProtocol, Whole, result_of
from mock_server.serving.server import listen
from tests.mock_server.hostile_clients import PATIENCE, whatever_comes

SECONDS = 1  # that a connection may rest


@dataclass
class Answering:
    """What was asked of each: what is posted to /now is answered at once, to /never fails; /slow takes its time."""

    at_once: list[bytes] = field(default_factory=list)
    app: list[bytes] = field(default_factory=list)
    left: list[bytes] = field(default_factory=list)  # of clients that hung up before their request was whole
    asked: int = 0  # the application, whether or not a request was whole

    def wanted(self, method: bytes, target: bytes) -> AtOnce | None:
        return {(b"POST", b"/now"): self.answer, (b"POST", b"/never"): self.fail}.get((method, target))

    def answer(self, scope: Scope, content: bytes) -> Whole | None:
        assert (scope["method"], scope["path"], scope["query_string"]) == ("POST", "/now", b"")
        if content == b"later":
            return None
        self.at_once.append(content)
        return 200, [(b"content-length", b"%d" % len(content))], content

    def fail(self, _scope: Scope, _content: bytes) -> Whole | None:
        raise ZeroDivisionError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        content, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.append(content)
                return
            content, more = content + message["body"], message["more_body"]
        if scope["path"] == "/slow":
            await asyncio.sleep(1.5 * SECONDS)
        self.app.append(content)
        await Response(b"app:" + content)(scope, receive, send)


@dataclass(frozen=True)
class Served:
    answering: Answering
    address: tuple[str, int]
    server: uvicorn.Server

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=PATIENCE)

    def told(self, *pieces: bytes) -> list[bytes]:
        """The contents of the answers to what is sent piece by piece; the last request should ask to hang up."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.05)
            answers = whatever_comes(connection).split(b"HTTP/1.1 ")[1:]
        return [answer.partition(b"\r\n\r\n")[2] for answer in answers]


@contextmanager
def running() -> Iterator[Served]:
    answering = Answering()
    with listen("127.0.0.1", 0) as listener:
        protocol = cast("type[Any]", partial(AtOnceProtocol, answering.wanted))
        config = uvicorn.Config(
            answering, http=protocol, lifespan="off", timeout_keep_alive=SECONDS, log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield Served(answering, listener.getsockname(), server)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def module_wide() -> Iterator[Served]:
    with running() as served:
        yield served


@pytest.fixture
def served(module_wide: Served) -> Served:
    module_wide.answering.at_once.clear()
    module_wide.answering.app.clear()
    module_wide.answering.left.clear()
    return module_wide


def post(path: str, content: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def wait_until(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.01)


LAST = post("/app", b"last", "Connection: close")


def test_the_application_is_not_asked_for_what_is_answered_at_once(served: Served) -> None:
    assert served.told(post("/now", b"one") + LAST) == [b"one", b"app:last"]
    assert (served.answering.at_once, served.answering.app) == ([b"one"], [b"last"])


def test_answers_come_in_the_order_of_their_requests(served: Served) -> None:
    sent = b"".join(post(path, path.encode()) for path in ("/now", "/a", "/now", "/now", "/b", "/now"))
    first, *others = served.told(sent + LAST)
    assert first == b"/now"
    assert [answer.removeprefix(b"app:") for answer in others] == [b"/a", b"/now", b"/now", b"/b", b"/now", b"last"]


@pytest.mark.parametrize("cut", [1, 40, len(post("/now", b"")), len(post("/now", b"")) + 2])
def test_a_request_in_pieces_is_answered_at_once_when_it_is_whole(served: Served, cut: int) -> None:
    whole = post("/now", b"one")
    assert served.told(whole[:cut], whole[cut:] + LAST) == [b"one", b"app:last"]


def test_a_long_body_goes_to_the_application_whole(served: Served) -> None:
    head, content = post("/now", b"x" * 200_000)[:-200_000], b"x" * 200_000
    assert served.told(head + content[:10], content[10:100_000], content[100_000:] + LAST)[0] == b"app:" + content
    assert served.answering.at_once == []


def test_that_a_body_will_be_long_is_known_to_the_application_before_it_comes(served: Served) -> None:
    asked = served.answering.asked
    with served.connect() as connection:
        connection.sendall(post("/now", b"x" * 200_000)[:-200_000])
        wait_until(lambda: served.answering.asked > asked)


def test_whoever_wants_to_be_told_to_go_on_is(served: Served) -> None:
    with served.connect() as connection:
        head = post("/now", b"one", "Expect: 100-continue", "Connection: close").removesuffix(b"one")
        connection.sendall(head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"one")
        assert whatever_comes(connection).endswith(b"app:one")


def test_a_client_that_leaves_in_the_midst_of_its_request_is_known_to_the_application(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(post("/now", b"one")[:-1])
    wait_until(lambda: served.answering.left == [b"on"])


def test_a_connection_that_is_to_end_ends_with_its_answer(served: Served) -> None:
    assert served.told(post("/now", b"one", "Connection: close")) == [b"app:one"]


def test_what_fails_is_told_and_the_next_request_is_answered(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    complaints = logging.getLogger("uvicorn.error")
    complaints.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.ERROR, logger=complaints.name):
            assert served.told(post("/never", b"") + LAST) == [b"Internal Server Error", b"app:last"]
    finally:
        complaints.removeHandler(caplog.handler)
    assert "ZeroDivisionError" in caplog.text


def test_a_connection_rests_so_long_and_no_longer(served: Served) -> None:
    with served.connect() as connection:
        for _ in range(3):  # longer than it may rest at a time
            connection.sendall(post("/now", b"one"))
            assert connection.recv(1000).endswith(b"one")
            time.sleep(SECONDS / 2)
        began = time.monotonic()
        assert connection.recv(1000) == b""
        assert time.monotonic() - began < SECONDS


def test_a_request_that_takes_its_time_to_come_is_waited_for(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(post("/now", b"one"))
        assert connection.recv(1000).endswith(b"one")
        whole = post("/now", b"two")
        connection.sendall(whole[:10])
        time.sleep(1.5 * SECONDS)
        connection.sendall(whole[10:])
        assert connection.recv(1000).endswith(b"two")


def test_a_connection_rests_after_an_application_answered_as_well(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(post("/now", b"one"))
        assert connection.recv(1000).endswith(b"one")
        time.sleep(SECONDS / 2)
        connection.sendall(post("/app", b"two"))
        assert connection.recv(1000).endswith(b"app:two")
        began = time.monotonic()
        assert connection.recv(1000) == b""
        assert 0.8 * SECONDS < time.monotonic() - began < 2 * SECONDS


def test_a_request_that_came_with_another_may_take_longer_than_a_connection_may_rest(served: Served) -> None:
    last = post("/slow", b"two", "Connection: close")
    assert served.told(post("/now", b"one") + last) == [b"one", b"app:two"]


def test_an_old_client_is_told_that_its_connection_ends(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(post("/now", b"one", "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0"))
        answer = whatever_comes(connection)
    assert b"connection: close\r\n" in answer
    assert answer.endswith(b"app:one")


def test_what_is_left_to_the_application_comes_with_its_body(served: Served) -> None:
    assert served.told(post("/now", b"later") + LAST) == [b"app:later", b"app:last"]


def test_a_server_that_stops_waits_for_the_rest_of_a_request() -> None:
    whole = post("/now", b"one")
    with running() as served, served.connect() as connection:
        connection.sendall(whole[:-1])
        wait_until(lambda: bool(served.server.server_state.connections))
        time.sleep(0.1)
        served.server.should_exit = True
        wait_until(lambda: served.answering.asked == 1)
        connection.sendall(whole[-1:])
        assert whatever_comes(connection).endswith(b"app:one")


def test_a_coroutine_that_waits_has_no_result_yet() -> None:
    async def at_once() -> int:
        return 1

    class Waits:
        def __await__(self) -> Generator[None]:
            yield

    async def waits() -> None:
        await Waits()

    assert result_of(at_once()) == 1
    with pytest.raises(RuntimeError, match="waits"):
        result_of(waits())
