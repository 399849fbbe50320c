"""Journal entries as the console's templates show them, and how pages are rendered, with security headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, Response

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import ABSENT
from gateway_contract.values.pointer import read
from mock_server.gateway.openai_errors import message_in
from mock_server.gateway.response_body import IMAGE_PATH
from mock_server.journal.entries import JournalEntry
from mock_server.journal.verdict import EntryVerdict, VerdictStatus, verdict_by_gateway

POLICY = (
    "default-src 'self'; img-src 'self' data: http: https:; style-src 'self'; script-src 'self'; "
    "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""What a page may load and run, so that markup within a prompt stays text."""


def html(template: str, status: int = HTTPStatus.OK, **shown: object) -> Response:
    headers = {
        "content-security-policy": POLICY,
        "cache-control": "no-store",
        "referrer-policy": "same-origin",  # forms need an origin; other hosts get no referrer
        "x-content-type-options": "nosniff",
    }
    text = templates().get_template(template).render(**shown)
    return HTMLResponse(text.encode("utf-8", "replace"), status, headers)  # JSON may contain a lone surrogate


@cache
def templates() -> Environment:
    return Environment(
        loader=PackageLoader("mock_server.console"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


WARNING = "x-mock-warning"


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One line of the list of requests."""

    id: int
    gateway: str
    time: datetime
    method: str
    path: str
    status: str
    mood: str  # good, refused or broken: the colour of the response
    duration: str
    scenario: str | None
    mode: str
    session: str | None
    pictures: tuple[str, ...]
    thumbnails: tuple[str, ...]
    inline: int  # number of images within the response
    verdict: EntryVerdict
    summary: str  # the prompt, if it has one
    outcome: str  # what the response was
    warnings: tuple[str, ...]  # of the mock, such as of a scenario without effect


def row(entry: JournalEntry, contracts: Sequence[Contract]) -> RequestRow:
    contract = next((one for one in contracts if one.name == entry.gateway), None)
    links, inline = ((), 0) if contract is None else pictures(entry, contract)
    verdict = verdict_by_gateway(contracts, entry)
    return RequestRow(
        id=entry.id,
        gateway=entry.gateway,
        time=datetime.fromtimestamp(entry.timestamp, UTC),
        method=entry.method,
        path=entry.path,
        status=format_status(entry),
        mood=mood(entry),
        duration=format_duration(entry.duration_seconds),
        scenario=entry.scenario,
        mode=entry.mode,
        session=entry.session,
        pictures=links,
        thumbnails=tuple(thumbnail_of(link, entry.gateway) for link in links),
        inline=inline,
        verdict=verdict,
        summary="" if contract is None else prompt_of(entry, contract),
        outcome=outcome(entry, contract, verdict, len(links) + inline),
        warnings=tuple(value for name, value in entry.response_headers if name.lower() == WARNING),
    )


def outcome(entry: JournalEntry, contract: Contract | None, verdict: EntryVerdict, images: int) -> str:
    """What the response was: images, or the error, unless the verdict says why the request was rejected."""
    if entry.status is None or not entry.complete:
        return format_status(entry)
    if entry.status >= HTTPStatus.BAD_REQUEST:
        told = verdict.status in {VerdictStatus.INVALID, VerdictStatus.MALFORMED_JSON}
        is_rejection = told and entry.status < HTTPStatus.INTERNAL_SERVER_ERROR and not entry.upstream_calls
        message = "" if contract is None or is_rejection else error_message(entry, contract)
        return message or ("rejected" if is_rejection else f"error {entry.status}")
    return f"{images or 'no'} image{'' if images == 1 else 's'}"


def format_duration(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"


def format_status(entry: JournalEntry) -> str:
    if entry.client_gone:
        return "client went away" if entry.status is None else f"{entry.status}, client went away"
    if entry.status is None:
        return "no response"
    return str(entry.status) if entry.complete else f"{entry.status}, incomplete"


def mood(entry: JournalEntry) -> str:
    if entry.status is None or not entry.complete or entry.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "broken"
    return "good" if entry.status < HTTPStatus.BAD_REQUEST else "refused"


def pictures(entry: JournalEntry, contract: Contract) -> tuple[tuple[str, ...], int]:
    """Links to the images of a response, and the number of images within it."""
    if streamed := streamed_images(entry, contract):
        return (), streamed
    items = ABSENT if contract.images is None else read(entry.response, contract.images.pointer)
    if contract.images is None or not isinstance(items, list):
        return (), 0
    fields = contract.images.image_fields
    values = [(field, read(item, f"/{field.key}")) for item in items for field in fields]
    links = [value for field, value in values if not field.inline and isinstance(value, str) and is_link(value)]
    inline = sum(1 for field, value in values if field.inline and isinstance(value, str) and value)
    return tuple(links), inline


def streamed_images(entry: JournalEntry, contract: Contract) -> int:
    """The number of whole images in a response of events."""
    if contract.mock_stream is None:
        return 0
    completed = b"event: %b" % str(contract.mock_stream.completed["type"]).encode()
    return entry.response_content.split(b"\n").count(completed)


def is_link(text: str) -> bool:
    """Whether a page may link to this: an HTTP URL, nothing that a browser would run."""
    return text.startswith(("http://", "https://"))


def thumbnail_of(link: str, gateway: str) -> str:
    """The small version of an image; the link itself if it does not lead to this gateway."""
    path = link.partition("://")[2].partition("?")[0].partition("/")[2]
    own = f"{gateway}{IMAGE_PATH}/"
    signed = path.removeprefix(own).removesuffix(".png")
    return f"/_mock/thumbnails/{gateway}/{signed}" if path == f"{own}{signed}.png" else link


def prompt_of(entry: JournalEntry, contract: Contract) -> str:
    """The prompt, by which people recognize a request."""
    found = (read(entry.body, pointer) for pointer in contract.marks)
    return next((text for text in found if isinstance(text, str)), "")


def error_message(entry: JournalEntry, contract: Contract) -> str:
    """The message of an error response."""
    failed = entry.status is not None and entry.status >= HTTPStatus.BAD_REQUEST
    return message_in(contract, entry.response) if failed else ""
