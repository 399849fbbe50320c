"""Each keyword of the compiler has one complete entry, and every constraint is one English sentence."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from gateway_contract.document.load_document import load
from gateway_contract.schema import constraint, keywords
from gateway_contract.schema.compile import compile_schema
from gateway_contract.schema.constraint import ASSERTED_FORMATS, CONSTRAINT_KEYWORDS
from gateway_contract.schema.keyword_type import Group
from gateway_contract.schema.keyword_values import MALFORMED
from gateway_contract.schema.keywords import BOUNDS, FORMATS, KEYWORDS, TYPES, constraint_sentence
from gateway_contract.values.json_value import Json


def test_the_keywords_are_those_of_the_compiler() -> None:
    assert KEYWORDS.keys() == CONSTRAINT_KEYWORDS
    assert FORMATS.keys() == MALFORMED.keys() == ASSERTED_FORMATS
    assert len(TYPES) == 7


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (CONSTRAINT_KEYWORDS | {"contains-all"}, r"missing: \['contains-all'\]; unknown: \[\]"),
        (CONSTRAINT_KEYWORDS - {"pattern"}, r"missing: \[\]; unknown: \['pattern'\]"),
    ],
)
def test_importing_fails_unless_the_keywords_are_those_of_the_compiler(
    names: frozenset[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constraint, "CONSTRAINT_KEYWORDS", names)
    spec = spec_from_file_location("imported_anew", keywords.__file__)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(ImportError, match=message):
        spec.loader.exec_module(module_from_spec(spec))


@pytest.mark.parametrize(
    ("keyword", "bound", "near", "far"),
    [
        ("minimum", 1, 2, 6),
        ("maxLength", 4, "abcde", "a"),
        ("minItems", 2, [1], [1] * 9),
        ("x-pixels/minimum", 100, "10*11", "64*64"),
        ("x-aspect/minimum", 0.25, "100*399", "100*100"),
        ("x-aspect/maximum", 4, "100*26", "100*100"),
    ],
)
def test_a_distance_is_less_the_nearer_a_value_is_to_a_bound(keyword: str, bound: float, near: Json, far: Json) -> None:
    near_by, far_off = (KEYWORDS[keyword].distance(bound, value) for value in (near, far))
    assert near_by is not None
    assert far_off is not None
    assert 0 < near_by < far_off


def test_boundary_values_are_at_the_bound() -> None:
    examples = {"minLength": 3, "maxLength": 40, "minItems": 2, "maxItems": 3, "minimum": 1, "maximum": 6.5}
    sizes = {"x-pixels/minimum": 262144, "x-pixels/maximum": 4194304}
    for name, bound in {**examples, **sizes}.items():
        values = list(KEYWORDS[name].boundary(bound))
        assert values
        assert {KEYWORDS[name].distance(bound, value) for value in values} == {0}


def test_only_keywords_with_a_distance_are_bounds() -> None:
    assert {name for name in KEYWORDS if name.partition("/")[0] in {"x-pixels", "x-aspect"}} < BOUNDS
    assert all(KEYWORDS[name].group is not Group.BOUND for name in ("type", "enum", "required", "not"))


@pytest.mark.parametrize(
    ("keyword", "bound", "value", "repaired"),
    [("minimum", 1, 0, 1), ("maximum", 6, 7.5, 6), ("maxLength", 2, "abc", "ab")],
)
def test_a_repair_is_valid(keyword: str, bound: int, value: Json, repaired: Json) -> None:
    assert KEYWORDS[keyword].repair(bound, value) == repaired


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("type: object", "picture must be an object"),
        ("type: [string, 'null']", "picture must be a string or null"),
        ("enum: [a, b, 3, null]", "picture must be one of a, b, 3, null"),
        ("enum: [a]", "picture must be a"),
        ("const: true", "picture must be true"),
        ("const: ''", 'picture must be ""'),
        ("const: user", "picture must be user"),
        ("minimum: 1", "picture must be at least 1"),
        ("maximum: 1.5", "picture must be at most 1.5"),
        ("exclusiveMinimum: 0", "picture must be above 0"),
        ("exclusiveMaximum: 9", "picture must be below 9"),
        ("multipleOf: 8", "picture must be a multiple of 8"),
        ("minLength: 1", "picture must have at least 1 character"),
        ("maxLength: 800", "picture must have at most 800 characters"),
        ("minItems: 1", "picture must have at least 1 item"),
        ("maxItems: 2", "picture must have at most 2 items"),
        ("minProperties: 1", "picture must have at least 1 property"),
        ("maxProperties: 2", "picture must have at most 2 properties"),
        ("uniqueItems: true", "picture must not have duplicate items"),
        ("pattern: ^a$", "picture must match ^a$"),
        ("format: image-size", "picture must look like 1024x1024"),
        ("x-pixels: {minimum: 1}", "picture must have at least 1 pixel"),
        ("x-pixels: {maximum: 9}", "picture must have at most 9 pixels"),
        ("x-aspect: {minimum: 0.5}", "picture must be at least 0.5 times as wide as high"),
        ("x-aspect: {maximum: 2}", "picture must be at most 2 times as wide as high"),
        ("required: [title]", "title is required"),
        ("properties: {title: false}", "title is not accepted"),
        ("additionalProperties: false", "picture must not have unknown fields"),
        ("items: {type: integer}", "every item of picture must be an integer"),
        ("{maxLength: 4, x-if-violated: [refuse, truncate]}",
         "picture must have at most 4 characters (or is truncated)"),
        ("{title: others, if: {}, then: {maximum: 1, x-if-violated: [refuse, coerce]}}",
         "picture must be at most 1 for others (or is treated as 1)"),
        ("{title: others, if: {}, else: {maximum: 1}}", "picture must be at most 1 for other than others"),
        ("not: {const: 1}", 'picture must not match {"const":1}'),
        ("anyOf: [{const: 1}]", 'picture must match at least one of [{"const":1}]'),
        ("oneOf: [{const: 1}]", 'picture must match exactly one of [{"const":1}]'),
        ("contains: {const: 1}", 'picture must have an item that matches {"const":1}'),
        ("propertyNames: {maxLength: 3}", 'picture must have only names that match {"maxLength":3}'),
        ("dependentRequired: {a: [b]}", 'picture must have the properties that {"a":["b"]} requires'),
    ],
)  # fmt: skip
def test_a_constraint_is_one_sentence(schema: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(f"schema:\n  {schema}\n" if not schema.startswith("{") else f"schema: {schema}\n", "utf-8")
    (constraint,) = compile_schema(load(path), "/schema", "picture").constraints.values()
    assert constraint_sentence(constraint) == sentence
