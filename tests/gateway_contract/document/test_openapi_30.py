"""A document of OpenAPI 3.0 means the same after its upgrade, and keeps its lines."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator

from gateway_contract.contract.load_contract import load_contract
from gateway_contract.document.load_document import load
from gateway_contract.document.node import Node, Place, mapping, plain, sequence
from gateway_contract.document.openapi_30 import upgraded_schema
from gateway_contract.values.json_value import Json

KEYWORDS = Path(__file__).parents[3] / "fixtures" / "contracts" / "keywords.yaml"
NOWHERE = Place(Path("schema.yaml"), 1)


def node(value: Json) -> Node:
    if isinstance(value, dict):
        return mapping({key: node(member) for key, member in value.items()}, NOWHERE)
    if isinstance(value, list):
        return sequence(tuple(map(node, value)), NOWHERE)
    return Node(value, NOWHERE)


def upgrade(schema: Json) -> Json:
    return plain(upgraded_schema(node(schema)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"nullable": True, "maxLength": 3}, {"maxLength": 3}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
        ({"type": "string", "format": "byte"}, {"type": "string", "contentEncoding": "base64"}),
        ({"properties": {"nullable": {"type": "string"}}}, {"properties": {"nullable": {"type": "string"}}}),
        ({"default": {"nullable": True}}, {"default": {"nullable": True}}),
        (
            {"allOf": [{"items": {"type": "integer", "nullable": True}}]},
            {"allOf": [{"items": {"type": ["integer", "null"]}}]},
        ),
    ],
)
def test_a_schema_says_the_same_in_json_schema(old: Json, new: Json) -> None:
    assert upgrade(old) == new


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
SIMPLE = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "number", "boolean", "array", "object"])},
    optional={
        "nullable": st.booleans(),
        "minimum": st.integers(-2, 2),
        "exclusiveMinimum": st.booleans(),
        "maximum": st.integers(-2, 2),
        "exclusiveMaximum": st.booleans(),
        "maxLength": st.integers(0, 2),
    },
)
SCHEMAS = st.recursive(
    SIMPLE,
    lambda inner: (
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"nullable": st.booleans()})
        | st.fixed_dictionaries({"type": st.just("object"), "properties": st.fixed_dictionaries({"a": inner})})
        | st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)})
    ),
    max_leaves=4,
)


@given(SCHEMAS, VALUES)
def test_the_upgrade_accepts_what_openapi_30_accepts(schema: dict[str, Json], value: Json) -> None:
    upgraded = upgrade(schema)
    assert isinstance(upgraded, dict)
    assert Draft202012Validator(upgraded).is_valid(value) == OAS30Validator(schema).is_valid(value)


def test_a_contract_in_30_loads_with_its_lines(tmp_path: Path) -> None:
    text = KEYWORDS.read_text(encoding="utf-8").replace("openapi: 3.1.0", "openapi: 3.0.3")
    text = text.replace("pace: {type: number, exclusiveMinimum: 0, exclusiveMaximum: 2}", "pace: PACE")
    text = text.replace("pace: PACE", "pace: {type: number, nullable: true, minimum: 0, exclusiveMinimum: true}")
    (tmp_path / "engine.yaml").write_text(KEYWORDS.with_name("engine.yaml").read_text("utf-8"), encoding="utf-8")
    path = tmp_path / "keywords.yaml"
    path.write_text(text, encoding="utf-8")
    assert load(path).upgraded == {"exclusiveMinimum": 1, "nullable": 1}
    contract = load_contract(path)
    line = text[: text.index("pace:")].count("\n") + 1
    found = {(one.keyword, one.place.line) for one in contract.request.constraints.values() if one.pointer == "/pace"}
    assert found == {("type", line), ("exclusiveMinimum", line)}
    assert load(KEYWORDS).upgraded == {}
