"""The mock's own pages, judged by axe-core: in light, in dark, and on a phone. What Swagger UI shows is not its own."""

import pytest
from playwright.async_api import Browser

from tests.clients.node import npm_package
from tests.mock_server.admin.seen import Body, Seen
from tests.mock_server.console.test_looks import Scheme, seen_as

pytestmark = pytest.mark.anyio
JUDGE = """async () => (await axe.run({ exclude: [["#documents"]] }, { resultTypes: ["violations"] })).violations
  .flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)}`))"""


async def violations(browser: Browser, console: Seen, path: str, scheme: Scheme, width: int) -> list[str]:
    async with seen_as(browser, console, path, scheme, width) as page:
        # Swagger UI draws what it shows after the page has loaded, its `main` landmark with it.
        await page.locator("main").wait_for()
        await page.evaluate((npm_package("axe-core") / "axe.min.js").read_text("utf-8"))
        return [f"{path}: {violation}" for violation in await page.evaluate(JUDGE)]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
async def test_axe_finds_no_violation(browser: Browser, console: Seen, order: Body, scheme: Scheme, width: int) -> None:
    console.ask("powertokens", {**order, "seed": 0}, {"x-mock-scenario": "seed-dropped-when-falsy"})
    console.ask("powertokens", {**order, "n": 7})
    console.ask("powertokens", order, {"x-mock-scenario": "server-error"})
    console.mock.set_scenario("latency(1ms)")
    for path in ("/", "/requests/1", "/requests/99"):
        assert await violations(browser, console, path, scheme, width) == []


async def test_axe_finds_no_violation_around_the_documents(browser: Browser, console: Seen) -> None:
    assert await violations(browser, console, "/docs", "light", 390) == []
