"""Mutants change one line of a function, are sampled the same every time, and are found again in changed code."""

import ast
from dataclasses import replace

import pytest

from tests.mutations import Edit, MutationKind, edits, found_again, sampled

SOURCE = '''"""Two lamps."""

LIMIT = 6


def lit(lamp: str, oil: int = 1) -> str | None:
    """Whether a lamp is lit."""
    if lamp == "desk" and not oil < 2:
        return f"{lamp} or not"
    if oil:
        return lamp.upper()
    return "未" if lamp in LAMPS else None


def together(lamps: list[str]) -> list[str]:
    return [lamp for lamp in lamps if lamp]
'''
KNOWN = list(edits("lamps.py", SOURCE))


def mutated(kind: MutationKind, function: str = "lit") -> set[str]:
    return {edit.mutant.mutated for edit in KNOWN if edit.mutant.kind is kind and edit.mutant.function == function}


def test_each_kind_of_mutation_changes_its_part_of_a_line() -> None:
    assert mutated(MutationKind.COMPARISON) == {
        "if (lamp != 'desk') and not oil < 2:",
        'if lamp == "desk" and not (oil <= 2):',
        'return "未" if (lamp not in LAMPS) else None',
    }
    assert mutated(MutationKind.BOOLEAN) == {
        "if ((lamp == 'desk') or (not oil < 2)):",
        'if lamp == "desk" and bool(oil < 2):',
    }
    assert mutated(MutationKind.CONSTANT) == {
        "if lamp == 'not-desk' and not oil < 2:",
        'if lamp == "desk" and not oil < 3:',
        "return 'not-未' if lamp in LAMPS else None",
    }
    assert mutated(MutationKind.RETURN) == {"return None"}
    assert mutated(MutationKind.CONDITION, "together") == {"return [lamp for lamp in lamps if True]"}


def test_a_condition_is_removed_whole_or_in_part() -> None:
    assert mutated(MutationKind.CONDITION) == {
        "if True and not oil < 2:",
        'if lamp == "desk" and True:',
        "if True:",
        'return "未" if True else None',
    }


@pytest.mark.parametrize("edit", KNOWN, ids=lambda edit: edit.mutant.mutated)
def test_a_mutant_is_python_and_differs_in_one_line(edit: Edit) -> None:
    applied = edit.applied(SOURCE)
    ast.parse(applied)
    pairs = zip(SOURCE.splitlines(), applied.splitlines(), strict=True)
    assert [new.strip() for old, new in pairs if old != new] == [edit.mutant.mutated]


def test_a_sample_is_the_same_every_time_and_of_all_kinds() -> None:
    first = sampled("lamps.py", SOURCE, 5)
    assert first == sampled("lamps.py", SOURCE, 5)
    assert {mutant.kind for mutant in first} == set(MutationKind)


def test_no_more_mutants_are_sampled_than_there_are() -> None:
    assert len(sampled("lamps.py", SOURCE, 1000)) == len(KNOWN)


def test_a_mutant_is_found_again_in_another_module_and_under_other_names() -> None:
    moved = SOURCE.replace("lamp", "light").replace("def lit", "def is_lit")
    known = list(edits("rooms/lights.py", moved))
    for edit in KNOWN:
        found = found_again(edit.mutant, known)
        assert found is not None
        assert found.mutant.module == "rooms/lights.py"
        assert found.mutant.mutated.replace("light", "lamp") == edit.mutant.mutated


def test_of_equal_lines_the_one_in_the_same_function_is_meant() -> None:
    twice = SOURCE + SOURCE[SOURCE.index("def together") :].replace("together", "apart")
    known = list(edits("lamps.py", twice))
    mutant = next(edit.mutant for edit in known if edit.mutant.function == "apart")
    found = found_again(mutant, known)
    assert found is not None
    assert found.mutant.function == "apart"


def test_a_mutant_of_a_line_that_is_gone_is_not_found() -> None:
    mutant = replace(KNOWN[0].mutant, line="wicks = trimmed(oil, 4)", mutated="wicks = trimmed(oil, 5)")
    assert found_again(mutant, KNOWN) is None
