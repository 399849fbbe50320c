"""Known failures are accepted until a day, and no longer than they are needed."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator, FormatChecker

from contract_tests.command.cli import main
from contract_tests.report.json_report import SCHEMA as REPORT_SCHEMA
from contract_tests.report.json_report import report_of
from contract_tests.report.terminal import print_run
from contract_tests.results import RuleVerdict, Run, Verdict
from contract_tests.waived_failures import expired, waive, with_stale_waivers
from contract_tests.waivers import (
    OPTIONAL,
    REQUIRED,
    SCHEMA,
    NewWaivers,
    Waiver,
    add_waivers,
    check_rules,
    new_waivers,
    read_waivers,
)
from gateway_contract.document.node import DocumentError, Place
from tests.contract_tests.gateways import TOKEN, as_json, replying
from tests.contract_tests.report_examples import DOCUMENTED, console, failed, passed, run_of, text_of

TODAY = date(2026, 1, 2)  # of the made-up runs
LATER = TODAY + timedelta(days=30)
FAULTS = DOCUMENTED[:5]
SCHEMA_OF_WAIVERS = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")), format_checker=FormatChecker())


def waiver(rule: str, until: date = LATER, gateway: str = "", observed: str = "") -> Waiver:
    return Waiver(Place(Path("waivers.yaml"), 1), rule, "known", until, gateway, observed)


def waived_run(verdicts: Sequence[RuleVerdict], *waivers: Waiver, name: str = "") -> Run:
    found = replace(run_of(*waive(verdicts, waivers, name, TODAY)), waivers=waivers, name=name)
    return with_stale_waivers({"one": found})["one"]


def broken(count: int = 5) -> list[RuleVerdict]:
    """The first rules fail, the others pass."""
    return [*(failed(rule, "0", "dropped") for rule in FAULTS[:count]), *map(passed, DOCUMENTED[count:])]


def words(run: Run) -> str:
    printed = console()
    print_run(run, printed, None, ())
    return " ".join(text_of(printed).split())


def written(run: Run) -> dict[str, object]:
    report = report_of(run, {id(one.exchange): "exchanges/0001.json" for v in run.verdicts for one in v.failures}, ())
    Draft202012Validator(json.loads(REPORT_SCHEMA.read_text("utf-8"))).validate(report)
    return dict(report)


def test_three_runs_of_a_gateway_of_which_some_faults_are_fixed_and_one_comes_back() -> None:
    entries = [waiver(rule.id) for rule in FAULTS]
    first = waived_run(broken(), *entries)
    assert (first.exit_status, first.stale_waivers) == (0, ())
    assert sum(one.verdict is Verdict.WAIVED for one in first.verdicts) == 5

    second = waived_run(broken(3), *entries)
    assert second.exit_status == 3
    assert second.stale_waivers == tuple(entries[3:])

    third = waived_run(broken(4), *entries[:3])
    assert third.exit_status == 1
    assert [one.rule for one in third.verdicts if third.counts(one)] == [FAULTS[3]]


def test_reports_show_reason_and_day_of_what_is_waived() -> None:
    found = waived_run(broken(1), replace(waiver(FAULTS[0].id), ticket="GW-1"))
    told = words(found)
    assert "CONFORMS" in told
    assert "1 failing rule waived" in told
    assert f"{FAULTS[0].id}: known (GW-1), until {LATER}" in told
    rules = written(found)["rules"]
    assert isinstance(rules, list)
    assert rules[0]["verdict"] == "waived"
    assert rules[0]["waiver"] == {"reason": "known", "until": str(LATER), "at": "waivers.yaml:1", "ticket": "GW-1"}
    assert rules[0]["failures"]


def test_an_expired_waiver_counts_again_and_is_told() -> None:
    found = waived_run(broken(1), waiver(FAULTS[0].id, until=TODAY - timedelta(days=1)))
    assert found.exit_status == 1
    assert "EXPIRED waivers.yaml:1" in words(found)
    assert written(found)["expired_waivers"] == [f"waivers.yaml:1  {FAULTS[0].id}"]
    assert not expired(waived_run(broken(1), waiver(FAULTS[0].id, until=TODAY)))


def test_a_stale_waiver_is_told_and_no_failure_hides_it() -> None:
    found = waived_run(broken(0), waiver(FAULTS[0].id), waiver(FAULTS[1].id, until=TODAY - timedelta(days=9)))
    assert found.exit_status == 3
    assert found.conformance.value == "conforms"
    assert f"STALE waivers.yaml:1 {FAULTS[0].id} no longer fails: remove it" in words(found)
    assert written(found)["stale_waivers"] == [f"waivers.yaml:1  {rule.id}" for rule in FAULTS[:2]]


@pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.NOT_RUN])
def test_a_waiver_of_what_was_not_judged_is_not_stale(verdict: Verdict) -> None:
    open_rule = replace(passed(FAULTS[0]), verdict=verdict, reason="unseen")
    assert waived_run([open_rule, *broken(0)[1:]], waiver(FAULTS[0].id)).exit_status == 0


def test_a_selection_or_a_run_that_was_no_test_says_nothing_of_stale_waivers() -> None:
    found = replace(run_of(*broken(0)), waivers=(waiver(FAULTS[0].id),))
    part = replace(found, selection=replace(found.selection, keyword="x", selected=1))
    for run in (part, replace(found, not_tested="no answer")):
        assert with_stale_waivers({"one": run})["one"].stale_waivers == ()


def test_a_waiver_that_one_gateway_needs_is_not_stale_for_another() -> None:
    entry = waiver(FAULTS[0].id)
    bad, good = (replace(run_of(*waive(broken(n), [entry], "", TODAY)), waivers=(entry,)) for n in (1, 0))
    assert all(not run.stale_waivers for run in with_stale_waivers({"bad": bad, "good": good}).values())


def test_a_waiver_of_one_gateway_or_of_other_failures_does_not_hide_a_failure() -> None:
    assert waived_run(broken(1), waiver("*", gateway="canary"), name="staging").exit_status == 1
    assert waived_run(broken(1), waiver("*", gateway="staging"), name="staging").exit_status == 0
    assert waived_run(broken(1), waiver("*", observed="HTTP 500")).exit_status == 1
    assert waived_run(broken(1), waiver("*", observed="drop*")).exit_status == 0


def test_of_a_rule_only_the_failures_that_are_not_waived_remain() -> None:
    both = failed(FAULTS[0], "0", "dropped")
    both = replace(both, failures=(*both.failures, *failed(FAULTS[0], "0", "7").failures))
    (found,) = waive([both], [waiver("*", observed="dropped")], "", TODAY)
    assert [one.finding.observed for one in found.failures] == ["7"]
    assert found.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{rule: a/b, reason: c}", "w.yaml:1: missing key 'until'"),
        (
            "{rule: a/b, reason: c, until: 2026-02-01, tickt: d}",
            "w.yaml:1: Unknown key 'tickt'; did you mean 'ticket'?",
        ),
        ("{rule: a/b, reason: ' ', until: 2026-02-01}", "w.yaml:1: reason must not be empty"),
        (
            "{rule: a/b, reason: c, until: 2026-02-30}",
            "w.yaml:1: until must be a day of the calendar; got '2026-02-30'",
        ),
        ("{rule: a/b, reason: c, until: soon}", "w.yaml:1: until must be a day like 2026-04-02; got 'soon'"),
        ("{rule: a/b, reason: c, until: 2027-02-01}", "at the latest 2027-01-03; got 2027-02-01"),
        ("a", "w.yaml:1: expected a mapping"),
    ],
)
def test_what_is_wrong_with_an_entry_is_told_with_its_line(entry: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_text(f"- {entry}\n", "utf-8")
    with pytest.raises(DocumentError) as error:
        read_waivers(path, TODAY)
    assert problem in str(error.value)


def test_a_file_without_entries_waives_nothing_and_one_without_a_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_text("# none yet\n", "utf-8")
    assert read_waivers(path, TODAY) == ()
    path.write_text("waivers: []\n", "utf-8")
    with pytest.raises(DocumentError, match="the file must hold a list"):
        read_waivers(path, TODAY)


def test_a_waiver_of_no_rule_is_an_error_unless_it_is_about_what_is_not_run() -> None:
    known = [("", rule.id) for rule in DOCUMENTED]
    check_rules([waiver("seed/*"), waiver("n/x", gateway="canary"), waiver("powertokens/n/x")], known, ["powertokens"])
    with pytest.raises(DocumentError, match=r"waivers.yaml:1: no rule matches 'sede/type'; did you mean 'seed/type'\?"):
        check_rules([waiver("sede/type")], known, [])
    with pytest.raises(DocumentError, match="no rule matches 'nope'; `check-gateway rules` lists them"):
        check_rules([waiver("nope")], [*known, ("", "powerbuyin/n/type")], [])


def test_new_waivers_are_added_once_and_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text("# ours\n- {rule: a/b, reason: c, until: 2026-02-01}", "utf-8")
    new = NewWaivers(path, 'known: "5 faults"', LATER)
    failing = [("a/b", ""), ("a/c", ""), ("a/c", ""), ("a/d", "staging"), ("a/tags[0]", "")]
    assert add_waivers(new, failing, TODAY) == 3
    assert add_waivers(new, [("a/c", "")], TODAY) == 0
    found = read_waivers(path, TODAY)
    assert path.read_text("utf-8").startswith("# ours\n- {rule: a/b")
    assert [(one.rule, one.gateway, one.reason) for one in found[1:]] == [
        ("a/c", "", new.reason),
        ("a/d", "staging", new.reason),
        ("a/tags[[]0]", "", new.reason),
    ]
    assert found[-1].is_about("a/tags[0]", "")
    SCHEMA_OF_WAIVERS.validate(json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8")), default=str)))


def test_the_schema_for_editors_has_the_keys_that_are_read() -> None:
    item = json.loads(SCHEMA.read_text("utf-8"))["items"]
    assert set(item["properties"]) == {*REQUIRED, *OPTIONAL}
    assert item["required"] == list(REQUIRED)


def test_an_expired_waiver_gets_a_new_entry(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text("- {rule: a/b, reason: c, until: 2025-12-31}\n", "utf-8")
    assert add_waivers(NewWaivers(path, "again", LATER), [("a/b", "")], TODAY) == 1
    assert [one.until for one in read_waivers(path, TODAY)] == [date(2025, 12, 31), LATER]


@pytest.mark.parametrize("reason", ["null", "true", ".inf", "2026-01-01", "# no", "a: b"])
def test_any_reason_is_read_as_it_was_written(reason: str, tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    assert add_waivers(NewWaivers(path, reason, LATER), [("a/b", "null")], TODAY) == 1
    (found,) = read_waivers(path, TODAY)
    assert (found.reason, found.gateway) == (reason, "null")


@pytest.mark.parametrize("before", ["[]\n", "a: b\n", "  - {rule: a/b, reason: c, until: 2026-02-01}\n", "- a\n"])
def test_a_file_to_which_nothing_can_be_added_is_refused_before_the_run_and_kept(before: str, tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text(before, "utf-8")
    with pytest.raises(DocumentError, match="no waiver can be added to this file"):
        new_waivers(path, "known", str(LATER), TODAY)
    assert path.read_text("utf-8") == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((None, "why", None), "need --write-waivers FILE"),
        ((Path("w.yaml"), None, "2026-02-01"), "needs --reason TEXT"),
        ((Path("w.yaml"), "why", None), "--until DATE"),
        ((Path("w.yaml"), "why", "soon"), "--until must be a day like"),
        ((Path("w.yaml"), "why", "2026-W05-1"), "--until must be a day like"),
        ((Path("no/such/w.yaml"), "why", "2026-02-01"), "--write-waivers no/such/w.yaml: No such file"),
    ],
)
def test_options_that_say_too_little_are_refused(
    options: tuple[Path | None, str | None, str | None], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        new_waivers(*options, TODAY)


def test_a_waiver_of_a_gateway_that_no_configuration_names_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("w.yaml").write_text(f"- {{rule: seed/type, gateway: stagng, reason: a, until: {date.today()}}}\n", "utf-8")  # noqa: DTZ011 # some day
    asked = ["run", "--gateway", "http://127.0.0.1:1", "--contract", "powertokens", "--waivers", "w.yaml"]
    result = CliRunner().invoke(main, asked, env={"GATEWAY_TOKEN": TOKEN})
    assert result.exit_code == 2
    assert "w.yaml:1: unknown gateway 'stagng'" in result.output


@pytest.mark.slow
def test_the_command_writes_waivers_and_then_accepts_the_failures(tmp_path: Path) -> None:
    path, until = tmp_path / "w.yaml", date.today() + timedelta(days=60)  # noqa: DTZ011 # some day

    def ran(url: str, *options: str) -> Result:
        asked = ("--gateway", url, "--contract", "powertokens", "--report", str(tmp_path / "report"), "-k", "created")
        return CliRunner().invoke(main, ["run", *asked, *options], env={"GATEWAY_TOKEN": TOKEN, "COLUMNS": "200"})

    with replying(lambda *_: as_json({"created": 0, "data": []})) as gateway:
        first = ran(gateway.url, "--write-waivers", str(path), "--reason", "known", "--until", str(until))
        assert first.exit_code == 1
        assert "WAIVERS  1 waiver added" in first.output
        second = ran(gateway.url, "--waivers", str(path))
        assert second.exit_code == 0, second.output
        assert f"known, until {until}" in second.output
        unknown = ran(gateway.url, "--waivers", str(tmp_path / "absent.yaml"))
        assert unknown.exit_code == 2
        assert "absent.yaml" in unknown.output


def test_all_that_is_wrong_with_a_file_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text("- {rule: 5, reason: '', until: 2026-02-30}\n- {rul: a/b, until: 2026-01-31}\n", "utf-8")
    with pytest.raises(DocumentError) as raised:
        read_waivers(file, TODAY)
    assert str(raised.value).splitlines() == [
        f"{file}:1: expected a string",
        f"{file}:1: reason must not be empty",
        f"{file}:1: until must be a day of the calendar; got '2026-02-30'",
        f"{file}:2: Unknown key 'rul'; did you mean 'rule'?",
        f"{file}:2: missing key 'rule'",
        f"{file}:2: missing key 'reason'",
    ]


def test_all_waivers_of_no_rule_are_told_at_once() -> None:
    known = [("", rule.id) for rule in DOCUMENTED]
    with pytest.raises(DocumentError) as raised:
        check_rules([waiver("none/a"), waiver(DOCUMENTED[0].id), waiver("none/b")], known, ())
    assert [one.problem for one in (raised.value, *raised.value.others)] == [
        "no rule matches 'none/a'",
        "no rule matches 'none/b'",
    ]
