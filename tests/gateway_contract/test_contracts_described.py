"""The documents under openapi/ are read by people in Swagger UI: each part says what it is, and shows a value."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from gateway_contract.contract.operation import METHODS
from gateway_contract.document.bundled import FOLDER
from gateway_contract.document.load_document import Document, load
from gateway_contract.schema.compile import compile_schema
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import below

CONTRACTS = ("powertokens", "powerbuyin", "dashscope", "expected")
DOCUMENTS = (*CONTRACTS, "mock-admin")
DATA = frozenset({"example", "examples", "default", "const", "enum"})
TESTS_OF_VALUES = frozenset({"if", "not", "anyOf", "oneOf", "contains", "propertyNames", "dependentSchemas"})
"""Schemas below these match values; they describe no field."""


class Described(NamedTuple):
    """A part of a document that a reader sees. `conditional` properties add to ones described elsewhere."""

    pointer: str
    value: Json
    kind: str
    conditional: bool


def members(node: Json) -> Iterator[tuple[str | int, Json]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)


def described(node: Json, pointer: str = "", *, conditional: bool = False) -> Iterator[Described]:
    for key, value in members(node):
        here = below(pointer, key)
        if key in DATA or key in TESTS_OF_VALUES or str(key).startswith("x-"):
            continue
        within = conditional or key in {"then", "else"}
        if key == "properties" and isinstance(value, dict):
            for name, schema in members(value):
                yield Described(below(here, name), schema, "property", within)
                yield from described(schema, below(here, name), conditional=within)
            continue
        if key in {"responses", "parameters", "headers", "securitySchemes"}:
            for name, part in members(value):
                yield Described(below(here, name), part, str(key), within)
        if key in METHODS:
            yield Described(here, value, "operation", within)
        yield from described(value, here, conditional=within)


def parts(name: str, *kinds: str) -> list[Described]:
    """Every part of a document of these kinds. A schema that is just true or false has no room for text."""
    found = described(load(FOLDER / f"{name}.yaml").tree)
    return [part for part in found if part.kind in kinds and not isinstance(part.value, bool)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_part_has_a_description(name: str) -> None:
    found = parts(name, "property", "responses", "parameters", "headers", "securitySchemes", "operation")
    silent = [part.pointer for part in found if not (text(part.value, "description") or text(part.value, "summary"))]
    assert found
    assert silent == []


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_property_has_an_example_that_it_may_hold(name: str) -> None:
    document = load(FOLDER / f"{name}.yaml")
    found = [part for part in parts(name, "property") if not part.conditional]
    assert found
    for part in found:
        assert isinstance(part.value, dict)
        assert "example" in part.value, part.pointer
        assert broken(document, part) == [], part.pointer


def broken(document: Document, part: Described) -> list[str]:
    """The keywords that a property's own example breaks; one on which the page is silent shows nothing."""
    assert isinstance(part.value, dict)
    return [found.keyword for found in compile_schema(document, part.pointer, "").broken(part.value["example"])]


@pytest.mark.parametrize("name", ["powertokens", "powerbuyin", "expected"])
def test_every_clause_says_what_it_is_about_and_no_two_say_the_same(name: str) -> None:
    clauses = load(FOLDER / f"{name}.yaml").tree["x-clauses"]
    assert isinstance(clauses, dict)
    said = [text(clause, "says") for clause in clauses.values()]
    assert all(said)
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_says_what_it_is(name: str) -> None:
    info = load(FOLDER / f"{name}.yaml").tree["info"]
    assert text(info, "summary")
    assert text(info, "description")


def text(node: Json, key: str) -> str:
    value = node.get(key) if isinstance(node, dict) else None
    return value.strip() if isinstance(value, str) else ""
