"""A session of several contracts ends with the worst of them, and with an error of ours told as ours."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contract_tests import plugin
from contract_tests.command import session
from contract_tests.command.session import pytest_arguments, worst_status
from contract_tests.command.signals import interruptible
from contract_tests.plugin import selected_verdicts
from contract_tests.report.json_report import SCHEMA
from contract_tests.results import Conformance, Run, Verdict
from contract_tests.run import failed_run, prepare
from contract_tests.settings import Settings, SettingsError
from tests.contract_tests.gateways import TOKEN, as_json, replying, run_against, settings_for
from tests.contract_tests.report_examples import DOCUMENTED, LOST_SEED, passed, run_of, undecided

pytestmark = pytest.mark.slow

JUDGED, MISSED = DOCUMENTED[:2]


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ([run_of()], 0),
        ([run_of(), run_of(not_tested="no answer")], 2),
        ([run_of(not_tested="no answer"), run_of(LOST_SEED)], 1),
        ([run_of(), run_of(LOST_SEED), run_of(not_tested="no answer")], 1),
    ],
)
def test_a_violation_goes_before_what_was_not_tested_and_that_before_green(found: list[Run], status: int) -> None:
    assert worst_status(found) == status


def test_what_was_not_asked_about_is_not_shown_and_does_not_count() -> None:
    run = run_of(LOST_SEED, passed(DOCUMENTED[0]))
    shown = selected_verdicts(run, {DOCUMENTED[0].id})
    assert run.conformance is Conformance.VIOLATES
    assert shown.conformance is Conformance.CONFORMS
    assert [one.rule.id for one in shown.verdicts] == [DOCUMENTED[0].id]


@pytest.mark.parametrize(
    ("shown", "pattern", "status"),
    [
        ([run_of(passed(JUDGED), undecided(MISSED, Verdict.NOT_RUN, "no time"))], None, 0),
        ([run_of(passed(JUDGED), undecided(MISSED, Verdict.NOT_RUN, "no time"))], "", 3),
        ([run_of(passed(JUDGED), passed(MISSED))], "", 0),
        ([run_of(LOST_SEED, undecided(MISSED, Verdict.NOT_RUN, "too late"))], "", 1),
        ([run_of(passed(JUDGED), errors=("rule raised",)), run_of(LOST_SEED)], None, 2),
    ],
)
def test_a_session_ends_with_the_first_status_that_applies(
    shown: list[Run],
    pattern: str | None,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ready = {str(index): prepare(Settings("powerbuyin")) for index in range(len(shown))}
    demanding = [replace(run, demand=pattern) for run in shown]
    with interruptible() as interruption:
        ended = session.Session(ready, tmp_path, None, interruption)
        monkeypatch.setattr(session.Session, "shown_runs", lambda _: zip(ready, demanding, strict=True))
        assert ended.end() == status
    listed = f"NOT JUDGED  1 required rule:\n  {MISSED.id}: no time\n"
    assert (listed in capsys.readouterr().out) == (status == 3)


def test_a_demand_that_no_rule_matches_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--require-judged must match a rule that can be tested; got 'sede/\*'"):
        session.test_gateways([Settings("powerbuyin", report=tmp_path, require_judged="sede/*")], None, None)


def test_an_error_of_our_own_is_told_once_as_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[int] = []

    def breaks(*_: object, **__: object) -> Run:
        tried.append(1)
        raise ZeroDivisionError("in the campaign")

    monkeypatch.setattr(plugin, "run", breaks)
    assert session.test_gateways([Settings("powertokens", report=tmp_path)], None, None) == 2
    assert "ZeroDivisionError: in the campaign (" in capsys.readouterr().out
    assert tried == [1]
    assert json.loads((tmp_path / "powertokens" / "report.json").read_text("utf-8"))["verdict"] == "not-tested"
    assert "ZeroDivisionError: in the campaign" in (tmp_path / "junit.xml").read_text("utf-8")


def test_an_error_of_our_own_names_the_place_where_it_arose() -> None:
    with pytest.raises(KeyError) as caught:
        _ = {"seed": 0}["n"]
    told = failed_run(prepare(Settings("powertokens")), caught.value)
    assert told.conformance is Conformance.NOT_TESTED
    assert told.our_errors[0].startswith("KeyError: 'n' (test_session.py:")


def test_a_request_that_http_cannot_carry_is_never_the_gateways_fault() -> None:
    with replying(lambda *_: as_json({})) as gateway:
        found = run_against(gateway.url, token=f"{TOKEN}\nX-Smuggled: 1")
    assert found.conformance is Conformance.NOT_TESTED
    assert found.not_tested.startswith("a request with this address or these headers cannot be sent over HTTP")
    assert TOKEN not in found.not_tested
    assert gateway.asked == []


def test_the_suite_runs_apart_from_whatever_stands_in_the_folder_of_the_call() -> None:
    asked = pytest_arguments("seed")
    assert asked[0].endswith("contract_tests/suite")
    assert asked[-2:] == ["-k", "seed"]
    assert {"/dev/null", "no:cacheprovider"} <= {*asked}
    assert "-k" not in pytest_arguments(None)


def test_where_the_upstream_listens_is_said_before_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with replying(lambda *_: as_json({}, 401)) as gateway:
        settings = settings_for(gateway.url, upstream="127.0.0.1:0", report=tmp_path)
        assert session.test_gateways([settings], "seed", None) == 2
    said = " ".join(capsys.readouterr().out.split())
    assert f"powertokens: testing {gateway.url}, two-sided (the upstream listens at 127.0.0.1:0)" in said


def test_a_selection_conforms_in_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert session.test_gateways([Settings("powerbuyin", report=tmp_path)], "seed and type", None) == 0
    report = json.loads((tmp_path / "powerbuyin" / "report.json").read_text("utf-8"))
    selected, of = len(report["rules"]), len(prepare(Settings("powerbuyin")).rules)
    assert report["selection"] == {"keyword": "seed and type", "selected": selected, "of": of}
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(report)
    told = f'CONFORMS in part  {selected} of {of} rules, selected by -k "seed and type": the gateway'
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("CONFORMS")]
    assert [line.startswith(told) for line in lines] == [True, True]
