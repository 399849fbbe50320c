"""Two reports are compared rule by rule, and no want of judgement looks like progress."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from contract_tests.command.cli import main
from contract_tests.report.json_report import write_report
from contract_tests.report.report_changes import NotComparableError, compare_reports
from contract_tests.results import RuleVerdict, Run, Selection, Verdict
from contract_tests.waivers import Waiver
from gateway_contract.document.node import Place
from gateway_contract.traffic.exchange import Observation
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

RULE, OTHER = DOCUMENTED[:2]
WARNING = EXPECTED[0]
FAILS, PASSES = failed(RULE, "0", "dropped"), passed(RULE)
UNSEEN = undecided(RULE, Verdict.NOT_RUN, "unseen")
WAIVED = replace(
    FAILS, verdict=Verdict.WAIVED, waiver=Waiver(Place(Path("w.yaml"), 1), RULE.id, "known", date(2026, 1, 9))
)


def compared(folder: Path, old: Run, new: Run) -> tuple[int, list[str]]:
    for name, run in (("old", old), ("new", new)):
        write_report(run, folder / name, ())
    printed = console(200)
    status = compare_reports(folder / "old", folder / "new", printed)
    return status, [" ".join(line.split()) for line in text_of(printed).splitlines()]


@pytest.mark.parametrize(
    ("before", "now", "status", "told"),
    [
        (PASSES, FAILS, 1, "NEW {} pass -> fail"),
        (WAIVED, FAILS, 1, "NEW {} waived -> fail"),
        (UNSEEN, FAILS, 1, "NEW {} not-run -> fail"),
        (FAILS, FAILS, 0, "STILL FAILING {} fail -> fail"),
        (FAILS, PASSES, 0, "FIXED {} fail -> pass"),
        (WAIVED, PASSES, 0, "FIXED {} waived -> pass"),
        (FAILS, WAIVED, 0, "CHANGED {id} fail -> waived"),
        (FAILS, UNSEEN, 3, "NO LONGER JUDGED 1 rule: {id}"),
        (PASSES, UNSEEN, 3, "NO LONGER JUDGED 1 rule: {id}"),
    ],
)
def test_each_change_of_a_rule_has_its_word(
    before: RuleVerdict, now: RuleVerdict, status: int, told: str, tmp_path: Path
) -> None:
    found, lines = compared(tmp_path, run_of(before, passed(OTHER)), run_of(now, passed(OTHER)))
    named = f"{RULE.id} {RULE.clause or ''}".strip()
    assert (found, lines[1:]) == (status, [told.format(named, id=RULE.id)])


@pytest.mark.parametrize(("before", "now"), [(PASSES, PASSES), (UNSEEN, UNSEEN), (UNSEEN, PASSES)])
def test_what_did_not_get_worse_is_not_told(before: RuleVerdict, now: RuleVerdict, tmp_path: Path) -> None:
    assert compared(tmp_path, run_of(before), run_of(now)) == (0, ["powerbuyin: conforms -> conforms"])


def test_an_expected_rule_counts_in_a_strict_run_only(tmp_path: Path) -> None:
    status, lines = compared(tmp_path, run_of(passed(WARNING)), run_of(failed(WARNING, "a", "b")))
    assert status == 0
    assert lines[1].startswith(f"NEW {WARNING.id}")
    assert lines[1].endswith("(warns only)")


def test_rules_lost_to_another_view_are_counted_and_the_view_is_named(tmp_path: Path) -> None:
    rules = DOCUMENTED[:5]
    new = replace(
        run_of(*(undecided(rule, Verdict.NOT_RUN, "unseen") for rule in rules)), observed=Observation.NORTH_ONLY
    )
    status, lines = compared(tmp_path, run_of(*map(passed, rules)), new)
    assert status == 3
    assert lines[1].startswith("NO LONGER JUDGED 5 rules two-sided -> north-only: ")
    assert lines[1].endswith("and 2 more")


def test_a_report_of_selected_rules_says_so_beside_its_verdict(tmp_path: Path) -> None:
    selected = replace(run_of(passed(OTHER), UNSEEN), selection=Selection("seed and type", 1, 2))
    status, lines = compared(tmp_path, run_of(passed(OTHER), FAILS), selected)
    part = '(1 of 2 rules, selected by -k "seed and type")'
    assert (status, lines[0]) == (3, f"powerbuyin: violates -> conforms {part}")
    assert compared(tmp_path, selected, run_of(PASSES))[1][0] == f"powerbuyin: conforms {part} -> conforms"


def test_another_contract_and_rules_that_one_report_lacks_are_told(tmp_path: Path) -> None:
    new = replace(run_of(PASSES, passed(OTHER)), contract_digest=f"sha256:{'0' * 64}")
    status, lines = compared(tmp_path, run_of(PASSES), new)
    assert (status, lines[1:]) == (0, ["CHANGED the contract's documents", f"CHANGED {OTHER.id} absent -> pass"])


def problem(old: Path, new: Path) -> str:
    with pytest.raises(NotComparableError) as error:
        compare_reports(old, new, console())
    return str(error.value)


def test_a_gateway_that_is_in_the_old_report_only_is_no_longer_judged(tmp_path: Path) -> None:
    for folder, name in (("old", ""), ("old", "canary"), ("new", "")):
        write_report(replace(run_of(PASSES), name=name), tmp_path / folder, ())
    printed = console(200)
    assert compare_reports(tmp_path / "old", tmp_path / "new", printed) == 3
    assert f"canary/powerbuyin: only in {tmp_path / 'old'}" in text_of(printed)
    assert compare_reports(tmp_path / "new", tmp_path / "old", printed) == 0


def test_what_cannot_be_compared_says_why(tmp_path: Path) -> None:
    good = write_report(run_of(PASSES), tmp_path / "good", ())
    untested = write_report(run_of(not_tested="connection refused"), tmp_path / "untested", ())
    named = write_report(replace(run_of(PASSES), name="staging"), tmp_path / "named", ())
    first = json.loads(good.read_bytes()) | {"schema_version": 1}
    texts: Sequence[tuple[str, str]] = [
        ("[]", "is not a report"),
        ("[" * 200_000, "is not a report"),
        (json.dumps(first), "is of version 1"),
    ]
    for number, (text, told) in enumerate(texts):
        path = tmp_path / f"{number}.json"
        path.write_text(text, "utf-8")
        assert told in problem(path, good)
    assert "no report.json in" in problem(tmp_path / "good" / "powerbuyin" / "exchanges", good)
    assert "connection refused" in problem(good, untested)
    assert "no gateway and contract in common" in problem(good, named)


def test_the_command_ends_with_the_status(tmp_path: Path) -> None:
    old, new = (write_report(run_of(verdict), tmp_path / name, ()) for name, verdict in (("a", PASSES), ("b", FAILS)))
    assert CliRunner().invoke(main, ["compare", str(old), str(new)]).exit_code == 1
    assert CliRunner().invoke(main, ["compare", str(new), str(old)]).exit_code == 0
    assert (
        CliRunner().invoke(main, ["compare", str(tmp_path / "a" / "powerbuyin" / "exchanges"), str(old)]).exit_code == 2
    )
