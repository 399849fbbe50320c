"""New requests as they end, told as server-sent events (WHATWG HTML, 9.2)."""

import asyncio
from collections.abc import AsyncIterator, Callable

import orjson
from starlette.types import Scope

from gateway_contract.values.json_value import Json
from mock_server.journal.entries import Entry, Journal
from mock_server.serving.connection import ENDING

HEARTBEAT = 15.0  # seconds: proxies hang up on connections that say nothing for long
STILL_HERE = b": still here\n\n"
AGAIN_AFTER = b"retry: 1000\n\n"  # milliseconds until a browser comes back to a mock that was started anew


async def stream(
    journal: Journal, after: int, ending: asyncio.Event, told: Callable[[Entry], Json], heartbeat: float = HEARTBEAT
) -> AsyncIterator[bytes]:
    """Entries with greater numbers than `after`, those to come included, until the ending."""
    yield AGAIN_AFTER
    while not ending.is_set():
        entries = await news_before(ending, journal, after, heartbeat)
        for entry in entries:
            yield event(entry.number, told(entry))
            after = entry.number
        if not entries:
            yield STILL_HERE


async def news_before(ending: asyncio.Event, journal: Journal, after: int, heartbeat: float) -> tuple[Entry, ...]:
    """What is new, as soon as anything is; nothing once it ends."""
    news = asyncio.create_task(journal.news(after, heartbeat))
    end = asyncio.create_task(ending.wait())
    try:
        await asyncio.wait({news, end}, return_when=asyncio.FIRST_COMPLETED)
        return news.result() if news.done() else ()
    finally:
        news.cancel()
        end.cancel()
        await asyncio.gather(news, end, return_exceptions=True)


def event(number: int, told: Json) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (number, orjson.dumps(told))


def resumed_after(journal: Journal, last_event: str | None) -> int:
    """The number after which a client goes on: what it saw last, or what is newest where it saw none.

    One that knows a greater number than there is saw another life of the mock, and has seen nothing of this one.
    """
    if last_event is None or not (last_event.isascii() and last_event.isdecimal()):
        return journal.last
    seen = int(last_event[:16])
    return seen if seen <= journal.last else 0


def ending_of(scope: Scope) -> asyncio.Event:
    """Set when the server stops; never where it is a server that does not tell."""
    ending: asyncio.Event = scope.get("extensions", {}).get(ENDING) or asyncio.Event()
    return ending
