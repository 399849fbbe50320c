"""The proof of the suite tells what was found, what survived, and which rules nobody ever broke."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from contract_tests.command.cli import main
from contract_tests.results import Run
from contract_tests.selftest.trials import (
    Trial,
    TrialKind,
    missed_problems,
    never_broken,
    prepared_about,
    prepared_for,
    row_of,
    trials,
    wrongly_blamed,
)
from gateway_contract.contract.load_contract import BUNDLED
from gateway_contract.schema.constraint import Level
from mock_server.defects.catalogue import defects_named
from mock_server.defects.defect import Defect
from tests.contract_tests.gateways_under_test import right_run, run_against

pytestmark = pytest.mark.slow

NOT_NORMALISED = "size-not-normalized"


def defect_of(name: str, contract: str = "powerbuyin") -> Defect:
    return defects_named(name, [prepared_for(contract).contract])[contract]


@cache
def not_normalised() -> Run:
    return run_against("powerbuyin", defect_of(NOT_NORMALISED).app)


def test_a_defect_that_is_found_has_a_row_that_says_by_what_and_how_soon() -> None:
    row = row_of(Trial("powerbuyin", TrialKind.DEFECT, NOT_NORMALISED))
    assert (row.level, row.blamed, row.problems) == ("documented", ("size",), ())
    assert "size/format" in row.broken
    assert row.after is not None
    assert 1 < row.after < row.requests
    assert row.seconds > 0


def test_a_gateway_that_is_right_in_its_own_way_has_a_row_without_blame() -> None:
    row = row_of(Trial("powertokens", TrialKind.BENIGN, "extra-response-fields"))
    assert (row.level, row.broken, row.after, row.problems) == ("", (), None, ())


def test_a_defect_that_nothing_finds_is_told() -> None:
    defect = defect_of(NOT_NORMALISED)
    survivor = replace(defect, operator=replace(defect.operator, change=lambda gateway, _site: gateway))
    found = run_against("powerbuyin", survivor.app)
    assert list(missed_problems("powerbuyin", survivor, found)) == ["survived: size is not blamed"]


def test_a_defect_for_which_others_are_blamed_is_told() -> None:
    other = defect_of("seed-dropped")
    found = not_normalised()
    assert list(missed_problems("powerbuyin", other, found)) == ["survived: seed is not blamed"]


def test_blame_for_what_is_only_expected_does_not_do_where_a_page_says_it() -> None:
    found = not_normalised()
    lowered = [replace(one, rule=replace(one.rule, level=Level.EXPECTED)) for one in found.verdicts]
    defect = defect_of(NOT_NORMALISED)
    only_expected = replace(found, verdicts=tuple(lowered))
    assert list(missed_problems("powerbuyin", defect, only_expected)) == ["size is blamed for no documented rule"]


def test_a_right_gateway_that_is_blamed_is_told() -> None:
    assert list(wrongly_blamed(right_run("powerbuyin"))) == []
    found = not_normalised()
    assert "wrongly blamed: size/format" in list(wrongly_blamed(found))


def test_rules_that_no_defect_breaks_are_told() -> None:
    row = row_of(Trial("powerbuyin", TrialKind.DEFECT, "seed-dropped-when-falsy"))
    unbroken = set(never_broken(["powerbuyin"], [row]))
    assert {rule.id for rule in prepared_for("powerbuyin").rules} - unbroken == {"powerbuyin/seed/preserves-0"}


def test_dormant_rules_need_no_defect() -> None:
    untestable = {rule.id for rule in prepared_for("powertokens").rules if rule.untestable is not None}
    assert untestable
    assert not untestable & set(never_broken(["powertokens"], []))


def test_failures_are_played_only_for_the_defects_that_are_about_them() -> None:
    assert prepared_about("powerbuyin", defect_of("upstream-failure-retry-after-dropped")) is prepared_for("powerbuyin")
    assert len(prepared_about("powerbuyin", defect_of("seed-dropped")).selected) < len(prepared_for("powerbuyin").rules)


def test_everything_that_is_known_is_tried() -> None:
    planned = trials(BUNDLED, None)
    assert len(planned) == len(set(planned)) > 350
    assert [trial for trial in planned if trial.kind is TrialKind.RIGHT] == [
        Trial(name, TrialKind.RIGHT, "the bundled gateway") for name in BUNDLED
    ]


def test_the_command_proves_one_defect_in_processes_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    options = ["--jobs", "1", "--defect", NOT_NORMALISED, "--json", str(file)]
    found = CliRunner().invoke(main, ["selftest", *options])
    assert found.exit_code == 0
    assert [row["blamed"] for row in orjson.loads(file.read_bytes())] == [["size"]]
    assert "powerbuyin: 1 of 1 defect detected (1 of them documented)" in found.output


def test_the_command_knows_no_other_defects() -> None:
    found = CliRunner().invoke(main, ["selftest", "--defect", "size-not-normalised"])
    assert found.exit_code == 2
    assert f"similar: {NOT_NORMALISED}" in found.output


@pytest.mark.parametrize("options", [["--jobs", "0"], ["--contract", "nowhere"]], ids=str)
def test_options_that_make_no_sense_are_told(options: list[str]) -> None:
    assert CliRunner().invoke(main, ["selftest", *options]).exit_code == 2
