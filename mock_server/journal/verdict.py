"""What the contract message about a request, in plain words, whatever the mock responded."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.differences import Difference, differences
from gateway_contract.contract.validity import Validity, validity_of
from gateway_contract.contract.violations import Violation, dotted, suggestion, unknown_names, violations
from gateway_contract.schema.constraint import ANY_NAME
from gateway_contract.traffic.exchange import header
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import leaf_name
from mock_server.journal.entries import JournalEntry

UNAUTHORIZED: Final = "The token is not accepted."
VALID_OTHERWISE: Final = ("Apart from that, the request is valid.",)


class VerdictStatus(StrEnum):
    VALID = "valid"
    INVALID = "invalid"  # it violates the contract
    UNSPECIFIED = "unspecified"  # the contract does not say
    MALFORMED_JSON = "malformed-json"
    UNMATCHED = "unmatched"  # not a request for the operation of the contract
    UNKNOWN = "unknown"  # the gateway is no longer served


@dataclass(frozen=True, slots=True)
class EntryVerdict:
    """`sentences` say it all; `unspecified` lists the fields about which the contract is silent, with hints."""

    status: VerdictStatus
    sentences: tuple[str, ...]
    violations: tuple[Violation, ...] = ()
    unspecified: tuple[str, ...] = ()
    upstream: tuple[Difference, ...] = ()

    @property
    def message(self) -> str:
        return " ".join(self.sentences)


def verdict_of(contract: Contract, entry: JournalEntry) -> EntryVerdict:
    """The verdict on a request by its contract. Whether its token is accepted, only the response says."""
    found = _request_verdict(contract, entry)
    is_rejected = entry.status == HTTPStatus.UNAUTHORIZED and found.status is not VerdictStatus.UNMATCHED
    if not is_rejected or not _has_token(entry):
        return found
    valid = found.status is VerdictStatus.VALID
    return replace(found, sentences=(UNAUTHORIZED, *(VALID_OTHERWISE if valid else found.sentences)))


def _request_verdict(contract: Contract, entry: JournalEntry) -> EntryVerdict:
    operation = contract.operation
    if (entry.method, entry.path.partition("?")[0]) != (operation.method, f"/{entry.gateway}{operation.path}"):
        message = f"The contract covers only {operation.method} {operation.path}, not this request."
        return EntryVerdict(VerdictStatus.UNMATCHED, (message,))
    body = entry.body
    if body is ABSENT:
        message = "The body is not JSON." if entry.content else "The body is missing."
        return EntryVerdict(VerdictStatus.MALFORMED_JSON, (message,))
    found = _body_verdict(contract, body, validity_of(contract, body), _missing_token(contract, entry))
    if found.status is VerdictStatus.UNSPECIFIED:
        found = replace(found, sentences=sentences(f"{found.sentences[0].removesuffix('.')}; {what_happened(entry)}"))
    return replace(found, upstream=differences(contract, body, entry.upstream_calls))


def verdict_by_gateway(contracts: Iterable[Contract], entry: JournalEntry) -> EntryVerdict:
    """The verdict by the contract of the entry's gateway, if that is still served."""
    if not entry.gateway:
        return EntryVerdict(VerdictStatus.UNMATCHED, ("No gateway has this address.",))
    contract = next((contract for contract in contracts if contract.name == entry.gateway), None)
    if contract is None:
        message = f"{entry.gateway} is no longer served, so its contract is unknown."
        return EntryVerdict(VerdictStatus.UNKNOWN, (message,))
    return verdict_of(contract, entry)


def _body_verdict(contract: Contract, body: Json, found: Validity, others: tuple[Violation, ...]) -> EntryVerdict:
    """The verdict on the body by its validity, together with violations outside the body."""
    fields = tuple(_unspecified_fields(contract, body, found))
    broken = (*others, *violations(contract, body, found.broken))
    left = [f"The contract leaves this open: {found.open_because}"] if found.open_because else []
    if fields:
        left = [f"The contract says nothing about {', '.join(fields)}"]
    if broken:
        return EntryVerdict(VerdictStatus.INVALID, sentences(*(one.message for one in broken), *left), broken, fields)
    if left:
        return EntryVerdict(VerdictStatus.UNSPECIFIED, sentences(*left), unspecified=fields)
    return EntryVerdict(VerdictStatus.VALID, ("The request is valid.",))


def what_happened(entry: JournalEntry) -> str:
    """What became of a request about which the contract is silent."""
    if entry.status is None:
        return "there was no response"
    if entry.status < HTTPStatus.BAD_REQUEST:
        return "it was accepted"
    if entry.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"the response was {entry.status}"
    refused = any(call.status >= HTTPStatus.BAD_REQUEST for call in entry.upstream_calls)
    return f"the {'upstream' if refused else 'gateway'} refused it"


def _missing_token(contract: Contract, entry: JournalEntry) -> tuple[Violation, ...]:
    """The violation if the contract requires a token and none was sent. The journal does not know tokens."""
    if contract.operation.secured is None or _has_token(entry):
        return ()
    sent = "something else" if header(entry.headers, "authorization") else "none"
    message = f"Authorization must be a bearer token; got {sent}"
    return (Violation("Authorization", None, contract.security_clause, message),)


def _has_token(entry: JournalEntry) -> bool:
    return (header(entry.headers, "authorization") or "").lower().startswith("bearer ")


def _unspecified_fields(contract: Contract, body: Json, found: Validity) -> Iterable[str]:
    for pointer in sorted(found.open_fields):
        if leaf_name(pointer) != ANY_NAME:
            yield dotted(pointer)
            continue
        for unknown in unknown_names(contract, body, pointer):
            hint = suggestion(contract, unknown)
            yield f"{dotted(unknown)} ({hint})" if hint else dotted(unknown)


def sentences(*parts: str) -> tuple[str, ...]:
    return tuple(part if part.endswith("?") else f"{part}." for part in parts)
