"""The schema of the scenario file, which editors use, takes and rejects the same files as the parser."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

import mock_server.scenarios.scenario_file
from gateway_contract.document.node import DocumentError
from mock_server.scenarios.scenario_file import scenario_file

FOLDER = Path(mock_server.scenarios.scenario_file.__file__).parent
SCHEMA = json.loads((FOLDER / "scenario-file.schema.json").read_text("utf-8"))
EXAMPLE = Path(__file__).parents[3] / "fixtures" / "scenarios" / "bad-day.yaml"
RIGHT = (
    EXAMPLE.read_text("utf-8"),
    "{}",
    "scenarios: []\nactive: []",
    "scenarios:\n- {name: a.b_c-1, apply: 'rate-limit, ok, repeat'}",
    "active:\n- {scenario: none}\n- {scenario: reset, times: 2, gateway: powertokens}",
)
WRONG = (
    "- a",
    "scenarios: {}",
    "scenario: []",
    "scenarios:\n- {name: a}",
    "scenarios:\n- {apply: reset}",
    "scenarios:\n- {name: a, aply: reset}",
    "scenarios:\n- {name: A b, apply: reset}",
    "scenarios:\n- {name: 1, apply: reset}",
    "scenarios:\n- {name: a, apply: [reset]}",
    "scenarios:\n- {name: a, apply: reset, description: 5}",
    "active: [reset]",
    "active:\n- {gateway: powertokens}",
    "active:\n- {scenario: a, times: 0}",
    "active:\n- {scenario: a, times: true}",
    "active:\n- {scenario: a, times: many}",
    "active:\n- {scenario: a, gateway: 5}",
)


def schema_takes(content: object) -> bool:
    return jsonschema_rs.validator_for(SCHEMA).is_valid(content)


@pytest.mark.parametrize("text", RIGHT)
def test_both_take_a_right_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    scenario_file(path)
    assert schema_takes(yaml.safe_load(text))


@pytest.mark.parametrize("text", WRONG)
def test_both_reject_a_wrong_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(DocumentError):
        scenario_file(path)
    assert not schema_takes(yaml.safe_load(text))


def described(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas of all keys, at any depth."""
    keys = list(schema.get("properties", {}).values())
    inside = [*keys, *([schema["items"]] if "items" in schema else [])]
    return keys + [one for inner in inside for one in described(inner)]


def test_every_key_is_described_for_the_editor() -> None:
    assert len(described(SCHEMA)) == 8
    assert [one for one in described(SCHEMA) if "description" not in one] == []
