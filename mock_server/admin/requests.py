"""The journal over HTTP: list, show, clear, export, check and follow requests."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Scope

from gateway_contract.values.json_value import Json
from mock_server.admin.api import ProblemError, json_response, read_request_body, session_in, whole_number
from mock_server.admin.assertions import AssertionResult, check, read_assertion
from mock_server.admin.filters import EntrySelection, selection
from mock_server.admin.har import har
from mock_server.journal.entries import Journal, JournalEntry
from mock_server.journal.serialize import serialize, serialize_under_way
from mock_server.journal.verdict import EntryVerdict, verdict_by_gateway
from mock_server.runtime.mock import Mock
from mock_server.serving.asgi import own_url
from mock_server.serving.server import ENDING

HEARTBEAT = 15.0  # seconds; proxies close idle connections
KEEPALIVE = b": keep-alive\n\n"
RETRY = b"retry: 1000\n\n"  # milliseconds until a browser reconnects to a restarted mock


async def stream(
    journal: Journal,
    after: int,
    stopping: asyncio.Event,
    serialize_entry: Callable[[JournalEntry], Json],
    heartbeat: float = HEARTBEAT,
    session: str | None = None,
) -> AsyncIterator[bytes]:
    """Stream the entries with ids greater than `after`, future ones included, until the server stops.

    Those of one session only, unless it is None.
    """
    yield RETRY
    while not stopping.is_set():
        entries = await _next_entries(stopping, partial(journal.news, after, heartbeat, session))
        for entry in entries:
            yield event(entry.id, serialize_entry(entry))
            after = entry.id
        if not entries:
            yield KEEPALIVE


async def _next_entries(
    stopping: asyncio.Event, wait_for_news: Callable[[], Coroutine[None, None, tuple[JournalEntry, ...]]]
) -> tuple[JournalEntry, ...]:
    """Wait for new entries; return none once the server stops."""
    news = asyncio.create_task(wait_for_news())
    end = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({news, end}, return_when=asyncio.FIRST_COMPLETED)
        return news.result() if news.done() else ()
    finally:
        news.cancel()
        end.cancel()
        await asyncio.gather(news, end, return_exceptions=True)


def event(id_: int, data: Json) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (id_, orjson.dumps(data))


def resumed_after(journal: Journal, last_event: str | None) -> int:
    """The id after which a client resumes: the last that it saw, or the newest if it saw none.

    A client that knows a greater id saw an earlier run of the mock, and has seen nothing of this one.
    """
    if last_event is None or not (last_event.isascii() and last_event.isdecimal()):
        return journal.last_id
    seen = int(last_event[:16])
    return seen if seen <= journal.last_id else 0


def stopping_event(scope: Scope) -> asyncio.Event:
    """The event set when the server stops; it is never set under a server that does not provide it."""
    stopping: asyncio.Event = scope.get("extensions", {}).get(ENDING) or asyncio.Event()
    return stopping


LISTED = EntrySelection(limit=100)
EXPORTED = EntrySelection(newest_first=False)


async def list_requests(mock: Mock, request: Request) -> Response:
    """`count` is the number of requests that pass the filters, even beyond the limit.

    Entries are read in a thread and serialized one by one, so that other requests need not wait for a large journal.
    """
    selected = selection(request.query_params.multi_items(), LISTED)
    content = await asyncio.to_thread(listed_content, mock, session_in(request), selected)
    return Response(content, headers={"cache-control": "no-store"}, media_type="application/json")


def listed_content(mock: Mock, session: str | None, selected: EntrySelection) -> bytes:
    last = mock.journal.last_id
    passing = selected.of(mock.journal.entries(session), partial(judge, mock))
    shown = b",".join(orjson.dumps(serialize_entry(mock, entry)) for entry in selected.shown(passing))
    under_way = orjson.dumps([serialize_under_way(one) for one in mock.journal.under_way(session)])
    return b'{"requests":[%b],"count":%d,"last":%d,"under_way":%b}' % (shown, len(passing), last, under_way)


async def show_request(mock: Mock, request: Request) -> Response:
    id_ = whole_number(request.path_params["id"])
    session = session_in(request)
    entry = None if id_ is None else mock.journal.entry(id_, session)
    if entry is None:
        detail = f"Request {request.path_params['id']} is not in the journal; {available_ids(mock, session)}."
        raise ProblemError(HTTPStatus.NOT_FOUND, "Request not found", detail)
    return json_response(serialize_entry(mock, entry))


async def clear_requests(mock: Mock, request: Request) -> Response:
    mock.journal.clear(session_in(request))
    return Response(status_code=204)


async def export_requests(mock: Mock, request: Request) -> Response:
    """The export, made in a thread and sent entry by entry, so that other requests need not wait for it."""
    selected = selection(request.query_params.multi_items(), EXPORTED)
    entries = mock.journal.entries(session_in(request))
    passing = await asyncio.to_thread(selected.of, entries, partial(judge, mock))
    disposition = {"content-disposition": 'attachment; filename="mock.har"', "cache-control": "no-store"}
    content = har(selected.shown(passing), partial(judge, mock), own_url(request.scope))
    return StreamingResponse(content, headers=disposition, media_type="application/json")


async def assert_requests(mock: Mock, request: Request) -> Response:
    assertion = read_assertion(await read_request_body(request))
    entries = mock.journal.entries(session_in(request))
    result = await asyncio.to_thread(check, assertion, entries, partial(judge, mock))
    if result.passed:
        return json_response(serialize_result(result))
    raise ProblemError(HTTPStatus.CONFLICT, "Assertion failed", result.message, serialize_result(result))


def serialize_result(result: AssertionResult) -> dict[str, Json]:
    return {
        "passed": result.passed,
        "message": result.message,
        "count": len(result.ids),
        "ids": list(result.ids),
        "closest": [{"id": mismatch.id, "errors": list(mismatch.errors)} for mismatch in result.closest],
    }


async def follow_requests(mock: Mock, request: Request) -> Response:
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    if request.method == "HEAD":
        return Response(headers=headers, media_type="text/event-stream")
    session, after = session_in(request), resumed_after(mock.journal, request.headers.get("last-event-id"))
    events = stream(mock.journal, after, stopping_event(request.scope), partial(serialize_entry, mock), session=session)
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")


def judge(mock: Mock, entry: JournalEntry) -> EntryVerdict:
    return verdict_by_gateway(mock.contracts, entry)


def serialize_entry(mock: Mock, entry: JournalEntry) -> dict[str, Json]:
    return serialize(entry, judge(mock, entry))


def available_ids(mock: Mock, session: str | None) -> str:
    ids = [stored.id for stored in mock.journal.stored_of(session)]
    return f"it has {ids[0]} to {ids[-1]}" if ids else "it is empty"
