"""A mock with its console, and what a browser saw of it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page

from gateway_contract.contract.definition import Contract
from tests.browser import blank_page
from tests.mock_server.admin.seen import Seen, seen


@pytest.fixture
def console(powertokens: Contract, powerbuyin: Contract) -> Iterator[Seen]:
    with seen([powertokens, powerbuyin]) as served:
        yield served


@pytest.fixture
def paintbox(invented: Contract) -> Iterator[Seen]:
    """The console of a contract that nobody knew when it was written."""
    with seen([invented]) as served:
        yield served


@pytest.fixture
async def tab(browser: Browser, console: Seen) -> AsyncIterator[Page]:
    """The first page, live. What it complains of, and any request to another host, fails the test."""
    async with watched(browser, console) as page:
        yield page


@asynccontextmanager
async def watched(browser: Browser, console: Seen) -> AsyncIterator[Page]:
    complaints: list[str] = []
    hosts: set[str] = set()
    async with blank_page(browser) as page:
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        await opened(page, console)
        yield page
    assert [said for said in complaints if not said.startswith("Failed to load resource")] == []
    assert hosts - {""} == {urlsplit(console.mock.settings.own).netloc}


async def opened(page: Page, console: Seen) -> None:
    """The first page, once news would reach it."""
    await page.goto(console.mock.settings.own)
    await page.wait_for_selector("#live:not([hidden]):not(.lost)")
