"""What the console's pages show, made ready for their templates."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from gateway_contract.contract import Contract
from gateway_contract.exchange import Headers
from gateway_contract.mapping import arrival, shortened
from gateway_contract.pointer import read
from gateway_contract.redaction import redact_headers
from gateway_contract.values import ABSENT, Json
from mock_server.admin.verdict import EntryVerdict, verdict_in
from mock_server.journal import Entry

SHOWN_PICTURES = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list of requests."""

    number: int
    gateway: str
    at: str
    method: str
    path: str
    status: str
    mood: str  # good, refused, broken: how the answer is coloured
    milliseconds: int
    scenario: str | None
    mode: str
    pictures: tuple[str, ...]
    inline: int  # images that came within the answer
    verdict: EntryVerdict
    told: str  # what was asked for, in a line


def row(entry: Entry, contracts: Sequence[Contract]) -> Row:
    contract = next((one for one in contracts if one.name == entry.gateway), None)
    links, inline = ((), 0) if contract is None else pictures(entry, contract)
    return Row(
        number=entry.number,
        gateway=entry.gateway,
        at=datetime.fromtimestamp(entry.at, UTC).strftime("%H:%M:%S"),
        method=entry.method,
        path=entry.path,
        status=status_told(entry),
        mood=mood(entry),
        milliseconds=round(entry.seconds * 1000),
        scenario=entry.scenario,
        mode=entry.mode,
        pictures=links,
        inline=inline,
        verdict=verdict_in(contracts, entry),
        told="" if contract is None else asked_for(entry, contract),
    )


def status_told(entry: Entry) -> str:
    if entry.status is None:
        return "no answer"
    return str(entry.status) if entry.whole else f"{entry.status}, cut"


def mood(entry: Entry) -> str:
    if entry.status is None or not entry.whole or entry.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "broken"
    return "good" if entry.status < HTTPStatus.BAD_REQUEST else "refused"


def pictures(entry: Entry, contract: Contract) -> tuple[tuple[str, ...], int]:
    """Links to the images of an answer, and how many images came within it."""
    items = ABSENT if contract.images is None else read(entry.answer, contract.images.pointer)
    if contract.images is None or not isinstance(items, list):
        return (), 0
    told = [(carrier, read(item, f"/{carrier.key}")) for item in items for carrier in contract.images.carriers]
    links = [value for carrier, value in told if not carrier.inline and isinstance(value, str) and is_link(value)]
    inline = sum(1 for carrier, value in told if carrier.inline and isinstance(value, str) and value)
    return tuple(links[:SHOWN_PICTURES]), inline


def is_link(text: str) -> bool:
    """What may stand in a page as a link: nothing that a page would run."""
    return text.startswith(("http://", "https://"))


def asked_for(entry: Entry, contract: Contract) -> str:
    """The text by which a request can be told from others."""
    found = (read(entry.body, pointer) for pointer in contract.marks)
    return next((text for text in found if isinstance(text, str)), "")


@dataclass(frozen=True, slots=True)
class Passage:
    """What became of one field on its way upstream."""

    subject: str
    sent: str
    pointer: str
    seen: str
    what: str


def passages(contract: Contract, entry: Entry, call: Json) -> list[Passage]:
    """Every field that was sent, beside what arrived of it."""
    found = []
    for field in contract.mapped:
        sent = read(entry.body, field.pointer)
        if sent is ABSENT:
            continue
        arrived = arrival(contract, field, sent, call)
        seen = read(call, field.upstream)
        said = "nothing" if seen is ABSENT else shortened(seen, 120)
        found.append(Passage(field.subject, shortened(sent, 120), field.upstream, said, arrived.what))
    return found


def pretty(value: object, raw: bytes) -> str:
    """A body as it is read best: JSON with its lines, anything else as text."""
    if value is ABSENT:
        return raw.decode("utf-8", "replace")
    return json.dumps(value, indent=2, ensure_ascii=False)


def headers_shown(headers: Headers) -> list[tuple[str, str]]:
    return redact_headers(headers)
