"""How the pages look, measured: in light and dark, on a phone, and to those who listen to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Literal

import pytest
from playwright.async_api import Browser, Page

from tests.mock_server.admin.seen import Body, Seen

pytestmark = pytest.mark.anyio
Scheme = Literal["light", "dark"]
ENOUGH = 4.5  # WCAG 2.2, 1.4.3
PAGES = ("/", "/requests/2", "/requests/1", "/requests/99")
FAINT = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([red, green, blue]) => [red, green, blue].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const found = channels(getComputedStyle(one).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const said = [...document.querySelectorAll("body *")].filter((node) =>
    node.checkVisibility() && [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  return said.map((node) => {
    const [one, other] = [light(channels(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
    return [(one + 0.05) / (other + 0.05), `${node.className} ${node.textContent.trim().slice(0, 40)}`];
  });
}"""
UNNAMED = """() => [...document.querySelectorAll("a, button, input, select, textarea, img")]
  .filter((node) => node.type !== "hidden" && !(node.ariaLabel || node.textContent.trim() || node.labels?.length ||
    node.hasAttribute("alt") || node.querySelector("img:not([alt=''])")))
  .map((node) => node.outerHTML)"""


@pytest.fixture
def filled(console: Seen, order: Body) -> Seen:
    """A mock that has seen good and bad, and behaves by a switch."""
    console.ask("powertokens", {**order, "seed": 0, "n": 4}, {"x-mock-scenario": "seed-dropped-when-falsy"})
    console.ask("powertokens", {**order, "n": 7, "prompt": "x" * 700}, {"x-mock-mode": "lenient"})
    console.ask("powertokens", {**order, "response_format": "b64_json", "colour": "red"})
    console.ask("powertokens", {**order, "n": 7})
    console.ask("powertokens", order, {"x-mock-scenario": "server-error"})
    console.mock.controls.switchboard.set("chaos(rate=0.3, seed=7, of=rate-limit|server-error)", None, None, "console")
    console.mock.reload_error = "a comma is missing"
    return console


@asynccontextmanager
async def seen_as(browser: Browser, console: Seen, path: str, scheme: Scheme, width: int) -> AsyncIterator[Page]:
    context = await browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = await context.new_page()
    await page.goto(console.mock.settings.own + path)
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.name = ''; one.open = true; })")
    try:
        yield page
    finally:
        await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
async def test_all_text_stands_out_from_its_ground(browser: Browser, filled: Seen, path: str, scheme: Scheme) -> None:
    async with seen_as(browser, filled, path, scheme, 1280) as page:
        measured = await page.evaluate(FAINT)
    assert len(measured) > 5
    assert [one for one in measured if one[0] < ENOUGH] == []


async def test_dark_is_dark_and_light_is_light(browser: Browser, console: Seen) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        async with seen_as(browser, console, "/", scheme, 1280) as page:
            colour = await page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
            grounds.append(sum(colour))
    assert grounds[0] > 700
    assert grounds[1] < 120


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
@pytest.mark.parametrize("path", PAGES)
async def test_no_page_is_wider_than_its_window(browser: Browser, filled: Seen, path: str, width: int) -> None:
    async with seen_as(browser, filled, path, "light", width) as page:
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_the_list_stays_in_sight_however_far_the_forms_go_on(browser: Browser, filled: Seen) -> None:
    for _ in range(20):
        filled.http.get("/powertokens/elsewhere")
    async with seen_as(browser, filled, "/", "light", 1280) as page:
        for at in ("0", "document.body.scrollHeight / 2", "document.body.scrollHeight"):
            await page.evaluate(f"scrollTo(0, {at})")
            top = await page.evaluate("document.querySelector('#requests').getBoundingClientRect().top")
            assert top >= await page.evaluate("document.querySelector('.top').getBoundingClientRect().bottom")


@pytest.mark.parametrize("path", PAGES)
async def test_the_page_can_be_listened_to(browser: Browser, filled: Seen, path: str) -> None:
    async with seen_as(browser, filled, path, "light", 1280) as page:
        assert await page.evaluate(UNNAMED) == []
        assert await page.evaluate("[...document.querySelectorAll('[id]')].map(({ id }) => id).toSorted()") == sorted(
            set(await page.evaluate("[...document.querySelectorAll('[id]')].map(({ id }) => id)"))
        )
        levels = await page.evaluate(
            "[...document.querySelectorAll('h1, h2, h3')].map((one) => Number(one.tagName[1]))"
        )
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_what_a_browser_may_do_with_it(filled: Seen, path: str) -> None:
    headers = filled.http.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'self'",) * 3
    assert policy["frame-ancestors"] == "'none'"
    assert "access-control-allow-origin" not in headers
