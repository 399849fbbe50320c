"""How far a run has come: one line that changes on a terminal, and nothing elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from contract_tests.report.wording import one_line


class ProgressBar(Protocol):
    def step(self, done: int, planned: int, what: str) -> None:
        """So many of the planned requests are done, and this is under way."""


@dataclass(frozen=True, slots=True)
class NoProgress:
    """For output to a file or pipe: no progress bar."""

    def step(self, done: int, planned: int, what: str) -> None:
        pass


@dataclass(frozen=True, slots=True)
class RichProgress:
    """A bar on a terminal, drawn over and over on the same line."""

    bar: Bar
    task: TaskID

    def step(self, done: int, planned: int, what: str) -> None:
        self.bar.update(self.task, completed=done, total=planned, description=one_line(what))


@contextmanager
def show_progress(console: Console) -> Iterator[ProgressBar]:
    """What to tell the progress to; the line is gone when the block ends."""
    if not console.is_terminal:
        yield NoProgress()
        return
    columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    told = TextColumn("{task.description}", markup=False)
    with Bar(*columns, told, console=console, transient=True) as bar:
        yield RichProgress(bar, bar.add_task("", total=None))
