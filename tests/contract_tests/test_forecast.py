"""What `plan` says of a run; that a run needs so much is tested where one is run anyway."""

import json

from click.testing import CliRunner

from contract_tests.command.cli import main
from contract_tests.forecast import duration, forecast, look_for_seconds
from contract_tests.report.progress import Phase
from contract_tests.run import prepare
from contract_tests.settings import Settings
from gateway_contract.traffic.exchange import Observation


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


def test_requests_at_once_take_as_long_as_the_largest_at_least() -> None:
    assert duration([1, 1, 1, 1], jobs=2) == 2
    assert duration([6, 1], jobs=8) == 6
    assert duration([], jobs=8) == 0


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


def test_a_time_that_is_none_is_refused() -> None:
    refused = CliRunner().invoke(main, ["plan", "--assume", "soon"])
    assert refused.exit_code == 2
    assert "soon" in refused.output
