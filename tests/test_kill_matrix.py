"""`make selftest` finds every defect by the rules, and blames for it the subjects, that were recorded."""

from pathlib import Path

import orjson
import pytest

from contract_tests.selftest.trials import trials
from gateway_contract.contract.load_contract import BUNDLED
from tests.kill_matrix import (
    RECORDED,
    WRITTEN,
    Killed,
    differences,
    read_matrix,
    record,
)

ROW = {
    "contract": "lamp",
    "kind": "defect",
    "name": "wick-dropped",
    "level": "documented",
    "broken": ["wick/type", "wick/mapped"],
    "blamed": ["wick"],
    "after": 3,
}


def write(path: Path, *rows: dict[str, object]) -> Path:
    path.write_bytes(orjson.dumps(rows))
    return path


def test_every_gateway_is_recorded() -> None:
    recorded = read_matrix(RECORDED)
    assert {name for _, name in recorded} == {trial.name for trial in trials(BUNDLED, None)}


@pytest.mark.slow
@pytest.mark.skipif(not WRITTEN.exists(), reason="make selftest writes the matrix that is compared")
def test_rules_and_blame_are_as_recorded() -> None:
    assert list(differences(read_matrix(RECORDED), read_matrix(WRITTEN))) == []


def test_the_order_of_rules_and_the_number_of_requests_make_no_difference(tmp_path: Path) -> None:
    first = write(tmp_path / "first.json", ROW)
    second = write(tmp_path / "second.json", {**ROW, "broken": ["wick/mapped", "wick/type"], "after": 4})
    assert list(differences(read_matrix(first), read_matrix(second))) == []


def test_a_gateway_with_other_blame_or_without_a_row_is_named(tmp_path: Path) -> None:
    first = write(tmp_path / "first.json", ROW, {**ROW, "name": "oil-cut"})
    second = write(tmp_path / "second.json", {**ROW, "blamed": []})
    found = list(differences(read_matrix(first), read_matrix(second)))
    assert [line.partition(":")[0] for line in found] == ["lamp oil-cut", "lamp wick-dropped"]


def test_what_is_recorded_can_be_read_again(tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.json"
    record(write(tmp_path / "written.json", ROW), recorded)
    assert b"after" not in recorded.read_bytes()
    assert read_matrix(recorded) == {
        ("lamp", "wick-dropped"): Killed("documented", ("wick/mapped", "wick/type"), ("wick",))
    }
