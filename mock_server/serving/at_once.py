"""Answers that wait for nothing, given as soon as the last byte of their request is there.

An ASGI application runs as a task, which waits for its turn, asks for the request and sends its answer in pieces. Where
nothing has to be waited for, all that costs more than most answers do.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias, TypeVar, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from mock_server.serving.dropping import DroppingProtocol

Whole: TypeAlias = tuple[int, Sequence[tuple[bytes, bytes]], bytes]
"""An answer: its status, its headers, the length of its content among them, and its content."""
AtOnce: TypeAlias = Callable[[Scope, bytes], Whole | None]
"""Answers a request, given its ASGI scope and its body; None where that is left to the application.

The scope's path is all of the target, as it was sent.
"""
Result = TypeVar("Result")
MOST_HELD = 2**16  # bytes
FAILED: Whole = (500, [(b"content-length", b"21"), (b"content-type", b"text/plain")], b"Internal Server Error")


class AtOnceProtocol(DroppingProtocol):
    """The protocol, with something that may answer whole requests before anything is made for an application.

    A request whose head is read is held until its last byte is there. One that is long, that waits to be told to go
    on, or whose client leaves, is the application's.
    """

    def __init__(self, at_once: AtOnce, **given: Any) -> None:  # noqa: ANN401 # as uvicorn gives it
        super().__init__(**given)
        self.at_once = at_once
        self.held: bytes | None = None  # the body of a request that is held, as far as it has come
        self.idle_since: float | None = None  # by the loop's clock

    def on_headers_complete(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        under_way = self.pipeline or (cycle is not None and not cycle.response_complete)
        full = self.flow.write_paused
        if under_way or full or self.expect_100_continue or self.parser.should_upgrade() or self._ends_connection():
            super().on_headers_complete()
        else:
            self.held = b""

    def _ends_connection(self) -> bool:
        return not self.parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        if self.held is None:
            super().on_body(body)
        else:
            self.head_bytes = 0
            self.held += body
            if len(self.held) > MOST_HELD:
                self._hand_over()

    def on_message_complete(self) -> None:
        if self.held is None:
            super().on_message_complete()
            return
        self.head_bytes = 0
        answer = self._answer_to(self.held)
        if answer is None:
            self._hand_over()
            super().on_message_complete()
        else:
            self.held = None
            self._send(answer)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.held is not None and said_length(self.headers) > MOST_HELD:
            self._hand_over()

    def _answer_to(self, content: bytes) -> Whole | None:
        scope: Scope = cast("Scope", self.scope)
        scope["method"], scope["path"] = self.parser.get_method().decode("ascii"), self.url.decode("latin-1")
        try:
            return self.at_once(scope, content)
        except Exception:
            self.logger.exception("Exception where an answer was to be given at once")
            return FAILED

    def _hand_over(self) -> None:
        """What is held goes to the application, as if it had just come."""
        content, self.held = self.held, None
        super().on_headers_complete()
        if content:
            super().on_body(content)

    def _send(self, answer: Whole) -> None:
        status, headers, content = answer
        lines = [b"%b: %b\r\n" % header for header in (*self.server_state.default_headers, *headers)]
        self.answers.write_whole(b"".join((STATUS_LINE[status], *lines, b"\r\n", content)))
        self.server_state.total_requests += 1
        self._rest()

    def _rest(self) -> None:
        """Begins to wait for the next request, whose coming does not stop the timer: that costs more than to look."""
        self.idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_in(self.timeout_keep_alive)

    def _look_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self.idle_since is None:
            return
        left = self.idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._look_in(left)
        else:
            super().timeout_keep_alive_handler()

    def _unset_keepalive_if_required(self) -> None:
        """Called for whatever comes."""
        self.idle_since = None

    def on_response_complete(self) -> None:
        self._stop_looking()
        super().on_response_complete()
        self.idle_since = None if self.timeout_keep_alive_task is None else self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_looking()
        if self.held is not None:
            self._hand_over()
        super().connection_lost(exc)

    def _stop_looking(self) -> None:
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None


def said_length(headers: Sequence[tuple[bytes, bytes]]) -> int:
    """Of a body, by its request's head; 0 where that does not say."""
    return next((int(value) for name, value in headers if name == b"content-length"), 0)


def result_of(coroutine: Coroutine[object, None, Result]) -> Result:
    """What a coroutine comes to that waits for nothing. Raises RuntimeError where it waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    coroutine.close()
    raise RuntimeError(f"{coroutine} waits")
