"""The form to try a request."""

import json
from functools import partial

import pytest
from playwright.async_api import Browser, Page, expect

from gateway_contract.contract.definition import Contract
from mock_server.runtime.mock import MockSettings
from tests.mock_server.admin.seen import Seen, seen
from tests.mock_server.console.conftest import opened, watched

pytestmark = pytest.mark.anyio
FORM = "[role=tabpanel]:visible form"


async def fill(page: Page, pointer: str, value: str) -> None:
    field = page.locator(f"{FORM} [data-pointer='{pointer}']")
    if await field.evaluate("field => field.tagName") == "SELECT":
        await field.select_option(value)
    else:
        await field.fill(value)


async def body_of(page: Page) -> object:
    return json.loads(await page.input_value(f"{FORM} .body"))


async def send(page: Page) -> None:
    await page.click(f"{FORM} >> text=Send")


async def test_images_are_shown(tab: Page, console: Seen) -> None:
    await fill(tab, "/n", "3")
    await send(tab)
    await expect(tab.locator(f"{FORM} .said")).to_contain_text("200 in ")
    await expect(tab.locator(f"{FORM} .gallery img")).to_have_count(3)
    for number in range(3):
        await expect(tab.locator(f"{FORM} .gallery img").nth(number)).to_have_js_property("naturalWidth", 1024)


async def test_images_within_the_answer_are_shown_and_cut_in_the_text(tab: Page) -> None:
    await fill(tab, "/response_format", "b64_json")
    await send(tab)
    await expect(tab.locator(f"{FORM} .gallery img")).to_have_js_property("naturalWidth", 1024)
    await expect(tab.locator(f"{FORM} .outcome pre")).to_contain_text("characters)")


async def test_a_refusal_is_shown(tab: Page) -> None:
    await fill(tab, "/n", "7")
    await send(tab)
    await expect(tab.locator(f"{FORM} .outcome[data-mood=refused] .said")).to_contain_text("400 in ")
    await expect(tab.locator(f"{FORM} .outcome pre")).to_contain_text("n must be at most 6; got 7.")


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        ("server-error", "500 in"),
        ("reset", "No response within"),
        ("truncated-json", "200"),
        ("no-images", "200 in"),
        ("link-404", "Image 1 cannot be displayed"),
        ("link-html", "Image 1 cannot be displayed"),
    ],
)
async def test_whatever_goes_wrong_is_told(browser: Browser, console: Seen, scenario: str, told: str) -> None:
    async with watched(browser, console) as page:
        await page.fill(f"{FORM} .scenario", scenario)
        await send(page)
        await expect(page.locator(f"{FORM} .outcome")).to_contain_text(told)
        await expect(page.locator("#rows .chip.loud").first).to_have_text(scenario)


async def test_enter_in_a_field_sends(tab: Page) -> None:
    await tab.focus(f"{FORM} [data-pointer='/n']")
    await tab.keyboard.press("Enter")
    await expect(tab.locator(f"{FORM} .said")).to_contain_text("200 in ")


async def test_control_and_enter_send_from_a_text_of_several_lines(tab: Page) -> None:
    await tab.focus(f"{FORM} .body")
    await tab.keyboard.press("Control+Enter")
    await expect(tab.locator(f"{FORM} .said")).to_contain_text("200 in ")


async def test_a_field_stands_in_the_body_as_its_type(tab: Page, powertokens: Contract) -> None:
    for pointer, value in [("/seed", "0"), ("/watermark", "false"), ("/n", ""), ("/size", "x")]:
        await fill(tab, pointer, value)
    expected = {**powertokens.examples[0].body, "seed": 0, "watermark": False, "size": "x"}  # type: ignore[dict-item] # an object
    del expected["n"]
    assert await body_of(tab) == expected


async def test_what_is_no_number_is_sent_as_it_was_written(tab: Page) -> None:
    await fill(tab, "/n", "two")
    assert isinstance(body := await body_of(tab), dict)
    assert body["n"] == "two"


async def test_a_nested_field_is_put_in_its_place_and_taken_away(tab: Page, console: Seen) -> None:
    await tab.click("#tab-powerbuyin")
    pointer = "/input/messages/0/content/0/text"
    await fill(tab, pointer, "a heron")
    assert isinstance(body := await body_of(tab), dict)
    assert body["input"]["messages"][0]["content"][0]["text"] == "a heron"
    await send(tab)
    await expect(tab.locator("#rows .asked")).to_have_text("a heron")


async def test_fields_follow_the_body(tab: Page) -> None:
    await tab.fill(f"{FORM} .body", '{"n": 4, "watermark": true}')
    assert await tab.input_value(f"{FORM} [data-pointer='/n']") == "4"
    assert await tab.input_value(f"{FORM} [data-pointer='/watermark']") == "true"
    assert await tab.input_value(f"{FORM} [data-pointer='/prompt']") == ""


async def test_a_body_that_is_no_json_is_sent_as_it_is(tab: Page, console: Seen) -> None:
    await tab.fill(f"{FORM} .body", "{nope")
    await fill(tab, "/n", "2")
    await expect(tab.locator(f"{FORM} .outcome")).to_contain_text("no place")
    await send(tab)
    await expect(tab.locator(f"{FORM} .said")).to_contain_text("400 in ")
    (entry,) = await console.mock.journal.news(0, 30)
    assert entry.content == b"{nope"


async def test_a_mock_with_a_token_of_its_own_shows_it_nowhere_and_asks_for_it(
    browser: Browser, powertokens: Contract
) -> None:
    token = "only-this-will-do"
    with seen([powertokens], partial(MockSettings, token=token)) as console:
        async with watched(browser, console) as page:
            assert token not in await page.content()
            await send(page)
            await expect(page.locator(f"{FORM} .said")).to_contain_text("401 in ")
            await page.fill(f"{FORM} .token", token)
            await send(page)
            await expect(page.locator(f"{FORM} .said")).to_contain_text("200 in ")
            await page.click("#rows .row:first-child .cover")
            assert token not in await page.content()


async def test_a_contract_that_was_just_made_up_has_a_form_too(browser: Browser, paintbox: Seen) -> None:
    async with watched(browser, paintbox) as page:
        await opened(page, paintbox)
        await fill(page, "/wish/words", "a kite")
        await fill(page, "/chaos", "0")
        await fill(page, "/signed", "true")
        await send(page)
        await expect(page.locator(f"{FORM} .said")).to_contain_text("200 in ")
        await expect(page.locator(f"{FORM} .gallery img")).to_have_count(2)
        await fill(page, "/delivery", "inline")
        await fill(page, "/strength", "0.5")
        await send(page)
        await expect(page.locator("#rows .row:first-child")).to_contain_text("2 images within the response")
        assert isinstance(body := await body_of(page), dict)
        assert (body["wish"], body["chaos"], body["signed"], body["strength"]) == ({"words": "a kite"}, 0, True, 0.5)
