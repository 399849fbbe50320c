"""What the contract says of a request, in plain words. The mock's own answer changes nothing of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.differences import Difference, differences
from gateway_contract.contract.validity import Standing, standing
from gateway_contract.contract.violations import Violation, dotted, suggestion, unknown_names, violations
from gateway_contract.schema.constraint import ANY_NAME, Constraint
from gateway_contract.traffic.exchange import header
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import is_within, leaf_name
from mock_server.journal.entries import Entry


class Kind(Enum):
    VALID = "valid"
    BROKEN = "broken"  # it breaks rules of the contract
    OPEN = "open"  # the page does not say
    NOT_JSON = "not-json"
    ELSEWHERE = "elsewhere"  # no request to the operation that the contract is about
    UNKNOWN = "unknown"  # its gateway is no longer served


@dataclass(frozen=True, slots=True)
class EntryVerdict:
    """`sentences` are all of it; `open` tells each field on which the page is silent, with why."""

    kind: Kind
    sentences: tuple[str, ...]
    broken: tuple[Violation, ...] = ()
    open: tuple[str, ...] = ()
    upstream: tuple[Difference, ...] = ()

    @property
    def says(self) -> str:
        return " ".join(self.sentences)


def verdict_of(contract: Contract, entry: Entry) -> EntryVerdict:
    operation = contract.operation
    if (entry.method, entry.path.partition("?")[0]) != (operation.method, f"/{entry.gateway}{operation.path}"):
        says = f"The contract is about {operation.method} {operation.path} and says nothing of this request."
        return EntryVerdict(Kind.ELSEWHERE, (says,))
    body = entry.body
    if body is ABSENT:
        return EntryVerdict(Kind.NOT_JSON, ("The body is no JSON." if entry.content else "There is no body.",))
    found = _judged(contract, body, standing(contract, body), _without_token(contract, entry))
    return replace(found, upstream=differences(contract, body, entry.upstream))


def verdict_in(contracts: Iterable[Contract], entry: Entry) -> EntryVerdict:
    """The verdict by the contract of the entry's gateway, where that is still served."""
    contract = next((contract for contract in contracts if contract.name == entry.gateway), None)
    if contract is None:
        says = f"{entry.gateway} is served no longer, so nothing is known of its contract."
        return EntryVerdict(Kind.UNKNOWN, (says,))
    return verdict_of(contract, entry)


def _judged(contract: Contract, body: Json, found: Standing, others: tuple[Violation, ...]) -> EntryVerdict:
    """The verdict by what a body's standing is, and by what is broken beside the body."""
    fields = tuple(_open_fields(contract, body, found))
    broken = (*others, *violations(contract, body, found.broken or _beside(contract, body, found.open_fields)))
    left = [f"The contract leaves open: {', '.join(fields) or found.open_because}"] if found.open_because else []
    if broken:
        return EntryVerdict(Kind.BROKEN, sentences(*(one.message for one in broken), *left), broken, fields)
    if left:
        return EntryVerdict(Kind.OPEN, sentences(*left), open=fields)
    return EntryVerdict(Kind.VALID, ("Valid by the contract.",))


def _beside(contract: Contract, body: Json, silent: frozenset[str]) -> frozenset[Constraint]:
    """What is broken in other places than those on which the page is silent: that is to be mended all the same."""
    return frozenset(
        one for one in contract.request.broken(body) if not any(is_within(one.pointer, pointer) for pointer in silent)
    )


def _without_token(contract: Contract, entry: Entry) -> tuple[Violation, ...]:
    """What is to be said where a contract wants a token and none came. The journal knows no token's value."""
    said = header(entry.headers, "authorization") or ""
    if contract.operation.secured is None or said.lower().startswith("bearer "):
        return ()
    sent = "something else" if said else "none"
    says = f"Authorization must be a bearer token; got {sent}"
    return (Violation("Authorization", None, contract.security_clause, says),)


def _open_fields(contract: Contract, body: Json, found: Standing) -> Iterable[str]:
    for pointer in sorted(found.open_fields):
        if leaf_name(pointer) != ANY_NAME:
            yield dotted(pointer)
            continue
        for unknown in unknown_names(contract, body, pointer):
            hint = suggestion(contract, unknown)
            yield f"{dotted(unknown)} ({hint})" if hint else dotted(unknown)


def sentences(*parts: str) -> tuple[str, ...]:
    return tuple(part if part.endswith("?") else f"{part}." for part in parts)
