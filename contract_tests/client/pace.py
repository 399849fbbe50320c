"""How fast requests follow one another at a gateway that limits their rate."""

import asyncio
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

FIRST_INTERVAL = 0.1  # seconds
WIDENING = 1.5
LONGEST_INTERVAL = 2.0  # seconds; what is slower still has to be waited out request by request


def seconds_to_wait(said: str | None, now: float) -> float | None:
    """What Retry-After says (RFC 9110, 10.2.3), in seconds from `now`; None where it is missing or cannot be read."""
    if said is None:
        return None
    if said.strip().isdecimal():
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - now)
    except (ValueError, OverflowError):
        return None


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
