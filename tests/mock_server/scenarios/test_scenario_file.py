"""A file of scenarios: what it may say, and what is said of it where it may not."""

from pathlib import Path

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import DocumentError
from mock_server.scenarios.definition import NamedScenario
from mock_server.scenarios.registry import effect_of
from mock_server.scenarios.scenario_file import scenario_file
from mock_server.scenarios.switches import FILE, Switch
from mock_server.scenarios.syntax import ScenarioError

ROOT = Path(__file__).parents[3]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return path


def test_scenarios_and_what_holds_from_the_start_are_read(tmp_path: Path) -> None:
    read = scenario_file(
        written(
            tmp_path,
            "scenarios:\n- {name: sour, does: latency(1s) + rate-limit, says: Not now.}\n- {name: dead, does: reset}\n"
            "holds:\n- {scenario: sour, gateway: powertokens, times: 3}\n- {scenario: dead}\n",
        )
    )
    assert read.named == {
        "sour": NamedScenario("sour", "latency(1s) + rate-limit", "Not now."),
        "dead": NamedScenario("dead", "reset", ""),
    }
    assert read.holds == (Switch("sour", "powertokens", FILE, 3), Switch("dead", None, FILE, None))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a", "1: the file must hold a mapping of keys to values"),
        ("scenarios: {}", "1: a list is wanted here; begin each item with a hyphen"),
        ("scenarios:\n- {name: a}", "2: 'does' is missing here"),
        ("scenarios:\n- {name: a, dose: reset}", "2: nobody knows 'dose' here; did you mean 'does'?"),
        ("scenarios:\n- {name: A b, does: reset}", "2: 'A b' is no name: write small letters, digits and hyphens"),
        (
            "scenarios:\n- {name: a, does: 'reset('}",
            "2: 'reset(' is no scenario: a name, with what it takes in brackets",
        ),
        ("scenarios:\n- {name: a, does: reset}\n- {name: a, does: reset}", "3: there are two scenarios called 'a'"),
        ("scenarios:\n- {name: 1, does: reset}", "2: a text is wanted here"),
        ("holds: [reset]", "1: a mapping of scenario, gateway, times is wanted here"),
        ("holds:\n- {scenario: a, times: 0}", "2: times is a whole number from 1"),
        ("holds:\n- {scenario: a, times: true}", "2: times is a whole number from 1"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(DocumentError) as told:
        scenario_file(path)
    assert str(told.value).startswith(f"{path}:{problem}")


@pytest.mark.parametrize(
    ("holds", "problem"),
    [
        ("{scenario: reset, gateway: powertoken}", "no gateway is called 'powertoken', but powertokens, dashscope"),
        ("{scenario: throttled, gateway: powertokens}", "no scenario is called 'throttled'"),
        ("{scenario: reset, gateway: dashscope}", "no scenario of the upstream is called 'reset'"),
    ],
)
def test_what_holds_fits_who_is_meant(powertokens: Contract, tmp_path: Path, holds: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem):
        scenario_file(written(tmp_path, f"holds:\n- {holds}\n"), [powertokens])


def test_the_upstream_can_behave_so_from_the_start(powertokens: Contract, tmp_path: Path) -> None:
    text = "holds:\n- {scenario: task-times(running=20s) + layout(one-choice), gateway: dashscope}\n"
    (switch,) = scenario_file(written(tmp_path, text), [powertokens]).holds
    assert switch.gateway == "dashscope"


def test_a_named_scenario_stands_wherever_one_can(powertokens: Contract) -> None:
    named = {"sour": NamedScenario("sour", "rate-limit", "")}
    effect_of("latency(1s) + sour", powertokens, named)
    with pytest.raises(ScenarioError, match="no scenario is called 'sour'"):
        effect_of("sour", powertokens)


def test_the_example_is_right(powertokens: Contract, powerbuyin: Contract) -> None:
    read = scenario_file(ROOT / "fixtures" / "scenarios" / "bad-day.yaml", [powertokens, powerbuyin])
    for contract in (powertokens, powerbuyin):
        for name in read.named:
            effect_of(name, contract, read.named)
