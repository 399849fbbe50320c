"""What an open page is sent: batches of rows, and word that something changed, without a cost per request."""

import asyncio

import pytest
from playwright.async_api import Browser, expect

from mock_server.console.live import BATCH, CHANGED, changes
from mock_server.images.thumbnails import SIDE
from tests.mock_server.admin.seen import Body, Seen
from tests.mock_server.console.conftest import watched

pytestmark = pytest.mark.anyio


async def test_an_event_comes_at_first_and_after_each_change(console: Seen) -> None:
    mock, stopping = console.mock, asyncio.Event()
    events = changes(mock, stopping, tick=0.01)
    await anext(events)
    assert await anext(events) == CHANGED
    mock.set_scenario("rate-limit")
    assert await anext(events) == CHANGED
    stopping.set()
    assert [event async for event in events] == []


async def test_nothing_waits_for_requests_between_two_ticks(console: Seen) -> None:
    events = changes(console.mock, asyncio.Event(), tick=0.01)
    assert [await anext(events), await anext(events)][1] == CHANGED
    assert console.mock.journal.waiting == set()


def test_a_batch_is_bounded_and_says_what_it_leaves_out(console: Seen, order: Body) -> None:
    for _ in range(BATCH + 2):
        console.ask("powertokens", {**order, "n": 7})
    newest = console.http.get("/console/news?after=1").text
    assert newest.count('class="row ') == BATCH
    assert 'data-after="1" data-before="3"' in newest
    older = console.http.get("/console/rows?after=1&before=3").text
    assert ('data-id="2"' in older, older.count("<li")) == (True, 1)


def test_a_greater_id_than_any_is_of_an_earlier_run(console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    assert 'data-id="1"' in console.http.get("/console/news?after=99").text


async def test_a_row_that_is_not_in_view_loads_no_image(browser: Browser, console: Seen, order: Body) -> None:
    for _ in range(BATCH):
        console.ask("powertokens", order)
    async with watched(browser, console) as page:
        images = page.locator("#rows img")
        await expect(images.first).to_have_js_property("naturalWidth", SIDE)
        await expect(images.last).to_have_js_property("src", "")
        await images.last.scroll_into_view_if_needed()
        await expect(images.last).to_have_js_property("naturalWidth", SIDE)
