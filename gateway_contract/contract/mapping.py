"""How a request becomes an upstream call, and where in a call a value has arrived."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Literal

import orjson

from gateway_contract.contract.definition import Contract, MappedField, Upstream
from gateway_contract.values.json_value import ABSENT, Json, Nothing, is_whole_fraction, same, shortened
from gateway_contract.values.pointer import HOLDERS, is_within, leaf_name, put, put_each, read, read_each, values


def upstream_body(contract: Contract, body: Json) -> Json:
    """The upstream call that a request asks for, by the contract."""
    route = _route(contract)
    call: Json = orjson.loads(route.constants)
    values = read_each(body, route.sources)
    for place in route.integers:
        value = values[place]
        values[place] = int(value) if is_whole_fraction(value) else value
    for place, field in route.particular:
        value = values[place]
        if value is not ABSENT:
            values[place] = field.expected(value) if field.judged_for(body) else ABSENT
    put_each(call, route.targets, [deepcopy(value) if isinstance(value, HOLDERS) else value for value in values])
    return call


@dataclass(frozen=True, slots=True)
class Route:
    """How a contract's fields go: from where to where, and which of them, by their places, not always or not as sent.

    `constants` is a call as JSON that holds nothing but what a gateway sets by itself.
    """

    constants: bytes
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    particular: tuple[tuple[int, MappedField], ...]
    integers: tuple[int, ...]  # places of those that go as integer literals, however they are written


@lru_cache(maxsize=64)
def _route(contract: Contract) -> Route:
    call: Json = {}
    for pointer, constant in ({} if contract.upstream is None else contract.upstream.constants).items():
        put(call, pointer, constant)
    return Route(
        orjson.dumps(call),
        tuple(field.pointer for field in contract.mapped),
        tuple(field.upstream for field in contract.mapped),
        tuple((at, one) for at, one in enumerate(contract.mapped) if one.normalize is not None or one.unjudged_when),
        tuple(at for at, one in enumerate(contract.mapped) if one.pointer in contract.request.integers),
    )


def upstream_default(contract: Contract, field: MappedField, body: Json) -> Json | Literal[Nothing.ABSENT]:
    """What the upstream takes for a field that a call leaves out, by its document; ABSENT where that says nothing.

    Defaults differ between models, so the call decides that the request asks for.
    """
    request = None if contract.upstream is None else contract.upstream.operation.request
    if request is None or field.upstream not in request.defaulted:
        return ABSENT
    return request.default(field.upstream, upstream_body(contract, body))


def default_values(upstream: Upstream, field: MappedField) -> list[Json]:
    """The upstream's defaults for a field, of all models."""
    return [part.schema["default"] for part in upstream.operation.request.defaulted.get(field.upstream, ())]


class Location(StrEnum):
    """Where an upstream call has the value of a field."""

    IN_PLACE = "in place"
    MISPLACED = "misplaced"
    DROPPED = "dropped"
    CHANGED = "changed"
    INJECTED = "injected"


@dataclass(frozen=True, slots=True)
class FieldLocation:
    """What became of one field's value; `pointer` says where it is, `seen` what stands there."""

    location: Location
    pointer: str = ""
    seen: Json = None

    def __str__(self) -> str:
        match self.location:
            case Location.MISPLACED:
                return f"misplaced at {self.pointer}"
            case Location.CHANGED | Location.INJECTED:
                return f"{self.location}: {shortened(self.seen)}"
            case _:
                return self.location


def locate(contract: Contract, field: MappedField, sent: Json, call: Json | Literal[Nothing.ABSENT]) -> FieldLocation:
    """Where in a call the value arrived that the client sent for a field."""
    seen = read(call, field.upstream)
    if seen is not ABSENT and field.arrived(sent, seen):
        return FieldLocation(Location.IN_PLACE, field.upstream, seen)
    elsewhere = next(_elsewhere(contract, field, sent, call), None)
    if elsewhere is not None:
        return FieldLocation(Location.MISPLACED, elsewhere, sent)
    return FieldLocation(Location.DROPPED) if seen is ABSENT else FieldLocation(Location.CHANGED, field.upstream, seen)


def _elsewhere(
    contract: Contract, field: MappedField, sent: Json, call: Json | Literal[Nothing.ABSENT]
) -> Iterator[str]:
    """Pointers at which a call holds the value though no field belongs there; those of the same name first."""
    if call is ABSENT:
        return
    claimed, wanted = claimed_upstream(contract), field.expected(sent)
    free = [
        at
        for at, value in values(call)
        if not any(is_within(at, pointer) for pointer in claimed) and (same(value, wanted) or same(value, sent))
    ]
    names = {leaf_name(field.upstream), leaf_name(field.pointer)}
    yield from sorted(free, key=lambda at: leaf_name(at) not in names)


def claimed_upstream(contract: Contract) -> set[str]:
    """The pointers into a call at which something belongs: a field's value, or what a gateway sets by itself."""
    constants = () if contract.upstream is None else contract.upstream.constants
    return {field.upstream for field in contract.mapped}.union(constants)
