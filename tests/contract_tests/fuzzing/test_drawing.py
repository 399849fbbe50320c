"""A run draws in a process of its own, which is no trouble to it, to its user, or to whoever ends it."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from typing import NoReturn

import pytest

from contract_tests.fuzzing.drawing import Drawing, DrawingError, drawing_for
from contract_tests.fuzzing.fuzz import FuzzSettings, RandomRequests, fuzz
from contract_tests.fuzzing.messages import Ask, Command, Contents, Draw, Drawn, Find, MakeSmaller, Message, Searched
from contract_tests.fuzzing.search import drawn
from contract_tests.fuzzing.sources import PROPERTIES
from contract_tests.settings import Settings
from gateway_contract.contract.load_contract import load_contract
from gateway_contract.document.bundled import FOLDER
from tests.contract_tests.three_contracts import POWERTOKENS


async def parts_of(drawing: Drawing) -> list[Contents]:
    return [part async for part in drawing.drawn()]


@pytest.mark.slow
def test_the_process_draws_what_this_one_would_wherever_the_contract_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders that have the names of packages it needs are not in its way."""
    copytree(FOLDER, tmp_path / "api")
    for name in ("contract_tests", "gateway_contract", "hypothesis", "multiprocessing", "random"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('the wrong one')")
    monkeypatch.chdir(tmp_path)
    contract, overlay = Path("api/powertokens.yaml"), Path("api/overlays/powertokens-plus.yaml")
    settings = Settings(str(contract), overlays=(overlay,), seed=7, fuzz=3)
    with drawing_for(settings) as drawing:
        assert drawing is not None
        found = [drawing.hear(), drawing.hear()]
    here = load_contract(contract, [overlay])
    assert found == [Contents(source.name, drawn(here, source, 7, 3)) for source in PROPERTIES[:2]]


def test_a_run_without_random_requests_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere")
    with drawing_for(Settings("powertokens")) as drawing:
        assert drawing is None


def test_a_run_imports_nothing_that_draws() -> None:
    code = "import contract_tests.run, sys; print([*{'hypothesis', 'schemathesis'} & sys.modules.keys()])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)  # noqa: S603 # our own words
    assert told.stdout == b"[]\n"


@pytest.mark.slow
def test_what_goes_wrong_in_the_process_is_told_by_whoever_waits_for_it(tmp_path: Path) -> None:
    with drawing_for(Settings(str(tmp_path / "gone.yaml"), fuzz=1)) as drawing:
        assert drawing is not None
        with pytest.raises(DrawingError, match=r"DocumentError: .*gone\.yaml.* \(.*\.py:\d+"):
            asyncio.run(parts_of(drawing))


def test_a_process_that_ends_by_itself_is_told_of_with_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with drawing_for(Settings("powertokens", fuzz=1)) as drawing:
        assert drawing is not None
        with pytest.raises(DrawingError, match="status 1"):
            asyncio.run(parts_of(drawing))


PARENT = """
import signal, sys
from contract_tests.fuzzing.drawing import drawing_for
from contract_tests.fuzzing.messages import Draw
from contract_tests.settings import Settings
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where whoever runs the tests ignores it
try:
    with drawing_for(Settings("powertokens", fuzz=3)) as drawing:
        print(drawing.hear().source, flush=True)
        drawing.tell(Draw(seed=2, examples=10**9))
        sys.stdin.read()  # it ends with the tests
except KeyboardInterrupt:
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_the_process_ends_with_its_parent_and_says_nothing(ending: signal.Signals) -> None:
    with subprocess.Popen(  # noqa: S603 # our own words
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as parent:
        try:
            assert parent.stdout is not None
            assert parent.stdout.readline() == b"ordinary\n"
            os.killpg(parent.pid, ending)  # as a terminal does
            # The process that draws has the other end of its errors, too: they end when both have ended.
            assert parent.communicate(timeout=60) == (b"", b"")
        finally:
            parent.kill()


# Without a process.


def test_what_is_drawn_ahead_is_kept_while_contents_are_made_smaller() -> None:
    commands: list[Command] = []
    ahead, find, ask = Contents("odd", [b"{}"]), Find(b"[]"), Ask("odd", b"[]")
    messages: list[Message] = [ahead, Drawn(), ask, find, Searched()]
    drawing = Drawing(commands.append, iter(messages).__next__)
    task = MakeSmaller(Draw(1, 3), [], {}, frozenset(), most_asked=5, patience=60.0)

    async def found() -> list[Ask | Find]:
        return [message async for message in drawing.smaller(task)]

    assert asyncio.run(found()) == [ask, find]
    assert commands == [task]
    assert asyncio.run(parts_of(drawing)) == [ahead]


def test_a_run_that_is_over_waits_for_nothing() -> None:
    def wrong(*_: object) -> NoReturn:
        raise AssertionError

    requests = RandomRequests(POWERTOKENS, (), wrong, wrong, set())
    assert asyncio.run(fuzz(requests, Drawing(wrong, wrong), FuzzSettings(Draw(1, 3)), lambda: True)) == []
