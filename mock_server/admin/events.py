"""Requests as server-sent events (WHATWG HTML, 9.2), each as soon as it has ended."""

import asyncio
from collections.abc import AsyncIterator, Callable

import orjson
from starlette.types import Scope

from gateway_contract.values.json_value import Json
from mock_server.journal.entries import Entry, Journal
from mock_server.serving.connection import ENDING

HEARTBEAT = 15.0  # seconds; proxies close idle connections
KEEPALIVE = b": keep-alive\n\n"
RETRY = b"retry: 1000\n\n"  # milliseconds until a browser reconnects to a restarted mock


async def stream(
    journal: Journal,
    after: int,
    stopping: asyncio.Event,
    serialize_entry: Callable[[Entry], Json],
    heartbeat: float = HEARTBEAT,
) -> AsyncIterator[bytes]:
    """Stream the entries with ids greater than `after`, future ones included, until the server stops."""
    yield RETRY
    while not stopping.is_set():
        entries = await _next_entries(stopping, journal, after, heartbeat)
        for entry in entries:
            yield event(entry.id, serialize_entry(entry))
            after = entry.id
        if not entries:
            yield KEEPALIVE


async def _next_entries(stopping: asyncio.Event, journal: Journal, after: int, heartbeat: float) -> tuple[Entry, ...]:
    """Wait for new entries; return none once the server stops."""
    news = asyncio.create_task(journal.news(after, heartbeat))
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
