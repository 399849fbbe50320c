"""Progress is drawn on a terminal, and told now and then in a log."""

import re
import time
from io import StringIO

import pytest
from rich.console import Console

from contract_tests.report.progress import Phase, ProgressStep, describe_step, show_progress
from tests.contract_tests.report_examples import console, text_of

STEP = ProgressStep(
    phase=Phase.ROWS,
    done=64,
    planned=199,
    requests=70,
    of_requests=410,
    name="0 for [seed]\x1b[2J",
    images=96,
    failing=0,
    seconds_left=80.0,
    at=1000.0,
)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_short_run_says_nothing_in_a_log() -> None:
    on = console()
    with show_progress(on) as progress:
        progress(STEP)
    assert text_of(on) == ""


@pytest.mark.parametrize("forced", [False, True], ids=["plain", "FORCE_COLOR"])
def test_a_log_has_a_line_now_and_then_also_while_a_request_takes_long(forced: bool) -> None:  # noqa: FBT001 # a case
    on = Console(file=StringIO(), width=40, force_terminal=forced, color_system=None)
    with show_progress(on, heartbeat=0.005) as progress:
        while text_of(on).count("waiting for the first response") < 2:
            time.sleep(0.005)
        progress(STEP)
        while "rows 64/199" not in text_of(on):
            time.sleep(0.005)
    lines = text_of(on).splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d rows 64/199, 96 images, 0 failing, 0 s left", lines[-1])


def test_what_is_left_is_told_as_it_is_now_and_what_nobody_knows_is_left_out() -> None:
    assert describe_step(STEP, 1010.0) == "rows 64/199, 96 images, 0 failing, 70 s left"
    endless = ProgressStep(
        phase=Phase.FUZZ,
        done=1200,
        planned=0,
        requests=2000,
        of_requests=2000,
        name="",
        images=1,
        failing=2,
        seconds_left=float("inf"),
    )
    assert describe_step(endless, 0.0) == "fuzz 1,200, 1 image, 2 failing"


def test_progress_is_drawn_on_a_terminal() -> None:
    terminal = Console(file=Terminal(), width=100, force_terminal=True, color_system=None)
    with show_progress(terminal) as progress:
        progress(STEP)
    drawn = text_of(terminal)
    assert " 70/410" in drawn
    assert r"0 for [seed]\x1b[2J" in drawn
