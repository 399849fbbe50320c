"""Rules that no request of a deployment can bear on, because no listed value meets their condition."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

from gateway_contract.contract.definition import Contract, Upstream
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.document.node import Place
from gateway_contract.schema.constraint import CompiledSchema, Condition, Constraint
from gateway_contract.values.json_value import ABSENT, Json, Nothing, is_whole_fraction, same
from gateway_contract.values.pointer import as_schema_pointer, below, is_within, leaves, parent, placed, tokens


def untestable(condition: Condition | None, request: CompiledSchema) -> str | None:
    """Why a condition at the top of the body never holds; None where it may."""
    if condition is None or condition.pointer:
        return None
    choices = _choices(condition, request)
    if not choices or any(
        condition.holds(dict(zip(choices, values, strict=True))) for values in product(*choices.values())
    ):
        return None
    return f"no {' or '.join(choices)} listed here is {condition.title}"


def _choices(condition: Condition, request: CompiledSchema) -> dict[str, list[Json]]:
    names = condition.schema.get("properties")
    found: dict[str, list[Json]] = {}
    for name in names if isinstance(names, dict) else ():
        listed = next(
            (
                part.schema["enum"]
                for part in request.parts
                if part.pointer == below("", name) and part.condition is None and "enum" in part.schema
            ),
            None,
        )
        if isinstance(listed, list):
            found[name] = listed
    return found


NOT_JUDGED = "x-not-judged"


@dataclass(frozen=True, slots=True)
class Validity:
    """What of a body is invalid, and what the contract leaves open; valid where neither is anything.

    `open_fields` are the JSON Pointers of the values on which the page is silent. `broken` leaves out what is in them.
    """

    broken: frozenset[Constraint] = frozenset()
    open_because: str = ""
    open_fields: frozenset[str] = frozenset()
    is_json: bool = True

    @property
    def valid(self) -> bool:
        return self.is_json and not self.broken and not self.open_because


VALID = Validity()


def validity_of(contract: Contract, body: Json | Literal[Nothing.ABSENT]) -> Validity:
    """What the contract alone says of a body; nothing that a gateway does changes it."""
    if body is ABSENT:
        return Validity(is_json=False)
    broken = contract.request.broken(body)
    silent = frozenset(constraint.pointer for constraint in broken if constraint.keyword == NOT_JUDGED)
    if silent:
        return Validity(_outside(silent, broken), open_because="the page is silent on it", open_fields=silent)
    if broken:
        return Validity(broken=broken)
    if writes_integers_as_fractions(contract.request, body):
        return Validity(open_because="an integer written as a fraction: 1.0")
    if contract.upstream is not None and upstream_refuses(contract.upstream, upstream_body(contract, body)):
        return Validity(open_because="its upstream does not take it")
    return VALID


def _outside(silent: frozenset[str], broken: frozenset[Constraint]) -> frozenset[Constraint]:
    """The broken constraints on values on which the page is not silent."""
    return frozenset(one for one in broken if not any(is_within(one.pointer, pointer) for pointer in silent))


@dataclass(frozen=True, slots=True)
class BeyondUpstream:
    """Values that the contract allows and one constraint of the upstream's document refuses."""

    place: Place
    what: str  # n 7 to 10
    upstream: str
    refusal: str  # engine.yaml:33 (maximum 6)

    def __str__(self) -> str:
        return f"{self.what} is allowed here; {self.upstream} refuses it: not tested"


def upstream_refuses(upstream: Upstream, body: Json) -> frozenset[Constraint]:
    """The constraints of the upstream's document for which it would refuse a call, not those that it mends."""
    broken = upstream.operation.request.broken(body)
    return frozenset(constraint for constraint in broken if "refuse" in constraint.alternatives) if broken else broken


def unknown_upstream(upstream: Upstream, body: Json) -> list[str]:
    """Pointers to what a call holds and the upstream's document does not name."""
    known = {part.pointer for part in upstream.operation.request.parts}
    return [pointer for pointer, _ in leaves(body) if as_schema_pointer(pointer) not in known]


def writes_integers_as_fractions(request: CompiledSchema, body: Json) -> bool:
    """Whether a body holds 1.0 where an integer is wanted: valid JSON Schema, and many parsers refuse it."""
    fractions = (as_schema_pointer(pointer) for pointer, value in leaves(body) if isinstance(value, float))
    return any(pointer in request.integers for pointer in fractions)


def is_valid_in_plain_notation(contract: Contract, body: Json | Literal[Nothing.ABSENT]) -> bool:
    """Whether a body is valid if each of its integers is written as an integer literal."""
    return body is not ABSENT and validity_of(contract, with_plain_integers(contract.request, body)).valid


def with_plain_integers(request: CompiledSchema, body: Json) -> Json:
    """A body with each integer as an integer literal."""
    for pointer, value in list(leaves(body)):
        if is_whole_fraction(value) and as_schema_pointer(pointer) in request.integers:
            body = placed(body, pointer, int(value))
    return body


def known_upstream_only(contract: Contract, constraint: Constraint) -> Iterator[Json]:
    """Of the values that the upstream's document shows for a field, those that the contract's `enum` has not.

    None where the contract has rules for families of such values: a page that speaks of families beyond its list leaves
    open where the list ends.
    """
    field, listed = contract.mapping_of(constraint.pointer), constraint.value
    if field is None or contract.upstream is None or constraint.keyword != "enum" or not isinstance(listed, list):
        return
    if _speaks_of_families(contract, constraint.pointer):
        return
    for part in contract.upstream.operation.request.parts:
        shown = part.schema.get("examples")
        if part.pointer == field.upstream and isinstance(shown, list):
            yield from (value for value in shown if not any(same(value, known) for known in listed))


def _speaks_of_families(contract: Contract, pointer: str) -> bool:
    conditions = {constraint.condition for constraint in contract.request.constraints.values()}
    return any(condition is not None and _is_about(condition, pointer) for condition in conditions)


def _is_about(condition: Condition, pointer: str) -> bool:
    named = condition.schema.get("properties")
    return condition.pointer == parent(pointer) and isinstance(named, dict) and tokens(pointer)[-1] in named
