"""What the console's pages show, made ready for their templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import ABSENT
from gateway_contract.values.pointer import read
from mock_server.gateway.openai_errors import message_in
from mock_server.journal.entries import Entry
from mock_server.journal.verdict import EntryVerdict, Kind, verdict_in


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list of requests."""

    number: int
    gateway: str
    at: datetime
    method: str
    path: str
    status: str
    mood: str  # good, refused, broken: how the answer is coloured
    took: str
    scenario: str | None
    mode: str
    pictures: tuple[str, ...]
    inline: int  # images that came within the answer
    verdict: EntryVerdict
    told: str  # what was asked for, in a line
    why: str  # it was refused or failed, where the verdict does not tell


def row(entry: Entry, contracts: Sequence[Contract]) -> Row:
    contract = next((one for one in contracts if one.name == entry.gateway), None)
    links, inline = ((), 0) if contract is None else pictures(entry, contract)
    verdict = verdict_in(contracts, entry)
    return Row(
        number=entry.number,
        gateway=entry.gateway,
        at=datetime.fromtimestamp(entry.at, UTC),
        method=entry.method,
        path=entry.path,
        status=status_told(entry),
        mood=mood(entry),
        took=took(entry.seconds),
        scenario=entry.scenario,
        mode=entry.mode,
        pictures=links,
        inline=inline,
        verdict=verdict,
        told="" if contract is None else asked_for(entry, contract),
        why="" if contract is None or verdict.kind in {Kind.BROKEN, Kind.NOT_JSON} else why_not(entry, contract),
    )


def took(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"


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
    return tuple(links), inline


def is_link(text: str) -> bool:
    """What may stand in a page as a link: nothing that a page would run."""
    return text.startswith(("http://", "https://"))


def asked_for(entry: Entry, contract: Contract) -> str:
    """The text by which a request can be told from others."""
    found = (read(entry.body, pointer) for pointer in contract.marks)
    return next((text for text in found if isinstance(text, str)), "")


def why_not(entry: Entry, contract: Contract) -> str:
    """What the answer says of why there are no images."""
    failed = entry.status is not None and entry.status >= HTTPStatus.BAD_REQUEST
    return message_in(contract, entry.answer) if failed else ""
