"""How long a connection may rest."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Rest:
    """Calls `close` once a connection has rested for so many seconds.

    What interrupts a rest does not stop the timer, which looks for itself when it ends: to stop it and to set it anew
    for each request costs more.
    """

    loop: asyncio.AbstractEventLoop
    seconds: float
    close: Callable[[], None]
    since: float | None = None  # by the loop's clock
    timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self.since = self.loop.time()
        if self.timer is None:
            self.timer = self.loop.call_later(self.seconds, self._look)

    def interrupt(self) -> None:
        self.since = None

    def end(self) -> None:
        """For good."""
        self.since = None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _look(self) -> None:
        self.timer = None
        if self.since is None:
            return
        left = self.since + self.seconds - self.loop.time()
        if left > 0:
            self.timer = self.loop.call_later(left, self._look)
        else:
            self.close()
