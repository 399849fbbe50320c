"""Requests that may break exactly one constraint; whether they do is proven by the contract after serialisation."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, combinations, islice
from typing import Any

from orjson import dumps

from contract_tests.planning.fields import base_request
from contract_tests.planning.valid_rows import with_value
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.sample import joined, samples
from gateway_contract.contract.validity import known_upstream_only, validity_of
from gateway_contract.schema.constraint import Constraint, SchemaObject
from gateway_contract.schema.keyword_type import Candidate
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.values.json_value import ABSENT, Json, distinct
from gateway_contract.values.pointer import leaf_name, parent, placed, read, tokens

MOST_MADE = 2  # values made from a schema in one way


def invalid_values(contract: Contract, constraint: Constraint) -> Iterator[Candidate]:
    """Candidates for the part that a constraint is about, those that the upstream knows first, then the nearest."""
    nearest = KEYWORDS[constraint.keyword].invalid(constraint.value)
    likely = chain(known_upstream_only(contract, constraint), _with_vendor(contract, constraint))
    return distinct(chain(likely, nearest, _wrapped(contract, constraint)))


def _with_vendor(contract: Contract, constraint: Constraint) -> Iterator[Json]:
    """The first listed value behind the name of a vendor, as libraries for many vendors write it."""
    match constraint.keyword, constraint.value:
        case "enum", [str(first), *_]:
            yield f"{'vendor' if contract.upstream is None else contract.upstream.name}/{first}"


def _wrapped(contract: Contract, constraint: Constraint) -> Iterator[Json]:
    """A valid request in a list and in a text, for the type of the whole body: some gateways unwrap it."""
    if constraint.pointer == "" and constraint.keyword == "type":
        body = base_request(contract)
        yield from ([body], dumps(body).decode())


def made_bodies(contract: Contract, constraint: Constraint, base: Json) -> Iterator[Json]:
    """Bodies for a constraint that no value breaks alone which is made from the constraint alone.

    Values are made from the rest of the field's schema, and in bodies that hold what else the field needs beside it.
    """
    values = [*invalid_values(contract, constraint), *_made_values(contract, constraint)]
    starts = [base, *_with_neighbours(contract, constraint, base)]
    bodies = {dumps(body): body for start in starts for value in values for body in _holding(value, constraint, start)}
    yield from bodies.values()


def _holding(value: Candidate, constraint: Constraint, start: Json) -> Iterator[Json]:
    """A body with a value in the place of what is there; an item of a list also behind the others."""
    yield with_value(start, constraint.pointer, value)
    items = read(start, parent(constraint.pointer)) if constraint.in_items else ABSENT
    if isinstance(items, list) and value is not ABSENT:
        yield placed(start, parent(constraint.pointer), [*items, value])


def _made_values(contract: Contract, constraint: Constraint) -> Iterator[Json]:
    """What a field may hold by all of its schema but one keyword."""
    own: Json = {"allOf": [*_schemas_at(contract, constraint)]}
    keyword = constraint.keyword
    for hint in HINTS.get(keyword, no_hint)(constraint.value):
        made: Json = {"allOf": [_others(own, keyword), hint, {"not": {keyword: constraint.value}}]}
        yield from islice(samples(made) if keyword in HINTS else (), MOST_MADE)


def _schemas_at(contract: Contract, constraint: Constraint) -> Iterator[SchemaObject]:
    for part in contract.request.parts:
        if part.pointer == constraint.pointer and part.condition in {None, constraint.condition}:
            yield part.schema


def allowed_samples(contract: Contract, constraint: Constraint) -> Iterator[Json]:
    """Values that all of a field's schema allows, for a keyword of which no allowed value is known by itself."""
    schemas: list[Json] = [*_schemas_at(contract, constraint)]
    return islice(samples({"allOf": schemas}), MOST_MADE) if schemas else iter(())


SHOWN = frozenset({"examples", "example", "default"})
"""Values that a schema shows keep to all of it."""


def _others(schema: Json, keyword: str) -> Json:
    """A schema without a keyword, and without the values that it shows."""
    if not isinstance(schema, dict):
        return schema
    plain = {key: value for key, value in schema.items() if key != keyword and key not in SHOWN}
    branches = plain.get("allOf")
    if isinstance(branches, list):
        plain["allOf"] = [_others(branch, keyword) for branch in branches]
    return plain


def no_hint(_value: object) -> Iterator[Json]:
    yield {}


def _two_branches(branches: list[SchemaObject]) -> Iterator[Json]:
    yield {}
    for one, other in combinations(branches, 2):
        yield {"allOf": [joined(one, other), one, other]}


def _multiples(branches: list[SchemaObject]) -> Iterator[Json]:
    """Numbers that are multiples of what several branches ask for."""
    divisors = [branch["multipleOf"] for branch in branches if isinstance(branch.get("multipleOf"), int)]
    for one, other in combinations(divisors, 2):
        yield {"type": "integer", "multipleOf": one * other}  # type: ignore[operator] # integers, see above


HINTS: Mapping[str, Callable[[Any], Iterator[Json]]] = {
    "anyOf": no_hint,
    "oneOf": lambda branches: chain(_two_branches(branches), _multiples(branches)),
    "not": lambda schema: iter([schema]),
    "contains": lambda schema: iter([{"minItems": 1, "items": {"not": schema}}, {}]),
    "uniqueItems": lambda _: iter([{"minItems": 2}]),
    "minItems": lambda length: iter([{"maxItems": length - 1}]),
    "maxItems": lambda length: iter([{"minItems": length + 1}]),
    "minProperties": lambda number: iter([{"maxProperties": number - 1}]),
    "maxProperties": lambda number: iter([{"minProperties": number + 1}]),
    "propertyNames": lambda schema: iter([{"minProperties": 1, "propertyNames": {"not": schema}}]),
    "dependentRequired": lambda names: iter([{"required": [name]} for name in names]),
    "enum": no_hint,
    "const": no_hint,
    "pattern": no_hint,
    "multipleOf": no_hint,
}
"""What a value must be like, so that it may break a keyword."""


def _with_neighbours(contract: Contract, constraint: Constraint, base: Json) -> Iterator[Json]:
    """The base with what stands around a part, and with what stands beside it, as far as it stays valid."""
    way = tokens(constraint.pointer)
    for depth in range(1, len(way)):
        pointer = "".join(f"/{step}" for step in way[:depth])
        if read(base, pointer) is ABSENT:
            for part in contract.request.parts:
                if part.pointer == pointer and part.condition is None:
                    bodies = [placed(base, pointer, value) for value in samples(part.schema)]
                    yield from [body for body in reversed(bodies) if validity_of(contract, body).valid]
            return
    body = base
    for part in contract.request.parts:
        beside = parent(part.pointer) == parent(constraint.pointer) and part.pointer and leaf_name(part.pointer) != "*"
        if beside and part.condition is None and read(body, part.pointer) is ABSENT:
            filled = (placed(body, part.pointer, value) for value in samples(part.schema))
            body = next((attempt for attempt in filled if validity_of(contract, attempt).valid), body)
    if body is not base:
        yield body
