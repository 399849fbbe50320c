"""How far a run has come: one line that changes on a terminal, and a line now and then elsewhere."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from contract_tests.report.wording import counted, one_line

HEARTBEAT = 15.0
"""Seconds between two lines."""


class Phase(StrEnum):
    """The parts of a run, in their order."""

    LOOK = "look"
    ROWS = "rows"
    REFUSALS = "refusals"
    CONFIRM = "confirm"
    FAILURES = "failures"
    CHANCE = "chance"
    FUZZ = "fuzz"
    AUTHORIZATION = "authorization"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressStep:
    """A request that ended. `done` of the `planned` ones of its phase are; 0 planned where nobody knows how many.

    `seconds_left` are those of the run, infinite where nobody knows how many.
    """

    phase: Phase
    done: int
    planned: int
    requests: int
    of_requests: int
    name: str
    images: int
    failing: int  # rules
    seconds_left: float
    at: float = field(default_factory=time.monotonic)


Progress = Callable[[ProgressStep], None]


@dataclass(slots=True)
class Heartbeat:
    """For output to a file or pipe: a line at regular times, also while a request takes long."""

    console: Console
    seconds: float
    last: ProgressStep | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def step(self, step: ProgressStep) -> None:
        self.last = step

    def beat(self) -> None:
        """Prints until it has ended."""
        while not self.ended.wait(self.seconds):
            line = "waiting for the first response" if self.last is None else describe_step(self.last, time.monotonic())
            self.console.print(f"{time.strftime('%H:%M:%S')} {line}", markup=False, soft_wrap=True)


def describe_step(step: ProgressStep, now: float) -> str:
    """For example `rows 64/199, 96 images, 0 failing, 70 s left`."""
    of = f"/{step.planned:,}" if step.planned else ""
    left = max(0.0, step.seconds_left - (now - step.at))
    shown = "" if math.isinf(left) else f", {left:.0f} s left"
    return f"{step.phase} {step.done:,}{of}, {counted(step.images, 'image')}, {step.failing} failing{shown}"


@contextmanager
def show_progress(console: Console, heartbeat: float = HEARTBEAT) -> Iterator[Progress]:
    """What to tell the progress to. On a terminal the line is gone when the block ends; colours make no terminal."""
    if not console.file.isatty():
        with _beating(Heartbeat(console, heartbeat)) as progress:
            yield progress
        return
    columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    told = TextColumn("{task.description}", markup=False)
    with Bar(*columns, told, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda step: bar.update(
            task, completed=step.requests, total=step.of_requests, description=one_line(step.name)
        )


@contextmanager
def _beating(heartbeat: Heartbeat) -> Iterator[Progress]:
    thread = threading.Thread(target=heartbeat.beat, daemon=True)
    thread.start()
    try:
        yield heartbeat.step
    finally:
        heartbeat.ended.set()
        thread.join()
