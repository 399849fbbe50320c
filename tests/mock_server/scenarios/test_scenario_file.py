"""A file of scenarios: what it may say, and what is said of it where it may not."""

from pathlib import Path

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import DocumentError
from mock_server.faults.scenario_kind import ScenarioError
from mock_server.scenarios.definition import NamedScenario
from mock_server.scenarios.registry import effect_of
from mock_server.scenarios.scenario_file import scenario_file
from mock_server.scenarios.switches import FILE, Switch

ROOT = Path(__file__).parents[3]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return path


def test_scenarios_and_what_holds_from_the_start_are_read(tmp_path: Path) -> None:
    read = scenario_file(
        written(
            tmp_path,
            "scenarios:\n- {name: sour, apply: latency(1s) + rate-limit, description: Not now.}\n"
            "- {name: dead, apply: reset}\n"
            "active:\n- {scenario: sour, gateway: powertokens, times: 3}\n- {scenario: dead}\n",
        )
    )
    assert read.named == {
        "sour": NamedScenario("sour", "latency(1s) + rate-limit", "Not now."),
        "dead": NamedScenario("dead", "reset", ""),
    }
    assert read.active == (Switch("sour", "powertokens", FILE, 3), Switch("dead", None, FILE, None))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a", "1: the file must hold a mapping of keys to values"),
        ("scenarios: {}", "1: expected a list; begin each item with a hyphen"),
        ("scenarios:\n- {name: a}", "2: missing key 'apply'"),
        ("scenarios:\n- {name: a, aply: reset}", "2: Unknown key 'aply'; did you mean 'apply'?"),
        ("scenarios:\n- {name: A b, apply: reset}", "2: name must be lowercase letters, digits and hyphens; got 'A b'"),
        (
            "scenarios:\n- {name: a, apply: 'reset('}",
            "2: a scenario must be like rate-limit or",
        ),
        ("scenarios:\n- {name: a, apply: reset}\n- {name: a, apply: reset}", "3: duplicate scenario 'a'"),
        ("scenarios:\n- {name: 1, apply: reset}", "2: expected a string"),
        ("active: [reset]", "1: expected a mapping of scenario, gateway, times"),
        ("active:\n- {scenario: a, times: 0}", "2: times must be a whole number from 1; got 0"),
        ("active:\n- {scenario: a, times: true}", "2: times must be a whole number from 1; got True"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(DocumentError) as told:
        scenario_file(path)
    assert str(told.value).startswith(f"{path}:{problem}")


@pytest.mark.parametrize(
    ("active", "problem"),
    [
        ("{scenario: reset, gateway: powertoken}", "Unknown gateway 'powertoken'. Known: powertokens, dashscope"),
        ("{scenario: html-error, gateway: powertokens}", "Unknown scenario 'html-error'"),
        ("{scenario: link-html, gateway: dashscope}", "Unknown scenario of the upstream 'link-html'"),
    ],
)
def test_what_holds_fits_who_is_meant(powertokens: Contract, tmp_path: Path, active: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem):
        scenario_file(written(tmp_path, f"active:\n- {active}\n"), [powertokens])


def test_the_upstream_can_behave_so_from_the_start(powertokens: Contract, tmp_path: Path) -> None:
    text = "active:\n- {scenario: task-times(running=20s) + layout(one-choice), gateway: dashscope}\n"
    (switch,) = scenario_file(written(tmp_path, text), [powertokens]).active
    assert switch.gateway == "dashscope"


def test_a_named_scenario_stands_wherever_one_can(powertokens: Contract) -> None:
    named = {"sour": NamedScenario("sour", "rate-limit", "")}
    effect_of("latency(1s) + sour", powertokens, named)
    with pytest.raises(ScenarioError, match="Unknown scenario 'sour'"):
        effect_of("sour", powertokens)


def test_the_example_is_right(powertokens: Contract, powerbuyin: Contract) -> None:
    read = scenario_file(ROOT / "fixtures" / "scenarios" / "bad-day.yaml", [powertokens, powerbuyin])
    for contract in (powertokens, powerbuyin):
        for name in read.named:
            effect_of(name, contract, read.named)
