"""Signals that end the command: what is known is still written, and the exit status names the signal."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from contract_tests.ending import SHELL_OFFSET

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
WRITING = 5.0
"""Seconds within which everything is written after a signal."""


class InterruptedRunError(KeyboardInterrupt):
    """Ends an event loop and pytest, as Ctrl-C does."""


@dataclass(slots=True)
class Interruption:
    """The signal that arrived, if one did."""

    received: signal.Signals | None = None


def end_with_status() -> None:
    """A signal ends the command with its status, while there is nothing to write."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(SHELL_OFFSET + number)

    for ending in ENDING:
        signal.signal(ending, end)


@contextmanager
def interruptible(clock: Callable[[], float] = time.monotonic) -> Iterator[Interruption]:
    """The first signal raises InterruptedRunError in the main thread and is noted.

    Further ones are ignored while the reports are written, for they would be left unfinished; after WRITING they kill.
    """
    interruption = Interruption()
    received_at = 0.0

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal received_at
        if interruption.received is None:
            interruption.received, received_at = signal.Signals(number), clock()
            raise InterruptedRunError
        if clock() - received_at >= WRITING:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    before = {ending: signal.signal(ending, stop) for ending in ENDING}
    try:
        yield interruption
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)
