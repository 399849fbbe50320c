"""The schema of gateway.yaml says what the table of options says, and accepts what the command accepts."""

import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from contract_tests.command import option_table as table
from contract_tests.command.configuration import find_configuration
from contract_tests.command.configuration_schema import SCHEMA, configuration_schema, schema_text
from gateway_contract.document.node import DocumentError
from gateway_contract.values.json_value import Json

ROOT = Path(__file__).parents[3]
VALIDATOR = Draft202012Validator(configuration_schema())
WRITE = "SCHEMA.write_text(schema_text()) writes it again; both are in contract_tests.command.configuration_schema"


def test_the_schema_is_what_the_table_of_options_says() -> None:
    assert SCHEMA.read_text("utf-8") == schema_text(), WRITE
    Draft202012Validator.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("jobs", 8, True),
        ("jobs", "8", False),
        ("jobs", True, False),
        ("jobs", 257, False),
        ("strict", True, True),
        ("strict", 1, False),
        ("contract", ["powertokens", "own.yaml"], True),
        ("contract", [1], False),
        ("limits", {"answer": "90s", "per_image": 1.5}, True),
        ("limits", {"answer": "90 s"}, False),
        ("limits", {"answer": 0}, False),
        ("limits", {"anser": 90}, False),
        ("limits", None, True),
        ("auth", "basic", True),
        ("auth", "X-Api-Key", False),
        ("auth", {"header": "X-Api-Key"}, True),
        ("token", "sk-literal", False),
        ("token", {"env": "NAME"}, True),
        ("token", {"env": "NAME", "file": "token"}, False),
        ("token", {"command": []}, False),
        ("headers", {"X-Tenant": "blue", "X-Sig": {"file": "sig"}}, True),
        ("headers", {"X-Tenant": 1}, False),
        ("confidence", 99, True),
        ("confidence", "99%", True),
        ("confidence", 100, False),
        ("confidence", True, False),
        ("rare", "5 %", True),
        ("rare", "often", False),
        ("require_judged", True, True),
        ("require_judged", "seed/*", True),
        ("require_judged", False, False),
    ],
)
def test_the_schema_accepts_what_the_command_accepts(key: str, value: Json, accepted: bool, tmp_path: Path) -> None:  # noqa: FBT001 # a row of a table
    configuration = {"gateways": {"staging": {"url": "http://127.0.0.1:3000", key: value}}}
    assert VALIDATOR.is_valid(configuration) == accepted
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump(configuration), "utf-8")
    if accepted:
        assert find_configuration(file).file == file
    else:
        with pytest.raises(DocumentError):
            find_configuration(file)


@pytest.mark.parametrize("configuration", [{}, {"gateways": {}}, {"gateways": None}, {"defaults": None}])
def test_the_schema_rejects_a_part_without_content(configuration: Json) -> None:
    assert not VALIDATOR.is_valid(configuration)


def test_every_key_has_a_recipe_and_its_option_in_the_documentation() -> None:
    told = (ROOT / "docs" / "ci.md").read_text("utf-8")
    rows = set(re.findall(r"^\| `([a-z_.]+)` \| `(--[a-z-]+)`", told, re.MULTILINE))
    assert rows == {(option.key, option.flags[0].name) for option in table.TABLE}


def test_the_configuration_of_the_documentation_is_one() -> None:
    told = (ROOT / "docs" / "ci.md").read_text("utf-8")
    examples = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", told, re.DOTALL)]
    found = [example for example in examples if isinstance(example, dict) and "gateways" in example]
    assert found
    for example in found:
        VALIDATOR.validate(example)
