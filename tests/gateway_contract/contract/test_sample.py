"""Values that a schema allows: what it shows first, then the least within its bounds; never one that it refuses."""

from itertools import islice
from pathlib import Path

import orjson
import pytest

from gateway_contract.contract.load_contract import load_contract
from gateway_contract.contract.response_sample import skeletons
from gateway_contract.contract.sample import sample, samples
from gateway_contract.schema.constraint import fast_failures
from gateway_contract.values.json_value import ABSENT, Json

KEYWORDS = Path(__file__).parents[3] / "fixtures" / "contracts" / "keywords.yaml"

SCHEMAS: tuple[tuple[dict[str, Json], Json], ...] = (
    ({"const": 3, "examples": [3]}, 3),
    ({"type": "string", "examples": ["x"], "example": "y", "default": "z"}, "x"),
    ({"type": "string", "example": "y", "default": "z"}, "y"),
    ({"enum": ["a", "b"], "default": "b"}, "b"),
    ({"enum": ["a", "b"]}, "a"),
    ({"type": "integer", "minimum": 3, "multipleOf": 4}, 4),
    ({"type": "integer", "maximum": -2}, -2),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5}, 0.001),
    ({"type": "string", "minLength": 2, "maxLength": 3}, "sam"),
    ({"type": "string", "format": "uuid", "pattern": "^[0-9a-f-]{36}$"}, "0f6d3c1a-7a52-4c0e-9a43-6a0c8c0f1b2d"),
    ({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "uniqueItems": True}, ["a", "b"]),
    ({"type": "array", "contains": {"const": 7}}, [7]),
    ({"type": "object", "required": ["a"], "properties": {"a": {"type": "boolean"}, "b": {}}}, {"a": False}),
    ({"anyOf": [{"type": "string", "pattern": "^[A-Z]{9}$"}, {"type": "integer"}]}, 0),
    ({"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"const": 1}}}]}, {"a": 1}),
)


@pytest.mark.parametrize(("schema", "value"), SCHEMAS)
def test_the_first_value_is_the_one_that_the_schema_shows_or_its_least(schema: dict[str, Json], value: Json) -> None:
    assert sample(schema) == value


@pytest.mark.parametrize("schema", [schema for schema, _ in SCHEMAS])
def test_no_value_is_one_that_the_schema_refuses(schema: dict[str, Json]) -> None:
    plain = {keyword: value for keyword, value in schema.items() if keyword != "format"}
    assert all(not fast_failures(plain)(value) for value in islice(samples(schema), 20))


@pytest.mark.parametrize("schema", [False, {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"}, {"not": {}}])
def test_there_may_be_none(schema: Json) -> None:
    assert sample(schema) is ABSENT


def test_what_is_filled_in_by_others_is_left_out() -> None:
    schema: Json = {
        "type": "object",
        "required": ["id", "kind"],
        "properties": {"id": {"type": "string"}, "kind": {"const": "list"}},
    }
    assert sample(schema, ["/id"]) == {"kind": "list"}


def test_a_response_has_all_that_its_schema_requires(tmp_path: Path) -> None:
    text = KEYWORDS.read_text(encoding="utf-8").replace(
        "                required: [links]\n                properties:\n",
        "                required: [links, kind, usage]\n                properties:\n"
        "                  kind: {const: list}\n"
        "                  usage:\n                    type: object\n                    required: [tokens]\n"
        "                    properties: {tokens: {type: integer, minimum: 1}}\n",
    )
    text = text.replace(
        "                      properties:\n                        url:",
        "                      required: [seen]\n                      properties:\n"
        "                        seen: {type: boolean}\n                        url:",
    )
    (tmp_path / "engine.yaml").write_text(KEYWORDS.with_name("engine.yaml").read_text("utf-8"), encoding="utf-8")
    (tmp_path / "keywords.yaml").write_text(text, encoding="utf-8")
    contract = load_contract(tmp_path / "keywords.yaml")
    assert orjson.loads(skeletons(contract)[0]) == {"kind": "list", "usage": {"tokens": 1}}
    assert orjson.loads(skeletons(contract)[1]) == {"seen": False}
