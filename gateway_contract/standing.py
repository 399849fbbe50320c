"""What a contract says of a request body: it is valid, it breaks known constraints, or the page leaves it open."""

from dataclasses import dataclass
from typing import Literal

from gateway_contract.contract import Contract, Upstream
from gateway_contract.mapping import upstream_body
from gateway_contract.pointer import as_schema_pointer, leaves
from gateway_contract.schema import CompiledSchema, Constraint
from gateway_contract.values import ABSENT, Json, Nothing

NOT_JUDGED = "x-not-judged"


@dataclass(frozen=True, slots=True)
class Standing:
    """Exactly one of: `broken` is not empty, `open_because` is not empty, or the request is valid.

    `open_fields` are the JSON Pointers of the values on which the page is silent.
    """

    broken: frozenset[Constraint] = frozenset()
    open_because: str = ""
    open_fields: frozenset[str] = frozenset()
    is_json: bool = True

    @property
    def valid(self) -> bool:
        return self.is_json and not self.broken and not self.open_because


VALID = Standing()


def standing(contract: Contract, body: Json | Literal[Nothing.ABSENT]) -> Standing:
    """What the contract alone says of a body; nothing that a gateway does changes it."""
    if body is ABSENT:
        return Standing(is_json=False)
    broken = contract.request.broken(body)
    silent = frozenset(constraint.pointer for constraint in broken if constraint.keyword == NOT_JUDGED)
    if silent:
        return Standing(open_because="the page is silent on it", open_fields=silent)
    if broken:
        return Standing(broken=broken)
    if writes_integers_as_fractions(contract.request, body):
        return Standing(open_because="an integer written as a fraction: 1.0")
    if contract.upstream is not None and upstream_refuses(contract.upstream, upstream_body(contract, body)):
        return Standing(open_because="its upstream does not take it")
    return VALID


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
    integers = {part.pointer for part in request.parts if _is_integer(part.schema.get("type"))}
    return any(isinstance(value, float) and as_schema_pointer(pointer) in integers for pointer, value in leaves(body))


def _is_integer(type_: Json) -> bool:
    names = type_ if isinstance(type_, list) else [type_]
    return "integer" in names and "number" not in names
