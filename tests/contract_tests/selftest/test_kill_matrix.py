"""The matrix as it is printed: a line for each gateway, what is wrong below it, and the sums."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import orjson
from rich.console import Console

from contract_tests.selftest.kill_matrix import MatrixRow, print_row, print_sums, print_unbroken, write_rows

FOUND = MatrixRow("lamp", "defect", "wick-dropped", "documented", ("wick/mapped",), ("wick",), 3, 40, 1.5, ())
SURVIVED = replace(FOUND, name="oil-cut", broken=(), blamed=(), after=None, problems=("survived: oil is not blamed",))
RIGHT = replace(FOUND, kind="benign", name="sends-nulls", level="", broken=(), blamed=(), after=None)


def console() -> tuple[Console, StringIO]:
    shown = StringIO()
    return Console(file=shown, width=40, highlight=False), shown


def lines(row: MatrixRow) -> list[str]:
    printed, shown = console()
    print_row(row, printed, 12)
    return shown.getvalue().splitlines()


def test_a_defect_that_is_found_is_one_line() -> None:
    assert lines(FOUND) == ["ok    lamp   wick-dropped   documented      3 of 40   1 rule: wick/mapped   blamed: wick"]


def test_of_many_rules_the_first_are_shown() -> None:
    (line,) = lines(replace(FOUND, broken=("a/1", "b/2", "c/3", "d/4")))
    assert "4 rules: a/1, b/2, c/3, ...   blamed" in line


def test_what_is_wrong_stands_below() -> None:
    assert lines(SURVIVED) == [
        "FAIL  lamp   oil-cut        documented      - of 40",
        "      survived: oil is not blamed",
    ]


def test_a_right_gateway_has_no_level() -> None:
    assert lines(RIGHT) == ["ok    lamp   sends-nulls    right           - of 40"]


def test_rules_that_nobody_broke_are_told() -> None:
    printed, shown = console()
    print_unbroken(["lamp/wick/type"], printed)
    assert shown.getvalue() == "FAIL  lamp/wick/type is broken by no defect\n"


def test_the_sums_count_what_held_and_tell_once_more_what_did_not() -> None:
    printed, shown = console()
    defects = "1 of 2 defects detected (1 of them documented)"
    right = "1 of 1 right gateway blamed for nothing that a page says"
    print_sums([FOUND, SURVIVED, RIGHT], 61.4, printed)
    assert shown.getvalue().splitlines() == [
        "",
        "FAIL  lamp oil-cut: survived: oil is not blamed",
        f"lamp: {defects}; {right}",
        "time  61 s for 3 runs; 1.5 s of the CPU for each",
    ]


def test_the_rows_are_written_with_their_fields_as_keys(tmp_path: Path) -> None:
    path = tmp_path / "build" / "matrix.json"
    write_rows([FOUND, SURVIVED], path)
    found, survived = orjson.loads(path.read_bytes())
    assert found == {
        "contract": "lamp",
        "kind": "defect",
        "name": "wick-dropped",
        "level": "documented",
        "broken": ["wick/mapped"],
        "blamed": ["wick"],
        "after": 3,
        "requests": 40,
        "seconds": 1.5,
        "problems": [],
    }
    assert (survived["after"], survived["problems"]) == (None, ["survived: oil is not blamed"])
