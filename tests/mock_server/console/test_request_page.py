"""One request in full, beside its upstream call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, expect

from mock_server.runtime.mock import serve_contracts
from tests.mock_server.admin.seen import TOKEN, Body, Seen
from tests.mock_server.console.conftest import watched

pytestmark = pytest.mark.anyio
ASKED, CALL = "section[aria-labelledby=asked]", "section[aria-labelledby=call-1]"


@asynccontextmanager
async def newest(browser: Browser, console: Seen) -> AsyncIterator[Page]:
    """The page of the request that came in last."""
    async with watched(browser, console) as page:
        await page.click("#rows .row:first-child .cover")
        yield page


async def test_what_was_asked_stands_beside_what_was_sent_upstream(
    browser: Browser, console: Seen, order: Body
) -> None:
    console.ask("powertokens", {**order, "prompt": "two herons"})
    async with newest(browser, console) as page:
        await expect(page.locator(f"{ASKED} pre")).to_contain_text('"prompt": "two herons"')
        await expect(page.locator(f"{CALL} pre")).to_contain_text('"text": "two herons"')
        left, right = [await page.locator(one).bounding_box() for one in (ASKED, CALL)]
        assert left is not None
        assert right is not None
        assert left["y"] == right["y"]
        assert left["x"] + left["width"] <= right["x"]
        await expect(page.locator("mark, .fields .dropped")).to_have_count(0)


async def test_a_long_text_is_cut_in_the_title_and_stands_whole_below(
    browser: Browser, console: Seen, order: Body
) -> None:
    prompt = "雨后的小巷，红灯笼映在青石板上。" * 50
    console.ask("powertokens", {**order, "prompt": prompt})
    async with newest(browser, console) as page:
        title = await page.locator("h1").bounding_box()
        assert title is not None
        assert title["height"] < 120
        asked = page.locator(f"{ASKED} pre")
        await expect(asked).to_contain_text(prompt)
        assert await asked.evaluate("body => body.scrollWidth <= body.clientWidth")


async def test_a_field_that_was_lost_is_marked(browser: Browser, console: Seen, order: Body) -> None:
    console.ask("powertokens", {**order, "seed": 0}, {"x-mock-scenario": "seed-dropped-when-falsy"})
    async with newest(browser, console) as page:
        await expect(page.locator(f"{ASKED} mark")).to_have_text('  "seed": 0')
        await expect(page.locator(f"{CALL} mark")).to_have_count(0)
        cells = await page.locator(".fields tr.dropped > *").all_inner_texts()
        assert cells == ["seed", "0", "/parameters/seed", "missing", "dropped"]
        await expect(page.locator("section[aria-labelledby=verdict]")).to_contain_text("upstream; missing")


async def test_a_field_that_was_changed_is_marked_on_both_sides(browser: Browser, console: Seen, order: Body) -> None:
    console.ask("powertokens", {**order, "n": 7}, {"x-mock-mode": "lenient"})
    async with newest(browser, console) as page:
        await expect(page.locator(f"{ASKED} mark")).to_have_text('  "n": 7,')
        await expect(page.locator(f"{CALL} mark")).to_contain_text('"n": 6')
        await expect(page.locator(".fields tr.changed")).to_have_count(1)


async def test_images_are_shown_and_lead_to_themselves(browser: Browser, console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    async with newest(browser, console) as page:
        await expect(page.locator(".gallery img")).to_have_js_property("naturalWidth", 1024)
        async with page.expect_response("**/images/**") as shown:
            await page.click(".gallery a")
        assert (await shown.value).headers["content-type"] == "image/png"


async def test_images_within_the_answer_are_told(browser: Browser, console: Seen, order: Body) -> None:
    console.ask("powertokens", {**order, "response_format": "b64_json"})
    async with newest(browser, console) as page:
        await expect(page.locator("section[aria-labelledby=pictures]")).to_contain_text("1 image within the response")


async def test_a_request_that_never_went_upstream_says_so(browser: Browser, console: Seen, order: Body) -> None:
    console.ask("powertokens", {**order, "n": 7})
    async with newest(browser, console) as page:
        await expect(page.locator("main")).to_contain_text("The gateway did not call the upstream.")


async def test_what_the_contract_refuses_is_marked_and_told_line_by_line(
    browser: Browser, console: Seen, order: Body
) -> None:
    console.ask("powertokens", {**order, "n": 7, "seed": -1, "sed": 1})
    async with newest(browser, console) as page:
        await expect(page.locator(f"{ASKED} mark")).to_have_text(['  "n": 7,', '  "seed": -1,'])
        told = page.locator("section[aria-labelledby=verdict] .verdict")
        await expect(told).to_have_text(
            [
                "Request: n must be at most 6; got 7.",
                "Request: seed must be at least 0; got -1.",
                "Request: The contract says nothing about sed (did you mean 'seed'?).",
            ]
        )


async def test_one_leads_to_the_next(browser: Browser, console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    console.ask("powertokens", order)
    async with newest(browser, console) as page:
        await page.click("text=Older")
        await expect(page).to_have_title("Request 1: 200")
        await expect(page.locator("text=Older")).to_have_count(0)
        await page.click("text=Newer")
        await expect(page).to_have_title("Request 2: 200")


async def test_it_is_copied_as_curl(browser: Browser, console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    async with newest(browser, console) as page:
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.click("text=Copy as curl")
        await expect(page.locator("text=Copied")).to_be_visible()
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == await page.inner_text("#curl")
        assert copied.startswith("curl http://")


async def test_what_cannot_be_copied_is_selected(browser: Browser, console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    async with newest(browser, console) as page:
        await page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not here')); }")
        await page.click("text=Copy as curl")
        assert await page.evaluate("getSelection().toString()") == await page.inner_text("#curl")


async def test_an_order_that_was_just_made_up_is_shown_too(browser: Browser, paintbox: Seen) -> None:
    order: Body = {"engine": "quick", "wish": {"words": "a kite"}, "chaos": 0}
    paintbox.ask("paintbox", order, {"x-mock-scenario": "chaos-dropped-when-falsy"})
    async with newest(browser, paintbox) as page:
        await expect(page.locator("h1")).to_contain_text("a kite")
        await expect(page.locator(f"{ASKED} mark")).to_have_text('  "chaos": 0')
        await expect(page.locator(".fields tr.dropped")).to_contain_text("/settings/dice")


def test_no_page_shows_a_token(console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    assert TOKEN not in console.http.get("/requests/1").text


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\x00", b"[]", b'"x"', b'{"prompt": "\\ud800"}', b"1" * 6000, b"[" * 900 + b"]" * 900],
    ids=["nothing", "cut", "bytes", "a list", "a text", "half a character", "a long number", "deep"],
)
def test_whatever_came_in_has_its_pages(console: Seen, content: bytes) -> None:
    console.http.post("/powertokens/v1/images/generations", content=content)
    for path in ("/", "/requests/1", "/console/rows?after=0"):
        assert console.http.get(path).status_code == 200, path


def test_a_request_of_a_gateway_that_is_served_no_longer_is_shown(console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    serve_contracts(console.mock, [console.mock.served["powerbuyin"].gateway.contract])
    for path in ("/", "/requests/1"):
        answer = console.http.get(path)
        assert answer.status_code == 200
        assert "no longer served" in answer.text


@pytest.mark.parametrize("number", ["7", "0", "x", "<b>", "9" * 5000])
def test_a_request_that_is_not_there_is_told_as_such(console: Seen, number: str) -> None:
    answer = console.http.get(f"/requests/{number}")
    assert answer.status_code == 404
    assert "is not in the journal" in answer.text
    assert "<b>" not in answer.text
