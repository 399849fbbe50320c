"""Answers that wait for nothing, given as soon as the last byte of their request is there.

An ASGI application runs as a task, which waits for its turn, asks for the request and sends its answer in pieces. Where
nothing has to be waited for, all that costs more than most answers do.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias, TypeVar, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from mock_server.serving.bounded import said_length
from mock_server.serving.dropping import DroppingProtocol
from mock_server.serving.resting import Rest

Whole: TypeAlias = tuple[int, Sequence[tuple[bytes, bytes]], bytes]
"""An answer: its status, its headers, the length of its content among them, and its content."""
AtOnce: TypeAlias = Callable[[Scope, bytes], Whole | None]
"""Answers a request, given its ASGI scope and its body; None where that is left to the application.

The scope says of the target what is known by heart: `method`, `path` and no query.
"""
Wanted: TypeAlias = Callable[[bytes, bytes], AtOnce | None]
"""Who may answer at once, given a request's method and its target as it was sent."""
Result = TypeVar("Result")
MOST_HELD = 2**16  # bytes
FAILED: Whole = (500, [(b"content-length", b"21"), (b"content-type", b"text/plain")], b"Internal Server Error")


class AtOnceProtocol(DroppingProtocol):
    """The protocol, with somebody who may answer some requests before anything is made for an application.

    Such a request is held until its last byte is there. One that is long, that waits to be told to go on, or whose
    client leaves, is the application's.
    """

    def __init__(self, wanted: Wanted, **given: Any) -> None:  # noqa: ANN401 # as uvicorn gives it
        super().__init__(**given)
        self.wanted = wanted
        self.answering: AtOnce | None = None  # while a request is held
        self.held = b""  # its body, as far as it has come
        self.rest = Rest(self.loop, self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def data_received(self, data: bytes) -> None:
        self.rest.interrupt()
        super().data_received(data)
        if self.answering is not None and said_length(self.scope["headers"]) > MOST_HELD:
            self._hand_over()

    def on_headers_complete(self) -> None:
        self.rest.interrupt()  # of a request that came with the one before
        at_once = self.wanted(self.parser.get_method(), self.url)
        if at_once is None or self._must_wait():
            super().on_headers_complete()
        else:
            self.answering = at_once
            self.headers = []  # for trailers

    def _must_wait(self) -> bool:
        """Whether a request has others before it, or wants more of its connection than an answer."""
        cycle: RequestResponseCycle | None = self.cycle
        under_way = self.pipeline or (cycle is not None and not cycle.response_complete)
        if under_way or self.flow.write_paused or self.expect_100_continue or self.parser.should_upgrade():
            return True
        return not self.parser.should_keep_alive() or self.parser.get_http_version() == "1.0"

    def on_body(self, body: bytes) -> None:
        if self.answering is None:
            super().on_body(body)
        else:
            self.head_bytes = 0
            self.held += body
            if len(self.held) > MOST_HELD:
                self._hand_over()

    def on_message_complete(self) -> None:
        answer = None if self.answering is None else self._answer(self.answering)
        if answer is None:
            self._hand_over()
            super().on_message_complete()
        else:
            self.head_bytes, self.held, self.answering = 0, b"", None
            self._send(answer)

    def _answer(self, at_once: AtOnce) -> Whole | None:
        scope = cast("Scope", self.scope)
        scope["method"], scope["path"] = self.parser.get_method().decode("ascii"), self.url.decode("ascii")
        scope["query_string"] = b""
        try:
            return at_once(scope, self.held)
        except Exception:
            self.logger.exception("Exception where an answer was to be given at once")
            return FAILED

    def _hand_over(self) -> None:
        """What is held, if anything, goes to the application, as if it had just come."""
        if self.answering is not None:
            content, self.held, self.answering = self.held, b"", None
            super().on_headers_complete()
            super().on_body(content)

    def _send(self, answer: Whole) -> None:
        status, headers, content = answer
        lines = [b"%b: %b\r\n" % header for header in (*self.server_state.default_headers, *headers)]
        self.answers.send(b"".join((STATUS_LINE[status], *lines, b"\r\n", content)))
        self.server_state.total_requests += 1
        self.rest.begin()

    def shutdown(self) -> None:
        self._hand_over()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """The application learns of it when it has read what came."""
        self.rest.end()
        if self.answering is None:
            super().connection_lost(exc)
        else:
            self._hand_over()
            self.loop.call_soon(super().connection_lost, exc)


def result_of(coroutine: Coroutine[object, None, Result]) -> Result:
    """What a coroutine comes to that waits for nothing. Raises RuntimeError where it waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    coroutine.close()
    raise RuntimeError(f"{coroutine} waits")
