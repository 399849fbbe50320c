"""Progress is drawn where somebody watches, and nowhere else."""

from io import StringIO

from rich.console import Console

from contract_tests.report.progress import show_progress
from tests.contract_tests.report_examples import console, text_of


def test_progress_is_silent_where_nobody_watches() -> None:
    on = console()
    with show_progress(on) as progress:
        progress.step(3, 10, "0 for seed")
    assert text_of(on) == ""


def test_progress_is_drawn_on_a_terminal() -> None:
    terminal = Console(file=StringIO(), width=100, force_terminal=True, color_system=None)
    with show_progress(terminal) as progress:
        progress.step(3, 10, "0 for [seed]\x1b[2J")
    drawn = text_of(terminal)
    assert " 3/10" in drawn
    assert r"0 for [seed]\x1b[2J" in drawn
