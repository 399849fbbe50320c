"""Signals that end the command: what is known is still written, and the exit status names the signal."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from contract_tests.results import SHELL_OFFSET

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


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
def interruptible() -> Iterator[Interruption]:
    """The first signal raises InterruptedRunError in the main thread and is noted; a second one kills."""
    interruption = Interruption()

    def stop(number: int, _frame: FrameType | None) -> None:
        interruption.received = signal.Signals(number)
        for ending in ENDING:
            signal.signal(ending, signal.SIG_DFL)
        raise InterruptedRunError

    before = {ending: signal.signal(ending, stop) for ending in ENDING}
    try:
        yield interruption
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)
