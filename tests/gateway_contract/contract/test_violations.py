"""A violation says in one line which rule a body breaks and with what."""

from pathlib import Path

import pytest

from gateway_contract.contract.violations import violation_message
from gateway_contract.document.load_document import load
from gateway_contract.schema.compile import compile_schema
from gateway_contract.values.json_value import Json


@pytest.mark.parametrize(
    ("schema", "body", "messages"),
    [
        ("{maximum: 6}", 7, ["part must be at most 6; got 7"]),
        (
            "{items: {minLength: 2}}",
            ["ab", "c"],
            ["every item of part must have at least 2 characters; got 1 character"],
        ),
        ("{items: {required: [a]}}", [{"a": 1}, {"a": 2}, {}], ["a is required"]),
        ("{items: {properties: {a: false}}}", [{"a": 1}, {"a": 2}, {}], ["a is not accepted; got 1 and 2"]),
    ],
)
def test_a_violation_is_one_line(schema: str, body: Json, messages: list[str], tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(f"schema: {schema}\n", "utf-8")
    broken = compile_schema(load(path), "/schema", "part").broken(body)
    assert [violation_message(body, constraint) for constraint in broken] == messages
