"""What became of a request's fields on their way upstream: where a call differs from what was asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.contract.mapping import Location, claimed_upstream, locate
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, Nothing, shortened
from gateway_contract.values.pointer import is_within, leaves, read


@dataclass(frozen=True, slots=True)
class Difference:
    """One of dropped, changed, misplaced and injected. `call` counts the request's upstream calls from 0.

    `wanted` and `pointer` are what the contract asks for and where; `found_at` and `seen` are what there was.
    """

    kind: Location
    call: int
    subject: str
    pointer: str
    found_at: str | None
    wanted: Json | Literal[Nothing.ABSENT]
    seen: Json | Literal[Nothing.ABSENT]

    @property
    def says(self) -> str:
        expected = f"{self.subject}: expected {_text(self.wanted)} at {self.pointer} upstream"
        match self.kind:
            case Location.DROPPED:
                return f"{expected}; missing"
            case Location.MISPLACED:
                return f"{expected}; found at {self.found_at}"
            case Location.CHANGED:
                return f"{expected}; got {_text(self.seen)}"
            case _:
                return f"unexpected {_text(self.seen)} at {self.found_at} upstream"


def differences(
    contract: Contract, body: Json | Literal[Nothing.ABSENT], calls: Sequence[UpstreamCall]
) -> tuple[Difference, ...]:
    """What differs in the upstream calls of a request, call by call."""
    if body is ABSENT:
        return ()
    return tuple(
        found
        for index, call in enumerate(calls)
        if call.body is not ABSENT
        for found in _in_call(contract, body, index, call.body)
    )


def _in_call(contract: Contract, body: Json, index: int, call: Json) -> Iterator[Difference]:
    found = [
        difference
        for field in contract.mapped
        if field.judged_for(body)
        for difference in _of_field(contract, field, body, index, call)
    ]
    yield from found
    yield from _of_nobody(contract, index, call, {difference.found_at for difference in found})


def _of_field(contract: Contract, field: MappedField, body: Json, index: int, call: Json) -> Iterator[Difference]:
    sent = read(body, field.pointer)
    if sent is ABSENT:
        seen = read(call, field.upstream)
        if seen is not ABSENT and _is_injected(contract, field, body, seen):
            yield Difference(Location.INJECTED, index, field.subject, field.upstream, field.upstream, ABSENT, seen)
        return
    arrived = locate(contract, field, sent, call)
    if arrived.location is not Location.IN_PLACE:
        seen = ABSENT if arrived.location is Location.DROPPED else arrived.seen
        at = arrived.pointer or None
        yield Difference(arrived.location, index, field.subject, field.upstream, at, field.expected(sent), seen)


def _is_injected(contract: Contract, field: MappedField, body: Json, seen: Json) -> bool:
    """A gateway may say a default in so many words, and may invent what its contract lets it."""
    default = contract.request.default(field.pointer, body)
    if default is not ABSENT:
        return not field.arrived(default, seen)
    return not field.may_be_invented


def _of_nobody(contract: Contract, index: int, call: Json, told: set[str | None]) -> Iterator[Difference]:
    """Values in places to which no field leads, except those reported as misplaced."""
    claimed = claimed_upstream(contract)
    for at, seen in leaves(call):
        if not (_leads_to(at, seen, claimed) or _is_told(at, told)):
            yield Difference(Location.INJECTED, index, at, at, at, ABSENT, seen)


def _leads_to(at: str, seen: Json, claimed: set[str]) -> bool:
    """Whether a leaf is within something that is wanted, or is what is left around it where it is missing."""
    return any(is_within(at, pointer) or (seen in ({}, []) and is_within(pointer, at)) for pointer in claimed)


def _is_told(at: str, told: set[str | None]) -> bool:
    return any(pointer is not None and is_within(at, pointer) for pointer in told)


def _text(value: Json | Literal[Nothing.ABSENT]) -> str:
    return "nothing" if value is ABSENT else shortened(value)
