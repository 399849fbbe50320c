"""How a request becomes an upstream call, and where in a call a value has arrived."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Literal

import orjson

from gateway_contract.contract.definition import Contract, MappedField, Upstream
from gateway_contract.values.json_value import ABSENT, Json, Nothing, is_whole_fraction, same, shortened
from gateway_contract.values.pointer import is_within, leaf_name, put, read, values
from gateway_contract.values.prepared_pointers import putter, reader


def upstream_body(contract: Contract, body: Json) -> Json:
    """The upstream call that a request asks for, by the contract."""
    return mapping_of(contract)(body)


@lru_cache(maxsize=64)
def mapping_of(contract: Contract) -> Callable[[Json], Json]:
    """Maps the requests of a contract: what goes where, and what not always or not as sent, is laid out once."""
    empty: Json = {}
    for pointer, constant in ({} if contract.upstream is None else contract.upstream.constants).items():
        put(empty, pointer, constant)
    constants = orjson.dumps(empty)
    fields = contract.mapped
    read_each, put_each = reader([one.pointer for one in fields]), putter([one.upstream for one in fields])
    integers = [place for place, one in enumerate(fields) if one.pointer in contract.request.integers]
    particular = [(place, one) for place, one in enumerate(fields) if one.normalize is not None or one.unjudged_when]

    def to_call(body: Json) -> Json:
        call: Json = orjson.loads(constants)
        values = read_each(body)
        for place in integers:  # which go as integer literals, however they are written
            if type(value := values[place]) is float and is_whole_fraction(value):
                values[place] = int(value)
        for place, field in particular:
            value = values[place]
            if value is not ABSENT:
                values[place] = field.expected(value) if field.judged_for(body) else ABSENT
        put_each(call, values)
        return call

    return to_call


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
