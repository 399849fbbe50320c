"""The journal over HTTP: list, show, clear, export, check and follow what came in."""

from functools import partial
from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway_contract.values.json_value import Json
from mock_server.admin.assertions import Outcome, outcome, read_assertion
from mock_server.admin.events import ending_of, resumed_after, stream
from mock_server.admin.filters import Selection, selection
from mock_server.admin.har import har
from mock_server.admin.problem import ProblemError, body_of, json_response
from mock_server.journal.entries import Entry
from mock_server.journal.serialize import told
from mock_server.journal.verdict import EntryVerdict, verdict_in
from mock_server.runtime.mock import Mock
from mock_server.serving.asgi import own_url

LISTED = Selection(limit=100)
EXPORTED = Selection(newest_first=False)


async def listed(mock: Mock, request: Request) -> Response:
    """`count` tells how many pass the filters, however few of them are told."""
    wanted = selection(request.query_params.multi_items(), LISTED)
    passing = wanted.of(mock.journal.entries(), partial(judged, mock))
    shown: list[Json] = [entry_told(mock, entry) for entry in wanted.shown(passing)]
    return json_response({"requests": shown, "count": len(passing), "last": mock.journal.last})


async def show(mock: Mock, request: Request) -> Response:
    said: str = request.path_params["number"]
    entry = mock.journal.entry(int(said)) if said.isascii() and said.isdecimal() and len(said) < 16 else None
    if entry is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no such request", f"{said} is not kept; {kept(mock)}.")
    return json_response(entry_told(mock, entry))


async def clear(mock: Mock, _request: Request) -> Response:
    mock.journal.clear()
    return Response(status_code=204)


async def export(mock: Mock, request: Request) -> Response:
    wanted = selection(request.query_params.multi_items(), EXPORTED)
    judge = partial(judged, mock)
    shown = wanted.shown(wanted.of(mock.journal.entries(), judge))
    disposition = {"content-disposition": 'attachment; filename="mock.har"', "cache-control": "no-store"}
    content = orjson.dumps(har(shown, judge, own_url(request.scope)))
    return Response(content, headers=disposition, media_type="application/json")


async def check(mock: Mock, request: Request) -> Response:
    found = outcome(read_assertion(await body_of(request)), mock.journal.entries(), partial(judged, mock))
    if found.holds:
        return json_response(outcome_told(found))
    more = outcome_told(found)
    raise ProblemError(HTTPStatus.CONFLICT, "The assertion does not hold", found.says, more)


def outcome_told(found: Outcome) -> dict[str, Json]:
    return {
        "holds": found.holds,
        "says": found.says,
        "count": len(found.numbers),
        "numbers": list(found.numbers),
        "nearest": [{"number": miss.number, "why": list(miss.why)} for miss in found.nearest],
    }


async def follow(mock: Mock, request: Request) -> Response:
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    if request.method == "HEAD":
        return Response(headers=headers, media_type="text/event-stream")
    after = resumed_after(mock.journal, request.headers.get("last-event-id"))
    events = stream(mock.journal, after, ending_of(request.scope), partial(entry_told, mock))
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")


def judged(mock: Mock, entry: Entry) -> EntryVerdict:
    return verdict_in((served.gateway.contract for served in mock.served.values()), entry)


def entry_told(mock: Mock, entry: Entry) -> dict[str, Json]:
    return told(entry, judged(mock, entry))


def kept(mock: Mock) -> str:
    """Which numbers there are."""
    numbers = [one.number for one in tuple(mock.journal.kept)]
    return f"{numbers[0]} to {numbers[-1]} are" if numbers else "there are no requests"
