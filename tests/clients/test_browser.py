"""The browser of the tests: it stays on this machine, hides no error, and leaves other tests alone."""

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Page

import tests.browser
from tests.browser import blank_page, executable

FAILED = pytest.fail.Exception


@pytest.mark.anyio
async def test_a_page_runs_scripts(page: Page) -> None:
    await page.set_content("<h1></h1><script>document.querySelector('h1').textContent = 6 * 7</script>")
    assert await page.inner_text("h1") == "42"


@pytest.mark.anyio
async def test_a_page_reaches_no_other_host(page: Page) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        await page.goto("http://example.com/")


@pytest.mark.anyio
async def test_an_error_that_a_script_leaves_uncaught_fails_the_test(browser: Browser) -> None:
    async with AsyncExitStack() as stack:
        page = await stack.enter_async_context(blank_page(browser))
        await page.set_content("<script>throw new Error('left alone')</script>")
        with pytest.raises(FAILED, match="left alone"):
            await stack.aclose()


@pytest.mark.anyio
async def test_pages_share_no_storage(browser: Browser, page: Page) -> None:
    await page.context.add_cookies([{"name": "kept", "value": "here", "url": "http://127.0.0.1"}])
    async with blank_page(browser) as other:
        assert await other.context.cookies() == []


def test_other_tests_may_run_loops_of_their_own(browser: Browser) -> None:
    assert asyncio.run(asyncio.sleep(0, "done")) == "done"
    assert browser.is_connected()


def test_where_there_is_no_browser_the_test_fails_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tests.browser, "CHROMIUM", Path("nowhere"))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(FAILED, match="apt-get install chromium"):
        executable()
