"""A compiled schema says what its source says, and knows of each of its paths what it is about."""

from pathlib import Path
from textwrap import dedent, indent

import pytest
import yaml

from gateway_contract.document.load_document import load
from gateway_contract.document.node import DocumentError
from gateway_contract.schema.compile import compile_schema
from gateway_contract.schema.constraint import CompiledSchema, Constraint, for_validators, value_problem
from gateway_contract.values.json_value import ABSENT, Json


@pytest.fixture
def compiled(request: pytest.FixtureRequest, tmp_path: Path) -> CompiledSchema:
    return compile_text(request.param, tmp_path)


def compile_text(text: str, folder: Path) -> CompiledSchema:
    path = folder / "schema.yaml"
    path.write_text("schema:\n" + indent(dedent(text), "  "), encoding="utf-8")
    return compile_schema(load(path), "/schema", "body")


def written(schema: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("compiled", [schema], indirect=True)


def only(schema: CompiledSchema, keyword: str) -> Constraint:
    (found,) = [constraint for constraint in schema.constraints.values() if constraint.keyword == keyword]
    return found


def broken(schema: CompiledSchema, body: Json) -> list[tuple[str, str]]:
    return sorted((constraint.pointer, constraint.keyword) for constraint in schema.broken(body))


@written("""
    type: object
    required: [a, b]
    additionalProperties: {type: integer}
    minProperties: 1
    properties:
      a: {type: string, minLength: 2}
      b:
        type: array
        items: {type: object, properties: {c: {enum: [1, null]}, d: false}}
""")
def test_each_fault_is_a_constraint_with_the_part_that_it_is_about(compiled: CompiledSchema) -> None:
    assert broken(compiled, {}) == [("", "minProperties"), ("/a", "required"), ("/b", "required")]
    assert broken(compiled, {"a": "x", "b": [{"c": 2}, {"d": 1}], "e": "text"}) == [
        ("/*", "type"),
        ("/a", "minLength"),
        ("/b/0/c", "enum"),
        ("/b/0/d", "forbidden"),
    ]
    assert broken(compiled, {"a": "xx", "b": [{"c": None}], "e": 1}) == []
    assert broken(compiled, []) == [("", "type")]


@written("""
    x-clause: {"*": A, forbidden: F}
    x-level: expected
    required: [a, b]
    properties:
      a: {x-subject: name, x-clause: {minLength: L}, x-if-violated: {maxLength: [truncate]}, minLength: 1, maxLength: 2}
      b: {x-clause: B, x-level: documented, minimum: 1, x-if-violated: [refuse, coerce]}
      c: false
""")
def test_a_constraint_knows_what_is_said_of_it_and_around_it(compiled: CompiledSchema) -> None:
    refuse = frozenset({"refuse"})
    said = {
        (found.subject, found.keyword): (found.clause, found.level, found.alternatives)
        for found in compiled.constraints.values()
    }
    assert said == {
        ("name", "required"): ("A", "expected", refuse),
        ("b", "required"): ("B", "documented", frozenset({"refuse", "coerce"})),
        ("name", "minLength"): ("L", "expected", refuse),
        ("name", "maxLength"): ("A", "expected", frozenset({"truncate"})),
        ("b", "minimum"): ("B", "documented", frozenset({"refuse", "coerce"})),
        ("c", "forbidden"): ("F", "expected", refuse),
    }
    assert str(only(compiled, "minimum").place).endswith("schema.yaml:8")


@written("""
    x-refusal: {code: Bad, message: no}
    properties:
      a: {minimum: 1, x-refusal: {message: too small}}
""")
def test_what_an_upstream_says_when_it_refuses_is_taken_from_around(compiled: CompiledSchema) -> None:
    assert only(compiled, "minimum").refusal == {"code": "Bad", "message": "too small"}


@written("""
    properties:
      kind: {type: string}
      a: {type: integer, default: 1}
    allOf:
      - title: small
        if: {properties: {kind: {const: small}}, required: [kind]}
        then: {properties: {a: {maximum: 2, default: 2}}}
        else: {properties: {a: {maximum: 9}}}
      - title: none
        if: {properties: {kind: {const: none}}, required: [kind]}
        then: false
""")
def test_a_condition_decides_what_holds(compiled: CompiledSchema) -> None:
    assert broken(compiled, {"kind": "small", "a": 3}) == [("/a", "maximum")]
    assert broken(compiled, {"kind": "large", "a": 3}) == []
    assert broken(compiled, {"kind": "large", "a": 10}) == [("/a", "maximum")]
    assert broken(compiled, {"kind": "none"}) == [("", "forbidden")]
    titles = {found.condition.title for found in compiled.constraints.values() if found.condition}
    assert titles == {"small", "other than small", "none"}


@written("""
    properties:
      a: {type: integer, default: 1}
      b: {type: integer}
    allOf:
      - title: outer
        if: {required: [x]}
        then:
          title: inner
          if: {required: [y]}
          then: {properties: {a: {default: 3}, b: {default: 5}}}
          else: {properties: {a: {default: 2}}}
""")
def test_a_default_under_a_condition_goes_first_where_all_around_it_holds(compiled: CompiledSchema) -> None:
    assert compiled.default("/a", {}) == 1
    assert compiled.default("/a", {"y": 1}) == 1
    assert compiled.default("/a", {"x": 1}) == 2
    assert compiled.default("/a", {"x": 1, "y": 1}) == 3
    assert compiled.default("/b", {"x": 1, "y": 1}) == 5
    assert compiled.default("/b", {}) is ABSENT
    assert compiled.default("/c", {}) is ABSENT


@written("""
    allOf:
      - {properties: {a: {default: 1}}}
      - {properties: {a: {default: 2}}}
""")
def test_the_first_of_two_defaults_counts(compiled: CompiledSchema) -> None:
    assert compiled.default("/a", {}) == 1


@written("""
    properties:
      list:
        items: {title: pair, if: {required: [a]}, then: {minProperties: 2}}
""")
def test_a_condition_in_a_list_is_about_its_items(compiled: CompiledSchema) -> None:
    found = only(compiled, "minProperties")
    assert (found.in_items, found.pointer) == (True, "/list/0")
    assert found.condition is not None
    assert found.condition.holds({"list": [{"a": 1}]})
    assert not found.condition.holds({"list": [{}]})
    assert not found.condition.holds({"list": []})


@written("""
    properties:
      size: {x-pixels: {minimum: 4, maximum: 9}, x-aspect: {maximum: 2}, format: image-size}
      link: {format: uri, contentEncoding: base64}
      open: {type: integer, x-not-judged: {type: "null"}}
      any: true
""")
def test_our_own_keywords_are_constraints_by_bound_and_other_formats_are_not(compiled: CompiledSchema) -> None:
    assert broken(compiled, {"size": "1*1"}) == [("/size", "x-pixels/minimum")]
    assert broken(compiled, {"size": "5*2"}) == [("/size", "x-aspect/maximum"), ("/size", "x-pixels/maximum")]
    assert broken(compiled, {"size": "big"}) == [("/size", "format")]
    assert broken(compiled, {"open": None}) == [("/open", "type"), ("/open", "x-not-judged")]
    assert broken(compiled, {"link": "?", "any": 5}) == []


@written("""
    anyOf: [{x-subject: a, format: uri, properties: {x-mine: {x-mark: true, type: integer}}}, {const: {x-b: 1}}]
""")
def test_annotations_are_taken_out_of_plain_schemas_and_names_and_values_are_not(compiled: CompiledSchema) -> None:
    assert compiled.schema == {"anyOf": [{"properties": {"x-mine": {"type": "integer"}}}, {"const": {"x-b": 1}}]}


def test_a_path_that_belongs_to_no_constraint_is_our_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        compile_text("type: object", tmp_path).constraint_at(("minimum",))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("properties: {a: }", "a schema must be a mapping, true or false"),
        ("x-pixels: 5", "x-pixels must be a mapping"),
        ("else: {}", "else without if; say when it holds"),
        ("x-not-judged: {type: nul}", "x-not-judged: "),
        ("patternProperties: {}", "unknown keyword patternProperties"),
    ],
)
def test_what_cannot_be_compiled_is_told_with_its_line(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as raised:
        compile_text(text, tmp_path)
    assert str(raised.value).startswith(f"{tmp_path}/schema.yaml:2: {problem}")


def test_schemas_for_validators_keep_all_that_validators_know() -> None:
    schema: Json = yaml.safe_load(
        "{not: {x-pixels: {minimum: 1}, x-level: a, format: image-size}, dependentRequired: {x-a: [b]}}"
    )
    assert for_validators(schema) == {
        "not": {"x-pixels": {"minimum": 1}, "format": "image-size"},
        "dependentRequired": {"x-a": ["b"]},
    }
    assert for_validators(True) is True  # noqa: FBT003 # a schema
    assert value_problem("maximum", 5) == ""
