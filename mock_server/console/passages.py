"""What became of each field on its way upstream, as a table; and which places in the bodies differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway_contract.contract import Contract, MappedField
from gateway_contract.mapping import arrival, shortened
from gateway_contract.pointer import read
from gateway_contract.values import ABSENT, Json, Nothing
from mock_server.admin.passage import Difference

LONGEST = 120  # characters of a value
NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Passage:
    """One line of the table. `what` is in place, dropped, changed, misplaced, injected or not judged."""

    subject: str
    sent: str
    pointer: str
    seen: str
    what: str


def passages(
    contract: Contract,
    body: Json | Literal[Nothing.ABSENT],
    call: Json | Literal[Nothing.ABSENT],
    found: Sequence[Difference],
) -> list[Passage]:
    """Every field that was sent, beside what arrived of it; and then what nobody sent."""
    if body is ABSENT or call is ABSENT:
        return []
    injected = [one for one in found if one.what == "injected"]
    return [*_sent(contract, body, call), *map(_injected, injected)]


def _sent(contract: Contract, body: Json, call: Json) -> Iterator[Passage]:
    for field in contract.mapped:
        sent = read(body, field.pointer)
        if sent is not ABSENT:
            yield _passage(contract, field, body, sent, call)


def _passage(contract: Contract, field: MappedField, body: Json, sent: Json, call: Json) -> Passage:
    arrived = arrival(contract, field, sent, call)
    at = arrived.pointer or field.upstream
    what = arrived.what if field.judged_for(body) else NOT_JUDGED
    return Passage(field.subject, shortened(sent, LONGEST), at, _told(read(call, at)), what)


def _injected(found: Difference) -> Passage:
    return Passage(found.subject, "nothing", found.found_at or found.pointer, _told(found.seen), found.what)


def _told(value: Json | Literal[Nothing.ABSENT]) -> str:
    return "nothing" if value is ABSENT else shortened(value, LONGEST)


def touched(contract: Contract, found: Sequence[Difference]) -> dict[str, str]:
    """Where in a request stands what did not arrive as it should, with what became of it."""
    became = {one.pointer: one.what for one in found}
    return {field.pointer: became[field.upstream] for field in contract.mapped if field.upstream in became}


def where_seen(found: Sequence[Difference]) -> dict[str, str]:
    """Where in an upstream call stands what should not be there."""
    return {one.found_at: one.what for one in found if one.found_at is not None}
