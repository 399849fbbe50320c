"""How fast requests follow one another at a gateway that limits their rate."""

import asyncio
import time
from dataclasses import dataclass, field

FIRST_INTERVAL = 0.1  # seconds
WIDENING = 1.5
LONGEST_INTERVAL = 2.0  # seconds; what is slower still has to be waited out request by request


@dataclass(slots=True)
class Pace:
    """Requests start `interval` seconds apart: at least what the user wants, and more once the gateway throttles."""

    least: float = 0.0
    interval: float = field(init=False)
    _slowed_at: float = field(default=float("-inf"))
    _next_start: float = 0.0

    def __post_init__(self) -> None:
        self.interval = self.least

    async def wait(self) -> float:
        """Wait until a request may start; the time of its start (of the monotonic clock)."""
        now = time.monotonic()
        start = max(now, self._next_start)
        self._next_start = start + self.interval
        if start > now:
            await asyncio.sleep(start - now)
        return start

    def slow_down(self, started: float) -> None:
        """Widen the interval after a request was throttled that started then.

        Requests that started before the last widening show nothing about the pace since, so they do not count.
        """
        if started <= self._slowed_at:
            return
        self._slowed_at = time.monotonic()
        widened = min(max(FIRST_INTERVAL, self.interval * WIDENING), LONGEST_INTERVAL)
        self.interval = max(widened, self.least)
        self._next_start = max(self._next_start, self._slowed_at + self.interval)
