"""The page of one request: bodies with marked lines, the fields sent upstream, and a curl command."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Literal

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.contract.differences import Difference
from gateway_contract.contract.mapping import locate
from gateway_contract.traffic.curl import ANY_TOKEN, curl
from gateway_contract.traffic.exchange import Credential, Headers, Request, UpstreamCall, header
from gateway_contract.traffic.redaction import REDACTED, redact
from gateway_contract.values.json_value import ABSENT, Json, Nothing, shortened
from gateway_contract.values.pointer import below, is_within, read
from mock_server.admin.api import whole_number
from mock_server.console.view import html, row
from mock_server.journal.entries import JournalEntry
from mock_server.journal.verdict import EntryVerdict
from mock_server.runtime.mock import Mock
from mock_server.serving.asgi import own_url

INDENT = "  "


@dataclass(frozen=True, slots=True)
class BodyLine:
    """One line of a body. `mark` says what is wrong with it, if anything."""

    text: str
    mark: str = ""


def lines(
    value: Json | Literal[Nothing.ABSENT], raw: bytes, marks: Mapping[str, str] = MappingProxyType({})
) -> list[BodyLine]:
    """A body as lines: JSON indented, with the lines at some pointers marked; anything else as it is."""
    if value is ABSENT:
        return [BodyLine(text) for text in raw.decode("utf-8", "replace").splitlines()]
    return [BodyLine(text, _mark(at, marks)) for at, text in _written(value, "", "", "")]


def _mark(at: str, marks: Mapping[str, str]) -> str:
    return next((mark for pointer, mark in marks.items() if is_within(at, pointer)), "")


def _written(value: Json, at: str, indent: str, name: str) -> Iterator[tuple[str, str]]:
    """Each line with the pointer of what it shows. `name` stands before the first."""
    if isinstance(value, dict) and value:
        yield at, f"{indent}{name}{{"
        members = [(below(at, key), f"{_text(key)}: ", member) for key, member in value.items()]
        yield from _between(members, indent)
        yield at, f"{indent}}}"
    elif isinstance(value, list) and value:
        yield at, f"{indent}{name}["
        yield from _between([(below(at, index), "", item) for index, item in enumerate(value)], indent)
        yield at, f"{indent}]"
    else:
        yield at, f"{indent}{name}{_text(value)}"


def _between(members: list[tuple[str, str, Json]], indent: str) -> Iterator[tuple[str, str]]:
    """The lines of all members, a comma after each but the last."""
    for count, (at, name, member) in enumerate(members, 1):
        written = list(_written(member, at, indent + INDENT, name))
        last, text = written[-1]
        yield from written[:-1]
        yield last, text if count == len(members) else f"{text},"


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


LONGEST = 120  # characters of a value
NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One line of the table. `what` is in place, dropped, changed, misplaced, injected or not judged."""

    subject: str
    sent: str
    pointer: str
    seen: str
    what: str


def field_rows(
    contract: Contract,
    body: Json | Literal[Nothing.ABSENT],
    call: Json | Literal[Nothing.ABSENT],
    found: Sequence[Difference],
) -> list[FieldRow]:
    """Every field of the request with its value upstream, and then the unexpected upstream fields."""
    if body is ABSENT or call is ABSENT:
        return []
    injected = [one for one in found if one.kind == "injected"]
    return [*_sent(contract, body, call), *map(_injected, injected)]


def _sent(contract: Contract, body: Json, call: Json) -> Iterator[FieldRow]:
    for field in contract.mapped:
        sent = read(body, field.pointer)
        if sent is not ABSENT:
            yield _field_row(contract, field, body, sent, call)


def _field_row(contract: Contract, field: MappedField, body: Json, sent: Json, call: Json) -> FieldRow:
    arrived = locate(contract, field, sent, call)
    at = arrived.pointer or field.upstream
    what = arrived.location if field.judged_for(body) else NOT_JUDGED
    return FieldRow(field.subject, shortened(sent, LONGEST), at, _shown(read(call, at)), what)


def _injected(found: Difference) -> FieldRow:
    return FieldRow(found.subject, "missing", found.found_at or found.pointer, _shown(found.seen), found.kind)


def _shown(value: Json | Literal[Nothing.ABSENT]) -> str:
    return "missing" if value is ABSENT else shortened(value, LONGEST)


def touched(contract: Contract, found: Sequence[Difference]) -> dict[str, str]:
    """The kinds of differences upstream, by the request's pointers."""
    became = {one.pointer: one.kind for one in found}
    return {field.pointer: became[field.upstream] for field in contract.mapped if field.upstream in became}


def where_seen(found: Sequence[Difference]) -> dict[str, str]:
    """The kinds of differences, by the pointers in the upstream call where they are found."""
    return {one.found_at: one.kind for one in found if one.found_at is not None}


async def request_page(mock: Mock, request: HttpRequest) -> Response:
    id_ = whole_number(request.path_params["id"])
    entry = None if id_ is None else mock.journal.entry(id_)
    if entry is None:
        requested = request.path_params["id"][:20]
        return html("gone.html", HTTPStatus.NOT_FOUND, id=requested, max_entries=mock.journal.max_entries)
    return await asyncio.to_thread(found_page, mock, entry, own_url(request.scope))


def found_page(mock: Mock, entry: JournalEntry, own: str) -> Response:
    return html("request.html", HTTPStatus.OK, **page_data(mock, entry, own))


def page_data(mock: Mock, entry: JournalEntry, own: str) -> dict[str, object]:
    contracts = mock.contracts
    contract = next((one for one in contracts if one.name == entry.gateway), None)
    shown_row = row(entry, contracts)
    found = shown_row.verdict.upstream
    return {
        "entry": entry,
        "row": shown_row,
        "request_body": lines(
            entry.body, entry.content, {} if contract is None else marks(contract, shown_row.verdict)
        ),
        "response_body": lines(entry.response, entry.response_content),
        "calls": [
            call_view(contract, entry, call, [one for one in found if one.call == index])
            for index, call in enumerate(entry.upstream_calls)
        ],
        "curl": curl(request_of(entry, secured=mock.settings.token is not None), own, ()),
        "older": before(mock, entry.id),
        "newer": next((one.id for one in mock.journal.since(entry.id)), None),
    }


OF_THE_CONNECTION = frozenset({
    "host", "content-length", "connection", "transfer-encoding", "accept", "accept-encoding", "accept-language",
    "user-agent", "origin", "referer", "cookie", "authorization", "priority", "pragma", "cache-control", "expect",
})  # fmt: skip
"""Headers that clients set themselves, or must not repeat."""


def request_of(entry: JournalEntry, *, secured: bool) -> Request:
    """A request to send again. The journal keeps no token: a placeholder stands in its place."""
    credential = Credential.UNKNOWN if secured else Credential.WRONG
    return Request(entry.method, entry.path, tuple(_headers(entry.headers)), entry.content, entry.body, credential)


def _headers(headers: Headers) -> Iterator[tuple[str, str]]:
    if (header(headers, "authorization") or "").lower().startswith("bearer "):
        yield "Authorization", f"Bearer {ANY_TOKEN}"
    for name, value in redact(headers):
        own = name.lower() in OF_THE_CONNECTION or name.lower().startswith("sec-")
        if not own and REDACTED not in value and value.isprintable():
            yield name, value


def marks(contract: Contract, verdict: EntryVerdict) -> dict[str, str]:
    """The violations and the differences upstream, by the pointers in the request's body."""
    broken = {one.pointer: one.message for one in verdict.violations if one.pointer}
    return touched(contract, verdict.upstream) | broken


def before(mock: Mock, id_: int) -> int | None:
    """The previous request, if the journal still has it."""
    return id_ - 1 if mock.journal.entry(id_ - 1) is not None else None


def call_view(
    contract: Contract | None, entry: JournalEntry, call: UpstreamCall, found: Sequence[Difference]
) -> dict[str, object]:
    return {
        "call": call,
        "headers": redact(call.headers),
        "body": lines(call.body, b"", where_seen(found)),
        "field_rows": [] if contract is None else field_rows(contract, entry.body, call.body, found),
    }
