"""What the first page shows live: the newest requests, those under way, and what is set."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mock_server.admin.api import whole_number
from mock_server.admin.requests import HEARTBEAT, KEEPALIVE, RETRY, stopping_event
from mock_server.console.view import RequestRow, html, row
from mock_server.runtime.mock import Mock

BATCH = 12
"""Rows per answer: more than a screen shows. The others are loaded when the reader scrolls to them."""
TICK = 0.25
"""Seconds from one look for changes to the next. Nothing wakes the console, so requests cost the same with it."""
CHANGED = b"data: changed\n\n"


@dataclass(frozen=True, slots=True)
class Gap:
    """Requests that are not shown yet: those with ids between two."""

    after: int
    before: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows, newest first, and what follows them."""

    rows: list[RequestRow]
    gap: Gap | None


def batch(mock: Mock, after: int, before: int | None = None) -> Batch:
    """The newest rows between two ids."""
    contracts = mock.contracts
    entries = mock.journal.newest(BATCH + 1, after, before)
    shown = entries[:BATCH]
    gap = Gap(after, shown[-1].id) if len(entries) > BATCH else None
    return Batch([row(entry, contracts) for entry in shown], gap)


async def rows(mock: Mock, request: Request) -> Response:
    """The rows between two ids."""
    after, before = (whole_number(request.query_params.get(name, "")) for name in ("after", "before"))
    return await asyncio.to_thread(lambda: html("rows.html", batch=batch(mock, after or 0, before)))


async def news(mock: Mock, request: Request) -> Response:
    """The requests after an id and the state.

    A greater id than any is from an earlier run of the mock, so that all requests are new.
    """
    after = whole_number(request.query_params.get("after", "")) or 0
    return await asyncio.to_thread(news_page, mock, after if after <= mock.journal.last_id else 0)


def news_page(mock: Mock, after: int) -> Response:
    return html("news.html", HTTPStatus.OK, batch=batch(mock, after), **state(mock))


def state(mock: Mock) -> dict[str, object]:
    """What changes without the console: requests are under way, scenarios expire, programs set them, files change."""
    controls = mock.controls
    return {
        "switches": controls.switchboard.current(),
        "mode": controls.mode.value,
        "reload_error": mock.reload_error or "",
        "under_way": mock.journal.under_way(),
    }


async def follow_changes(mock: Mock, request: Request) -> Response:
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    events = changes(mock, stopping_event(request.scope))
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")


async def changes(mock: Mock, stopping: asyncio.Event, tick: float = TICK) -> AsyncIterator[bytes]:
    """An event at first, and after each tick in which something changed, until the server stops.

    The events do not say what changed: a page that cannot keep up fetches all of it at once.
    """
    yield RETRY
    seen, quiet = None, 0.0
    while not stopping.is_set():
        found = fingerprint(mock)
        quiet = quiet + tick if found == seen else 0.0
        if found != seen or mock.journal.started:
            yield CHANGED
        elif quiet >= HEARTBEAT:
            quiet = 0.0
            yield KEEPALIVE
        seen = found
        await passed(stopping, tick)


async def passed(stopping: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until the server stops."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return


def fingerprint(mock: Mock) -> tuple[object, ...]:
    """Differs whenever the page would."""
    journal, controls = mock.journal, mock.controls
    switches = controls.switchboard.current()
    return journal.last_id, len(journal.stored), controls.mode, switches, mock.reload_error, len(journal.started)
