"""One request in full, beside what was asked of the upstream for it."""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from gateway_contract.contract import Contract
from gateway_contract.exchange import UpstreamCall
from gateway_contract.redaction import redact_headers
from mock_server.admin.passage import Difference
from mock_server.admin.verdict import EntryVerdict
from mock_server.console.as_curl import as_curl
from mock_server.console.lines import lines
from mock_server.console.passages import passages, touched, where_seen
from mock_server.console.rendering import html, served, whole_number
from mock_server.console.view import row
from mock_server.journal.entries import Entry
from mock_server.mock import Mock
from mock_server.serving.own_url import own_url


async def one_request(mock: Mock, request: Request) -> Response:
    number = whole_number(request.path_params["number"])
    entry = None if number is None else mock.journal.entry(number)
    if entry is None:
        said = request.path_params["number"][:20]
        return html("gone.html", HTTPStatus.NOT_FOUND, number=said, most=mock.journal.most)
    return html("request.html", HTTPStatus.OK, **shown(mock, entry, own_url(request.scope)))


def shown(mock: Mock, entry: Entry, own: str) -> dict[str, object]:
    contracts = served(mock)
    contract = next((one for one in contracts if one.name == entry.gateway), None)
    told = row(entry, contracts)
    found = told.verdict.upstream
    return {
        "entry": entry,
        "row": told,
        "asked": lines(entry.body, entry.content, {} if contract is None else marks(contract, told.verdict)),
        "answered": lines(entry.answer, entry.answer_content),
        "calls": [
            call_view(contract, entry, call, [one for one in found if one.call == index])
            for index, call in enumerate(entry.upstream)
        ],
        "curl": as_curl(entry, own, mock.settings.token is not None),
        "older": before(mock, entry.number),
        "newer": next((one.number for one in mock.journal.since(entry.number)), None),
    }


def marks(contract: Contract, verdict: EntryVerdict) -> dict[str, str]:
    """Where in a body stands what its contract refuses, and what did not arrive as it should."""
    broken = {one.pointer: one.says for one in verdict.broken if one.pointer}
    return touched(contract, verdict.upstream) | broken


def before(mock: Mock, number: int) -> int | None:
    """The request that ended before this one, where it is still kept."""
    return number - 1 if mock.journal.entry(number - 1) is not None else None


def call_view(
    contract: Contract | None, entry: Entry, call: UpstreamCall, found: Sequence[Difference]
) -> dict[str, object]:
    return {
        "call": call,
        "headers": redact_headers(call.headers),
        "body": lines(call.body, b"", where_seen(found)),
        "passages": [] if contract is None else passages(contract, entry.body, call.body, found),
    }
