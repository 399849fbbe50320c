"""Answers that wait for nothing, given as soon as the last byte of their request is there.

An ASGI application runs as a task, which waits for its turn, asks for the request and sends its answer in pieces. Where
nothing has to be waited for, all that costs more than most answers do.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NoReturn, TypeAlias, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from mock_server.dropping import DroppingProtocol

Whole: TypeAlias = tuple[int, Sequence[tuple[bytes, bytes]], bytes]
"""An answer: its status, its headers, the length of its content among them, and its content."""
AtOnce: TypeAlias = Callable[[Scope, bytes], Whole | None]
"""Answers a request, given its ASGI scope and its body; None where that is left to the application."""
Result = TypeVar("Result")


class AtOnceProtocol(DroppingProtocol):
    """The protocol, with something that may answer whole requests before the application is asked."""

    def __init__(self, at_once: AtOnce, **given: Any) -> None:  # noqa: ANN401 # as uvicorn gives it
        super().__init__(**given)
        self.at_once = at_once
        self.reading = False
        self.begun: tuple[RequestResponseCycle, Any] | None = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401 # uvicorn's word for ASGI
        """Called when a head is read: mostly, the body has come with it. What waited in a pipeline begins as ever."""
        if self.reading:
            self.begun = cycle, app
        else:
            super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        self.reading = True
        super().data_received(data)
        self.reading = False
        if self.begun is not None:
            (cycle, app), self.begun = self.begun, None
            self._begin(cycle, app)

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401 # uvicorn's word for ASGI
        answer = None
        if cycle.keep_alive and not cycle.more_body and not self.flow.write_paused:
            try:
                answer = self.at_once(cycle.scope, bytes(cycle.body))  # type: ignore[arg-type] # a scope, as a mapping
            except Exception as error:  # noqa: BLE001 # told where those of applications are
                app = raising(error)
        if answer is None:
            self._start_asgi_task(cycle, app)
        else:
            self._answer(cycle, answer)

    def _answer(self, cycle: RequestResponseCycle, answer: Whole) -> None:
        status, headers, content = answer
        lines = [b"%b: %b\r\n" % header for header in (*self.server_state.default_headers, *headers)]
        cycle.response_started = cycle.response_complete = True
        self.answers.write_whole(b"".join((STATUS_LINE[status], *lines, b"\r\n", content)))
        self.on_response_complete()


def raising(error: Exception) -> ASGIApp:
    """An application that fails."""

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> NoReturn:
        raise error

    return app


def result_of(coroutine: Coroutine[object, None, Result]) -> Result:
    """What a coroutine comes to that waits for nothing. Raises RuntimeError where it waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    coroutine.close()
    raise RuntimeError(f"{coroutine} waits")
