"""What the forms switch: with a mouse, without a script, by keyboard alone, and not from pages of other origins."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from mock_server.gateway.modes import Mode
from mock_server.scenarios.switches import CONSOLE
from tests.browser import blank_page
from tests.mock_server.admin.seen import Body, Seen
from tests.mock_server.console.conftest import opened

pytestmark = pytest.mark.anyio
FORMS = ["scenario", "end", "mode", "clear"]


@pytest.fixture(params=["with a script", "without"])
async def visitor(request: pytest.FixtureRequest, browser: Browser, console: Seen) -> AsyncIterator[Page]:
    context = await browser.new_context(java_script_enabled=request.param == "with a script")
    page = await context.new_page()
    await page.goto(console.mock.settings.own)
    yield page
    await context.close()


async def behave(page: Page, scenario: str, **fields: str) -> None:
    await page.fill("#behave [name=scenario]", scenario)
    if "times" in fields:
        await page.fill("#behave [name=times]", fields["times"])
    if "gateway" in fields:
        await page.select_option("#behave [name=gateway]", fields["gateway"])
    await page.click("text=Set the scenario")


async def test_a_scenario_holds_until_it_is_ended(visitor: Page, console: Seen, order: Body) -> None:
    await behave(visitor, "rate-limit(retry_after=5)")
    await expect(visitor.locator("#switches")).to_contain_text("all gateways, until changed, set by the console")
    assert [console.ask("powertokens", order).status_code for _ in range(3)] == [429] * 3
    await visitor.click("#switches button")
    await expect(visitor.locator("#switches")).to_contain_text("No scenario is set.")
    assert console.ask("powertokens", order).status_code == 200


async def test_a_scenario_holds_for_so_many_requests(visitor: Page, console: Seen, order: Body) -> None:
    await behave(visitor, "server-error", times="2")
    await expect(visitor.locator("#switches")).to_contain_text("for 2 more requests")
    assert [console.ask("powertokens", order).status_code for _ in range(3)] == [500, 500, 200]


async def test_a_scenario_holds_for_one_gateway(visitor: Page, console: Seen, order: Body) -> None:
    await behave(visitor, "server-error", gateway="powerbuyin")
    await expect(visitor.locator("#switches")).to_contain_text("powerbuyin, until changed")
    assert console.ask("powertokens", order).status_code == 200
    assert console.ask("powerbuyin", {}).status_code == 500


async def test_the_mode_is_switched(visitor: Page, console: Seen, order: Body) -> None:
    await visitor.click("summary:has(#mode)")
    await visitor.check("[name=mode][value=lenient]")
    await visitor.click("text=Set the mode")
    await expect(visitor.locator("#mode")).to_have_text("lenient")
    await expect(visitor.locator("[name=mode][value=lenient]")).to_be_checked()
    assert console.mock.controls.mode is Mode.LENIENT
    assert console.ask("powertokens", {**order, "n": 7}).status_code == 200


async def test_the_list_is_cleared(visitor: Page, console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    await visitor.click("text=Clear")
    await expect(visitor.locator("#nothing")).to_be_visible()
    assert console.mock.journal.entries() == ()


async def test_what_is_wrong_is_told_and_switches_nothing(visitor: Page, console: Seen) -> None:
    await behave(visitor, "rate-limt")
    await expect(visitor.get_by_role("alert")).to_contain_text("rate-limit")
    assert console.mock.controls.switchboard.current() == ()


async def test_what_was_typed_stays_to_be_put_right(visitor: Page, console: Seen) -> None:
    await behave(visitor, 'rate-limt("5")', times="2", gateway="powerbuyin")
    await expect(visitor.locator("#behave [name=scenario]")).to_have_value('rate-limt("5")')
    await expect(visitor.locator("#behave [name=times]")).to_have_value("2")
    await expect(visitor.locator("#behave [name=gateway]")).to_have_value("powerbuyin")
    await behave(visitor, "rate-limit")
    await expect(visitor.locator("#switches")).to_contain_text("powerbuyin, for 2 more requests")


async def test_what_was_typed_elsewhere_stays(tab: Page, console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    prompt = tab.locator("#form-powertokens [data-pointer='/prompt']")
    await prompt.fill("a heron")
    await tab.fill("#filter", "lighthouse")
    await behave(tab, "rate-limt")
    await expect(tab.get_by_role("alert")).to_be_in_viewport()
    await behave(tab, "rate-limit")
    await expect(tab.locator("#switches")).to_contain_text("rate-limit")
    await expect(tab.get_by_role("alert")).to_have_count(0)
    await expect(tab.locator("#behave [name=scenario]")).to_have_value("")
    await tab.click("text=Clear")
    await expect(tab.locator("#rows .row")).to_have_count(0)
    await expect(prompt).to_have_value("a heron")
    await expect(tab.locator("#filter")).to_have_value("lighthouse")


async def test_without_a_script_a_form_leads_back_to_its_place(browser: Browser, console: Seen) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 600})
    page = await context.new_page()
    await page.goto(console.mock.settings.own)
    await behave(page, "rate-limt")
    await expect(page.get_by_role("alert")).to_be_in_viewport()
    await behave(page, "rate-limit")
    await expect(page.locator("#switches")).to_be_in_viewport()
    await context.close()


async def test_a_mock_that_was_stopped_is_told(tab: Page, console: Seen) -> None:
    await tab.route("**/console/scenario*", lambda route: route.abort())
    await behave(tab, "rate-limit")
    await expect(tab.get_by_role("alert")).to_contain_text("does not respond")


async def test_switches_are_shown_as_they_run_out(tab: Page, console: Seen, order: Body) -> None:
    console.mock.controls.switchboard.set("server-error", None, 2, CONSOLE)
    await tab.reload()
    await expect(tab.locator("#switches")).to_contain_text("for 2 more requests")
    console.ask("powertokens", order)
    await expect(tab.locator("#switches")).to_contain_text("for 1 more request,")
    console.ask("powertokens", order)
    await expect(tab.locator("#switches")).to_contain_text("No scenario is set.")


async def test_the_mode_that_the_admin_api_set_is_shown(tab: Page, console: Seen, order: Body) -> None:
    console.mock.controls.mode = Mode.OFF
    console.ask("powertokens", order)
    await expect(tab.locator("#mode")).to_have_text("off")


async def test_a_broken_edit_is_told_and_its_end_as_well(tab: Page, console: Seen, order: Body) -> None:
    console.mock.reload_error = "mine.yaml:3: this is not valid YAML"
    console.ask("powertokens", order)
    await expect(tab.get_by_role("alert")).to_contain_text("old version still served: mine.yaml:3")
    console.mock.reload_error = None
    console.ask("powertokens", order)
    await expect(tab.get_by_role("alert")).to_have_count(0)


async def test_what_the_admin_api_set_is_shown_and_not_the_consoles_to_end(tab: Page, console: Seen) -> None:
    console.mock.controls.switchboard.set("server-error")
    await tab.reload()
    await expect(tab.locator("#switches")).to_contain_text("set by the admin API")
    await expect(tab.locator("#switches button")).to_have_count(0)


async def test_everything_is_done_by_keyboard_alone(browser: Browser, console: Seen, order: Body) -> None:
    async with blank_page(browser) as page:
        await opened(page, console)
        await page.keyboard.press("Tab")
        await expect(page.locator(".skip")).to_be_in_viewport()
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"
        await tabbed_to(page, "#behave [name=scenario]")
        await page.keyboard.type("server-error")
        await page.keyboard.press("Escape")
        await tabbed_to(page, "#behave [name=times]")
        await page.keyboard.type("1")
        await page.keyboard.press("Enter")
        await expect(page.locator("#switches")).to_contain_text("for 1 more request,")
        assert console.ask("powertokens", order).status_code == 500
        await expect(page.locator("#rows .cover")).to_have_count(1)
        await tabbed_to(page, "#rows .cover")
        await page.keyboard.press("Enter")
        await expect(page).to_have_title("Request 1: 500")


async def test_a_request_is_tried_by_keyboard_alone(browser: Browser, console: Seen) -> None:
    form = "#form-powerbuyin"
    async with blank_page(browser) as page:
        await opened(page, console)
        await tabbed_to(page, "#tab-powertokens")
        await page.keyboard.press("ArrowRight")
        await tabbed_to(page, f"{form} [data-pointer='/n']")
        await page.keyboard.type("2")  # in place of what is there, since all of it is chosen
        await tabbed_to(page, f"{form} [data-pointer='/watermark']")
        await page.keyboard.press("t")
        await tabbed_to(page, f"{form} button.main")
        await page.keyboard.press("Enter")
        await expect(page.locator(f"{form} .gallery img")).to_have_count(2)
        await tabbed_to(page, f"{form} .outcome pre")
    (entry,) = await console.mock.journal.news(0, 30)
    assert isinstance(entry.body, dict)
    assert (entry.gateway, entry.body["n"], entry.body["watermark"]) == ("powerbuyin", 2, True)


async def tabbed_to(page: Page, selector: str) -> None:
    """Each element that is passed shows that it has the focus."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    pytest.fail(f"no Tab leads to {selector}")


async def test_tabs_are_chosen_by_arrows(tab: Page) -> None:
    await tab.focus("#tab-powertokens")
    for key, chosen in [
        ("ArrowRight", "powerbuyin"),
        ("ArrowRight", "powertokens"),
        ("End", "powerbuyin"),
        ("Home", "powertokens"),
    ]:
        await tab.keyboard.press(key)
        await expect(tab.locator(f"#tab-{chosen}")).to_be_focused()
        await expect(tab.locator("#tabs [aria-selected=true]")).to_have_text(chosen)
        await expect(tab.locator("[role=tabpanel]:visible")).to_have_id(f"form-{chosen}")


async def test_the_focus_goes_as_the_page_is_read(tab: Page, console: Seen, order: Body) -> None:
    console.ask("powertokens", order)
    await expect(tab.locator("#rows > .row")).to_have_count(1)
    sections = ["behave-title", "requests-title", "try-title", "served"]
    passed: list[str] = []
    for _ in range(90):
        await tab.keyboard.press("Tab")
        place = await tab.evaluate(
            "document.activeElement.closest('main section')?.getAttribute('aria-labelledby') ?? ''"
        )
        if place and place not in passed[-1:]:
            passed.append(place)
    assert passed[:4] == sections


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "http://127.0.0.1:1", "null", ""])
@pytest.mark.parametrize("form", FORMS)
def test_a_page_of_another_origin_switches_nothing(console: Seen, order: Body, form: str, origin: str) -> None:
    console.ask("powertokens", order)
    said = {"scenario": "server-error", "mode": "off"}
    answer = console.http.post(f"/console/{form}", data=said, headers={"origin": origin})
    assert answer.status_code == (403 if origin else 400)
    assert len(console.mock.journal.entries()) == 1
    assert console.mock.controls.switchboard.current() == ()
    assert console.mock.controls.mode is Mode.STRICT


@pytest.mark.parametrize("form", FORMS)
def test_a_link_switches_nothing(console: Seen, form: str) -> None:
    assert console.http.get(f"/console/{form}").status_code == 405


def test_the_upstream_is_switched_as_the_gateways_are(console: Seen) -> None:
    said = {"scenario": "rate-limit", "gateway": "dashscope", "times": "1"}
    assert console.http.post("/console/scenario", data=said).status_code == 303
    (switch,) = console.mock.controls.switchboard.current()
    assert (switch.text, switch.gateway, switch.left) == ("rate-limit", "dashscope", 1)


@pytest.mark.parametrize(
    ("form", "said", "told"),
    [
        ("scenario", {"scenario": "server-error", "times": "0"}, "must be a whole number from 1"),
        ("scenario", {"scenario": "server-error", "times": "9" * 5000}, "must be a whole number from 1"),
        ("scenario", {"scenario": "server-error", "gateway": "nobody"}, "Unknown gateway"),
        ("scenario", {"scenario": "((("}, "The scenario was not set"),
        ("mode", {"mode": "harsh"}, "strict, lenient, off"),
        ("mode", {}, "strict, lenient, off"),
    ],
)
def test_nonsense_is_told_as_such(console: Seen, form: str, said: dict[str, str], told: str) -> None:
    answer = console.http.post(f"/console/{form}", data=said)
    assert answer.status_code == 400
    assert told in answer.text
    assert console.mock.controls.switchboard.current() == ()


def test_a_form_that_is_too_long_is_refused(console: Seen) -> None:
    assert console.http.post("/console/mode", content=b"x" * 50_000_000).status_code == 413
