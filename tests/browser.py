"""A real browser for tests: Debian's Chromium, driven by Playwright, which finds no host but this machine.

The asynchronous interface, since the synchronous one would leave its event loop running in the thread of all tests.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

CHROMIUM = Path("/usr/bin/chromium")
MISSING = f"Chromium is needed, and is neither at {CHROMIUM} nor on the path. On Debian: apt-get install chromium"

expect.set_options(timeout=30_000)  # milliseconds: a busy machine takes longer than the usual 5000

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)


def executable() -> str:
    """The browser's path. Where there is none, what needs it fails."""
    found = str(CHROMIUM) if CHROMIUM.exists() else shutil.which("chromium")
    return found or pytest.fail(MISSING, pytrace=False)


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """A browser with a new profile. It has no sandbox of its own: root may not make one, nor may most containers."""
    path = executable()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, chromium_sandbox=False, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def blank_page(browser: Browser) -> AsyncIterator[Page]:
    """A page that shares nothing with others. Errors that its scripts leave uncaught fail the test."""
    errors: list[str] = []
    context = await browser.new_context()
    try:
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
    finally:
        await context.close()
    if errors:
        pytest.fail("scripts of the page left errors uncaught: " + "; ".join(errors), pytrace=False)
