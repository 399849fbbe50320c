"""How long a run may take: what is under way when its time is used up is given up, and nothing more is sent."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

LONGEST_HELD_BACK = 60.0  # seconds
SHARE_HELD_BACK = 0.1


class TimeUsedUpError(Exception):
    """A request was not sent, or given up: the run has no time left for it."""


@dataclass(slots=True)
class TimeBound:
    """The seconds of a run from now on; infinite for no bound. `held_back` of them are left to what comes last."""

    seconds: float
    held_back: float = 0.0
    left_out: int = 0  # requests that were not sent, or given up
    _ends: float = field(init=False)

    def __post_init__(self) -> None:
        self._ends = time.monotonic() + self.seconds

    @property
    def left(self) -> float:
        """Seconds."""
        return max(0.0, self._ends - self.held_back - time.monotonic())

    @property
    def used_up(self) -> bool:
        return self.left == 0.0

    def hold_back(self) -> None:
        """Leave some time to what comes last."""
        self.held_back = min(LONGEST_HELD_BACK, self.seconds * SHARE_HELD_BACK)

    async def spend(self, send: Callable[[], Awaitable[T]]) -> T:
        """What `send` gives in the time that is left. Raises TimeUsedUpError."""
        left = self.left
        if not left:
            self.left_out += 1
            raise TimeUsedUpError
        bound = asyncio.timeout(None if math.isinf(left) else left)
        try:
            async with bound:
                return await send()
        except TimeoutError:
            if not bound.expired():
                raise
            self.left_out += 1
            raise TimeUsedUpError from None
