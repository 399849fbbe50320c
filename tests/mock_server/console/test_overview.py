"""The first page, live in a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import cast

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from gateway_contract.contract.definition import Contract
from mock_server.app import mock_app
from mock_server.console.live import BATCH
from mock_server.images.thumbnails import SIDE
from mock_server.runtime.mock import MockSettings, create_mock
from mock_server.scenarios.switches import CONSOLE
from mock_server.serving.server import listen, serving_on, url_of
from tests.browser import blank_page
from tests.mock_server.admin.seen import HERE, Body, Seen, seen
from tests.mock_server.console.conftest import opened, watched

pytestmark = pytest.mark.anyio
NEWEST = "#rows > .row:first-child"


async def test_a_request_appears_as_it_comes_in(tab: Page, console: Seen, order: Body) -> None:
    await expect(tab.locator("#nothing")).to_be_visible()
    console.ask("powertokens", {**order, "n": 2})
    row = tab.locator(NEWEST)
    await expect(row).to_contain_text("Request: valid")
    await expect(row.locator(".status")).to_have_text("200")
    await expect(row).to_contain_text(str(order["prompt"]))
    await expect(row.locator(".thumbs img")).to_have_count(2)
    await expect(tab.locator("#nothing")).to_be_hidden()
    await expect(tab.locator("#news")).to_contain_text("200")


async def test_a_thumbnail_is_an_image(tab: Page, console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    await tab.locator(f"{NEWEST} img").scroll_into_view_if_needed()
    await expect(tab.locator(f"{NEWEST} img")).to_have_js_property("naturalWidth", SIDE)


async def test_the_verdict_is_told_in_plain_words(tab: Page, console: Seen, order: Body) -> None:
    console.ask("powertokens", {**order, "n": 7})
    await expect(tab.locator(f"{NEWEST} .verdict")).to_have_text("Request: n must be at most 6; got 7.")
    await expect(tab.locator(f"{NEWEST}.refused .status")).to_have_text("400")


async def test_images_within_the_answer_are_counted(tab: Page, console: Seen, order: Body) -> None:
    console.ask("powertokens", {**order, "response_format": "b64_json"})
    await expect(tab.locator(NEWEST)).to_contain_text("1 image within the response")


async def test_requests_come_in_their_order_and_none_is_missed(tab: Page, console: Seen, order: Body) -> None:
    """More at once than one piece of news holds: the others come as the reader scrolls to them."""
    await tab.click("#pause")
    asked = 2 * BATCH + 5
    for _ in range(asked):
        console.ask("powertokens", {**order, "n": 7})
    await tab.click("#pause")
    rows = tab.locator("#rows > .row")
    for shown in (BATCH, 2 * BATCH, asked):
        await expect(rows).to_have_count(shown)
        await rows.last.scroll_into_view_if_needed()
    await expect(tab.locator(".gap")).to_have_count(0)
    numbers = await tab.locator("#rows > .row").evaluate_all("rows => rows.map(row => Number(row.dataset.id))")
    assert numbers == list(range(asked, 0, -1))


async def test_a_thousand_requests_stay_usable(browser: Browser, console: Seen, order: Body) -> None:
    for number in range(1010):
        console.ask("powertokens", {**order, "prompt": f"number {number}", "n": 7})
    async with watched(browser, console) as page:
        await expect(page.locator("#rows > .row")).to_have_count(BATCH)
        await page.fill("#filter", "number 807")
        await expect(page.locator("#rows > .row:visible")).to_have_count(1)


async def test_a_list_never_grows_beyond_the_journal(tab: Page, console: Seen, order: Body) -> None:
    await tab.evaluate("document.querySelector('#rows').dataset.maxEntries = '3'")
    for _ in range(5):
        console.ask("powertokens", {**order, "n": 7})
    await expect(tab.locator("#rows > .row:first-child[data-id='5']")).to_be_visible()
    await expect(tab.locator("#rows > .row")).to_have_count(3)


async def test_a_paused_list_stands_still_and_goes_on_with_all(tab: Page, console: Seen, order: Body) -> None:
    await tab.click("#pause")
    console.ask("powertokens", order)
    console.ask("powertokens", order)
    async with tab.expect_event("console") as told:
        await tab.evaluate("new EventSource('/_mock/events?after=0').onmessage = () => console.log('seen')")
        console.ask("powertokens", order)
    assert (await told.value).text == "seen"
    await expect(tab.locator("#rows > .row")).to_have_count(0)
    await tab.click("#pause")
    await expect(tab.locator("#rows > .row")).to_have_count(3)


async def test_a_filter_holds_for_what_comes_later(tab: Page, console: Seen, order: Body) -> None:
    await tab.fill("#filter", "at most 6")
    console.ask("powertokens", order)
    await expect(tab.locator("#unmatched")).to_be_visible()
    console.ask("powertokens", {**order, "n": 7})
    await expect(tab.locator("#rows > .row")).to_have_count(2)
    await expect(tab.locator("#rows > .row:visible")).to_have_count(1)
    await tab.fill("#filter", "")
    await expect(tab.locator("#rows > .row:visible")).to_have_count(2)


async def test_clear_forgets_all(tab: Page, console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    await expect(tab.locator("#rows > .row")).to_have_count(1)
    await tab.click("text=Clear")
    await expect(tab.locator("#nothing")).to_be_visible()
    assert console.mock.journal.entries() == ()


async def test_what_a_prompt_smuggles_in_is_text(tab: Page, console: Seen, order: Body) -> None:
    smuggled = "<script>document.title = 'gone'</script><img src=x onerror=\"document.title='gone'\">"
    console.ask("powertokens", {**order, "prompt": smuggled})
    await expect(tab.locator(f"{NEWEST} .asked")).to_have_text(smuggled)
    await tab.click(f"{NEWEST} .cover")
    await expect(tab.locator("h1 .asked")).to_have_text(smuggled)
    assert await tab.title() == "Request 1: 200"


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (1280, 450), (375, 800)])
async def test_whoever_reads_keeps_their_place_as_requests_come_in(
    tab: Page, console: Seen, order: Body, width: int, height: int
) -> None:
    await tab.set_viewport_size({"width": width, "height": height})
    for number in range(12):
        console.ask("powertokens", {**order, "prompt": f"number {number}"})
    read = tab.locator("#rows > .row", has_text="number 2")
    await expect(tab.locator("#rows > .row")).to_have_count(12)
    await read.evaluate("row => row.scrollIntoView({ block: 'center' })")
    before = await top(read)
    console.ask("powertokens", {**order, "n": 4, "prompt": "the newest"})
    await expect(tab.locator(NEWEST)).to_contain_text("the newest")
    assert await top(read) == pytest.approx(before, abs=1)  # what is scrolled stands on whole pixels


async def test_whoever_fills_in_the_form_keeps_their_place_as_requests_come_in(
    tab: Page, console: Seen, order: Body
) -> None:
    for _ in range(12):
        console.ask("powertokens", order)
    button = tab.locator("#form-powertokens button.main")
    await expect(tab.locator("#rows > .row")).to_have_count(12)
    await button.scroll_into_view_if_needed()
    before = await top(button)
    console.ask("powertokens", {**order, "n": 4, "prompt": "the newest"})
    await expect(tab.locator(NEWEST)).to_contain_text("the newest")
    await expect(tab.locator(NEWEST)).to_be_in_viewport()
    assert await top(button) == before


async def top(one: Locator) -> float:
    box = await one.bounding_box()
    assert box is not None
    return box["y"]


async def test_nothing_but_the_list_moves_as_requests_come_in_and_switches_run_out(
    tab: Page, console: Seen, order: Body
) -> None:
    console.mock.controls.switchboard.set("latency(1ms)", None, 1, CONSOLE)
    await tab.reload()
    await expect(tab.locator("#switches")).to_contain_text("for 1 more request,")
    before = await places(tab)
    console.ask("powertokens", {**order, "n": 4})
    await expect(tab.locator("#rows > .row")).to_have_count(1)
    await expect(tab.locator("#switches")).to_contain_text("No scenario is set.")
    assert await places(tab) == before


async def places(page: Page) -> list[list[float]]:
    """Where all stands that can be read or pressed, but for the list and what says which switches hold."""
    return cast(
        "list[list[float]]",
        await page.evaluate("""() => [...document.querySelectorAll("h2, h3, p, button, input, select, textarea")]
            .filter((one) => one.checkVisibility() && !one.closest("#rows, #switches, #nothing, #journal"))
            .map((one) => one.getBoundingClientRect()).map(({ x, y, width, height }) => [x, y, width, height])"""),
    )


async def test_chinese_is_legible_where_the_system_has_no_font_for_it(tab: Page, console: Seen, order: Body) -> None:
    """Without a font each character is the same box."""
    assert await faces(tab) == ["unloaded"]
    for prompt in ("雨", "巷"):
        console.ask("powertokens", {**order, "prompt": prompt})
    await expect(tab.locator("#rows > .row")).to_have_count(2)
    assert await faces(tab) == ["loaded"]
    first, second = [await one.screenshot() for one in await tab.locator("#rows .asked").all()]
    assert first != second


async def test_a_title_in_chinese_is_legible_at_first_sight(browser: Browser, console: Seen, order: Body) -> None:
    """It is bold, and is laid out before the font has come."""
    for prompt in ("雨", "巷"):
        console.ask("powertokens", {**order, "prompt": prompt})
    assert await title_at_first_sight(browser, console, 1) != await title_at_first_sight(browser, console, 2)


async def title_at_first_sight(browser: Browser, console: Seen, number: int) -> bytes:
    async with blank_page(browser) as page:
        await page.goto(f"{console.mock.settings.own}/requests/{number}")
        assert await faces(page) == ["loaded"]
        return await page.locator("h1 .asked").screenshot()


def test_the_font_is_the_mocks_own(console: Seen) -> None:
    answer = console.http.get("/console/chinese.otf")
    assert (answer.content[:4], answer.headers["content-type"]) == (b"OTTO", "font/otf")


async def faces(page: Page) -> list[str]:
    return cast(
        "list[str]", await page.evaluate("document.fonts.ready.then((all) => [...all].map((face) => face.status))")
    )


async def test_what_was_broken_on_purpose_is_told(browser: Browser, powertokens: Contract) -> None:
    with seen([powertokens], partial(MockSettings, defect="seed-dropped-when-falsy")) as console:
        async with watched(browser, console) as page:
            await expect(page.locator("main")).to_contain_text("Active defect: seed-dropped-when-falsy")


async def test_times_are_the_readers_own(browser: Browser, console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    context = await browser.new_context(timezone_id="Asia/Kathmandu", locale="en-GB")
    page = await context.new_page()
    await opened(page, console)
    shown = await page.inner_text(f"{NEWEST} time")
    assert shown == await page.evaluate(
        "new Date(document.querySelector('time').dateTime).toLocaleTimeString('en-GB', {timeZone: 'Asia/Kathmandu'})"
    )
    await context.close()


async def test_without_a_script_times_say_that_they_are_utc(console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    assert " UTC</time>" in console.http.get("/").text


async def test_what_was_wrong_with_the_contracts_is_told(browser: Browser, console: Seen) -> None:
    console.mock.reload_error = "openapi/powertokens.yaml:12: a comma is missing"
    async with watched(browser, console) as page:
        await expect(page.get_by_role("alert")).to_contain_text("old version still served: openapi/powertokens.yaml:12")


async def test_a_page_whose_mock_is_away_says_so_and_begins_anew_with_the_next(
    browser: Browser, powertokens: Contract, order: Body
) -> None:
    with listen(HERE, 0) as listener:
        port = listener.getsockname()[1]
    async with blank_page(browser) as page:
        with running(powertokens, port) as first:
            await opened(page, first)
            for _ in range(3):
                first.ask("powertokens", order)
            await expect(page.locator("#rows > .row")).to_have_count(3)
        await expect(page.locator("#live.lost")).to_have_text("not connected")
        with running(powertokens, port) as second:
            await expect(page.locator("#live:not(.lost)")).to_have_text("live")
            second.ask("powertokens", {**order, "prompt": "the first of another life"})
            await expect(page.locator("#rows > .row")).to_have_count(1)
            await expect(page.locator(NEWEST)).to_contain_text("the first of another life")


@contextmanager
def running(contract: Contract, port: int) -> Iterator[Seen]:
    with listen(HERE, port) as listener:
        mock = create_mock([contract], MockSettings(url_of(HERE, listener)))
        with serving_on(listener, mock_app(mock)), client(mock.settings.own) as http:
            yield Seen(mock, http)


def client(own: str) -> httpx.Client:
    return httpx.Client(base_url=own, headers={"authorization": "Bearer any"}, timeout=30, trust_env=False)


@pytest.mark.parametrize("after", ["", "x", "-1", "٣", "9" * 5000])
def test_whatever_comes_after_nonsense_is_all(console: Seen, order: Body, after: str) -> None:
    console.ask("powertokens", order)
    answer = console.http.get("/console/rows", params={"after": after})
    assert answer.status_code == 200
    assert 'data-id="1"' in answer.text


def test_nothing_comes_after_the_last(console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    assert "<li" not in console.http.get("/console/rows?after=1").text
