"""What `plan` says of a run, and whether a run needs as much."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from click.testing import CliRunner

from contract_tests.client.access import Access
from contract_tests.command.cli import main
from contract_tests.forecast import (
    Forecast,
    awaited_images,
    duration,
    faults_of,
    forecast,
    look_for_seconds,
    phases_of,
)
from contract_tests.report.progress import Phase
from contract_tests.results import Conformance, Run, Verdict
from contract_tests.run import PreparedRun, plan_for, prepare, run
from contract_tests.settings import Settings
from contract_tests.target import BUNDLED_TOKEN, observe, open_target
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Observation
from tests.contract_tests.gateways import silent


def test_the_images_of_the_phases_are_those_of_the_models() -> None:
    planned = forecast(prepare(Settings(contract="powertokens")), 3.0)
    assert [phase.phase for phase in planned.phases] == [
        Phase.LOOK,
        Phase.ROWS,
        Phase.REFUSALS,
        Phase.FAILURES,
        Phase.AUTHORIZATION,
    ]
    assert set(planned.by_model) == {"qwen-image-2.0-pro", "wan2.7-image-pro"}
    assert sum(planned.by_model.values()) == planned.images == sum(phase.images for phase in planned.phases)
    assert any("gives no response" in told for told in planned.not_included)


def test_north_only_keeps_to_the_budget_and_injects_nothing() -> None:
    settings = Settings(contract="powertokens", gateway="http://127.0.0.1:9", token="sk-1", budget=20)
    planned = forecast(prepare(settings), 1.0)
    assert planned.observed is Observation.NORTH_ONLY
    assert planned.images <= 20
    assert planned.left_out > 0
    assert not any(phase.requests for phase in planned.phases if phase.phase is Phase.FAILURES)


def test_what_a_budget_has_no_room_for_is_not_planned() -> None:
    """One image is the look's. Where there are two, those without a valid token have the other one in turn."""
    settings = Settings(contract="powertokens", gateway="http://127.0.0.1:9", token="sk-1")
    planned = [forecast(prepare(replace(settings, budget=budget)), 1.0) for budget in (1, 2)]
    assert [(one.requests, one.images) for one in planned] == [(1, 1), (5, 1)]


def test_requests_at_once_take_as_long_as_the_largest_at_least() -> None:
    assert duration([1, 1, 1, 1], jobs=2) == 2
    assert duration([6, 1], jobs=8) == 6
    assert duration([], jobs=8) == 0


def test_failures_are_played_several_at_once() -> None:
    ready = prepare(Settings(contract="powertokens"))
    failures = {jobs: phases_of(ready.contract, plan_for(ready), jobs) for jobs in (1, 8)}
    groups = {jobs: dict(phases)[Phase.FAILURES] for jobs, phases in failures.items()}
    assert {case.name for group in groups[1] for case in group} == {case.name for group in groups[8] for case in group}
    _beside_all_else, *waves = groups[8]
    assert max(map(len, waves)) == 8
    assert len(groups[8]) < len(groups[1]) / 2


def test_nobody_waits_for_images_that_the_upstream_does_not_make_or_that_come_beside_others() -> None:
    ready = prepare(Settings(contract="powertokens"))
    faults = faults_of(ready.contract)
    by_failure = {case.failure: case for case in plan_for(ready).failures}
    for jobs, slow in ((1, 1), (8, 0)):
        awaited = {name: awaited_images(ready.contract, faults, case, jobs) for name, case in by_failure.items()}
        assert [awaited[name] for name in ("slow-response", "server-error", "compressed")] == [slow, 0, 1]


@pytest.mark.parametrize("contract", ["powertokens", "powerbuyin"])
def test_a_gateway_that_takes_three_seconds_an_image_is_tested_within_three_minutes(contract: str) -> None:
    assert forecast(prepare(Settings(contract, jobs=8)), 3.0).seconds < 180


def test_a_look_measures_the_seconds_of_one_image() -> None:
    assert 0 < look_for_seconds(prepare(Settings(contract="powertokens"))) < 5


def test_the_command_prints_a_table_and_json() -> None:
    asked = ["plan", "--contract", "powertokens", "--assume", "2s", "--price", "0.5"]
    text = CliRunner().invoke(main, asked)
    assert text.exit_code == 0
    (found,) = json.loads(CliRunner().invoke(main, [*asked, "--format", "json"]).output)
    assert found["money"] == found["images"] * 0.5
    assert found["requests"] == sum(phase["requests"] for phase in found["phases"])
    lines = text.output.splitlines()
    assert lines[0] == "powertokens, two-sided, 2 s an image"
    assert next(line for line in lines if "total" in line).split()[1:3] == [
        str(found["requests"]),
        str(found["images"]),
    ]
    assert f"{found['money']:,.2f}, at 0.5 an image" in text.output


def planned_requests(*options: str) -> int:
    found = CliRunner().invoke(main, ["plan", "--contract", "powertokens", "--format", "json", *options])
    assert found.exit_code == 0, found.output
    return int(json.loads(found.output)[0]["requests"])


def test_a_selection_needs_fewer_requests_and_must_match_a_rule() -> None:
    assert planned_requests("-k", "seed") < planned_requests()
    refused = CliRunner().invoke(main, ["plan", "--contract", "powertokens", "-k", "nonexistent"])
    assert refused.exit_code == 2
    assert "-k matches no rule" in refused.output


def test_no_token_is_needed_where_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEWAY_TOKEN", raising=False)
    assert planned_requests("--gateway", "http://127.0.0.1:9") > 0
    refused = CliRunner().invoke(
        main, ["plan", "--contract", "powertokens", "--gateway", "http://127.0.0.1:9", "--look"]
    )
    assert "No token" in refused.output


@pytest.mark.slow
@pytest.mark.parametrize("name", ["powertokens", "powerbuyin"])
def test_requests_and_images_are_those_of_a_real_run_within_a_tenth(name: str) -> None:
    """Of one that sees the gateway's answers alone; `test_cli.py` compares one that sees the upstream, too."""
    with open_right_gateway(prepare(Settings(name))) as url:
        north_only = prepare(Settings(name, gateway=url, token=BUNDLED_TOKEN))
        found = run(north_only, silent)
        assert found.conformance is Conformance.CONFORMS
        is_near(forecast(north_only, 0.0), found)
        for budget in (2, 5):
            poor = replace(north_only, settings=replace(north_only.settings, budget=budget))
            is_near(forecast(poor, 0.0), run(poor, silent))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["powertokens", "powerbuyin"])
def test_the_least_budget_for_documented_rules_judges_them_all(name: str) -> None:
    ready = prepare(Settings(name))
    with open_right_gateway(ready) as url:
        whole = prepare(Settings(name, gateway=url, token=BUNDLED_TOKEN, access=Access(image_hosts=("127.0.0.1",))))
        needed = forecast(whole, 0.0).images_needed
        assert needed is not None
        assert needed.documented <= 16
        found = run(replace(whole, settings=replace(whole.settings, budget=needed.documented_budget)), silent)
    assert (found.conformance, found.exit_status) == (Conformance.CONFORMS, 0), found.not_tested
    judged = [one for one in found.verdicts if one.verdict is Verdict.PASS and one.rule.level is Level.DOCUMENTED]
    assert len(judged) == needed.documented_rules
    assert found.images_needed == needed
    assert needed.documented <= found.cost.images_billed <= needed.documented_budget


def test_a_plan_says_what_a_larger_budget_would_add() -> None:
    asked = ["plan", "--contract", "powertokens", "--gateway", "http://127.0.0.1:9", "--budget", "12"]
    text = CliRunner().invoke(main, asked).output
    assert "would judge all 47 documented rules that responses show; 15 more, with --budget 34, would judge" in text
    (found,) = json.loads(CliRunner().invoke(main, [*asked, "--format", "json"]).output)
    assert found["images_needed"]["budget"] == 34


@contextmanager
def open_right_gateway(ready: PreparedRun) -> Iterator[str]:
    with (
        observe(ready.contract, ready.settings) as observer,
        open_target(ready.contract, ready.settings, observer) as found,
    ):
        yield found.url


def is_near(planned: Forecast, found: Run) -> None:
    assert planned.requests == pytest.approx(found.cost.requests, rel=0.1)
    assert planned.images == pytest.approx(found.cost.images_billed, rel=0.1)


def test_a_time_that_is_none_is_refused() -> None:
    refused = CliRunner().invoke(main, ["plan", "--assume", "soon"])
    assert refused.exit_code == 2
    assert "soon" in refused.output
