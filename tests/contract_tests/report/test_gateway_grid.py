"""Several gateways in the terminal: a row for each rule on which they differ, and none where one gateway is judged."""

from dataclasses import replace

from contract_tests.report import gateway_grid
from contract_tests.report.gateway_grid import print_grid
from contract_tests.results import RuleVerdict, Run, Verdict
from tests.contract_tests.report_examples import (
    DOCUMENTED,
    EXPECTED,
    console,
    failed,
    passed,
    run_of,
    text_of,
    undecided,
)

ONE, TWO, THREE, FOUR = DOCUMENTED[:4]
WARNING = EXPECTED[0]


def named(name: str, *verdicts: RuleVerdict) -> Run:
    return replace(run_of(*verdicts), name=name)


def grid_of(*runs: Run) -> list[list[str]]:
    printed = console()
    print_grid(runs, printed)
    return [line.split() for line in text_of(printed).splitlines() if line.strip()]


def test_rules_on_which_gateways_differ_or_that_one_breaks_have_a_row() -> None:
    unrun = undecided(FOUR, Verdict.NOT_RUN, "no time")
    staging = named("staging", failed(ONE, "a", "b"), passed(TWO), failed(WARNING, "a", "b"), unrun)
    canary = named("canary", failed(ONE, "a", "b"), passed(TWO), passed(WARNING), unrun, passed(THREE))
    assert grid_of(staging, canary) == [
        ["powerbuyin", "staging", "canary"],
        ["VIOLATES", "VIOLATES"],
        [ONE.id.partition("/")[2], "fail", "fail"],
        [WARNING.id.partition("/")[2], "warns", "pass"],
        [THREE.id.partition("/")[2], "not", "selected", "pass"],
    ]


def test_one_that_was_no_test_has_a_column_and_differs_from_none() -> None:
    unrun = replace(named("closed", undecided(ONE, Verdict.NOT_RUN, "-")), not_tested="connection refused")
    judged = [named(name, passed(ONE)) for name in ("staging", "canary")]
    assert grid_of(*judged, unrun) == [
        ["powerbuyin", "staging", "canary", "closed"],
        ["CONFORMS", "CONFORMS", "NOT", "TESTED"],
    ]
    assert grid_of(judged[0], unrun) == []


def test_what_is_beyond_a_screen_is_counted() -> None:
    broken = [failed(rule, "a", "b") for rule in DOCUMENTED[: gateway_grid.MOST_ROWS + 3]]
    *_, last = grid_of(named("staging", *broken), named("canary", *map(passed, DOCUMENTED)))
    assert " ".join(last).startswith("and ")
