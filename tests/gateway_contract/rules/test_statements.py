"""Every rule says in one English sentence what it promises."""

from pathlib import Path

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.document.load_document import load
from gateway_contract.schema.compile import compile_schema
from gateway_contract.schema.constraint import ASSERTED_FORMATS, LEAVES, SIZE_KEYWORDS
from gateway_contract.schema.keywords import FORMATS, SENTENCES, TYPES, constraint_sentence
from tests.gateway_contract.exchanges import rules_of, short_id


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("type: object", "picture is an object"),
        ("type: [string, 'null']", "picture is a string or null"),
        ("enum: [a, b, 3, null]", "picture is one of a, b, 3, null"),
        ("enum: [a]", "picture is a"),
        ("const: true", "picture is true"),
        ("const: ''", 'picture is ""'),
        ("const: user", "picture is user"),
        ("minimum: 1", "picture is at least 1"),
        ("maximum: 1.5", "picture is at most 1.5"),
        ("exclusiveMinimum: 0", "picture is above 0"),
        ("exclusiveMaximum: 9", "picture is below 9"),
        ("multipleOf: 8", "picture is a multiple of 8"),
        ("minLength: 1", "picture has at least 1 character"),
        ("maxLength: 800", "picture has at most 800 characters"),
        ("minItems: 1", "picture has at least 1 item"),
        ("maxItems: 2", "picture has at most 2 items"),
        ("minProperties: 1", "picture has at least 1 property"),
        ("maxProperties: 2", "picture has at most 2 properties"),
        ("uniqueItems: true", "picture has no item twice"),
        ("pattern: ^a$", "picture matches ^a$"),
        ("format: image-size", "picture is a width and a height in pixels"),
        ("x-pixels: {minimum: 1}", "picture has at least 1 pixel"),
        ("x-pixels: {maximum: 9}", "picture has at most 9 pixels"),
        ("x-aspect: {minimum: 0.5}", "picture is at least 0.5 times as wide as high"),
        ("x-aspect: {maximum: 2}", "picture is at most 2 times as wide as high"),
        ("required: [title]", "title is required"),
        ("properties: {title: false}", "title is not accepted"),
        ("additionalProperties: false", "picture holds nothing that is not listed"),
        ("items: {type: integer}", "every item of picture is an integer"),
        ("{maxLength: 4, x-if-violated: [refuse, truncate]}", "picture has at most 4 characters (or is cut)"),
        ("{title: others, if: {}, then: {maximum: 1, x-if-violated: [refuse, coerce]}}",
         "picture is at most 1 for others (or is answered as if it were 1)"),
        ("{title: others, if: {}, else: {maximum: 1}}", "picture is at most 1 for other than others"),
        ("not: {const: 1}", 'picture is none of what {"const":1} describes'),
        ("anyOf: [{const: 1}]", 'picture is at least one of [{"const":1}]'),
        ("oneOf: [{const: 1}]", 'picture is exactly one of [{"const":1}]'),
        ("contains: {const: 1}", 'picture has an item that {"const":1} describes'),
        ("propertyNames: {maxLength: 3}", 'picture has only names that {"maxLength":3} describes'),
        ("dependentRequired: {a: [b]}", 'picture has all that {"a":["b"]} asks for'),
    ],
)  # fmt: skip
def test_a_constraint_is_one_sentence(schema: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(f"schema:\n  {schema}\n" if not schema.startswith("{") else f"schema: {schema}\n", "utf-8")
    (constraint,) = compile_schema(load(path), "/schema", "picture").constraints.values()
    assert constraint_sentence(constraint) == sentence


def test_there_is_a_sentence_for_every_keyword_that_makes_a_rule() -> None:
    sized = {f"{keyword}/{end}" for keyword in SIZE_KEYWORDS for end in ("minimum", "maximum")}
    assert SENTENCES.keys() == LEAVES | sized | {"format", "required", "forbidden"}
    assert FORMATS.keys() == ASSERTED_FORMATS
    assert len(TYPES) == 7


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("canvas/mapped", "canvas arrives upstream at /settings/area"),
        ("canvas/normalized", "canvas arrives at /settings/area in the form of the upstream (image-size)"),
        ("chaos/preserves-0", "an explicit 0 for chaos arrives at /settings/dice"),
        ("chaos/not-invented", "chaos left out stays out of the upstream call"),
        ("sheets/default", "sheets is 1 when it is left out"),
        ("pages/length", "pages has as many items as /sheets says"),
        ("drawn_at/now", "drawn_at is the Unix time of the answer, within 60 s"),
        ("authorization/required", "a request with no Authorization header is refused"),
    ],
)
def test_other_rules_are_sentences_too(name: str, sentence: str, invented: Contract) -> None:
    assert [rule.statement for rule in rules_of(invented) if short_id(rule) == name] == [sentence]
