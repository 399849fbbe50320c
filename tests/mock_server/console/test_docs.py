"""The documents in Swagger UI, offline."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import urlsplit

import pytest
from openapi_spec_validator import validate
from playwright.async_api import Browser, Page, expect

from gateway_contract.contract.definition import Contract
from mock_server.console.pages import ADMIN
from tests.browser import blank_page
from tests.mock_server.admin.seen import Seen, seen

pytestmark = pytest.mark.anyio
STATUS = ".live-responses-table td.response-col_status:not(.col_header)"
NAMES = ["powertokens", "powerbuyin", "dashscope", ADMIN]


@pytest.fixture
def docs(powertokens: Contract, powerbuyin: Contract) -> Iterator[Seen]:
    with seen([powertokens, powerbuyin]) as served:
        yield served


@asynccontextmanager
async def reading(browser: Browser, docs: Seen, name: str) -> AsyncIterator[Page]:
    """A document on its page, which complains of nothing and asks no other host."""
    complaints: list[str] = []
    hosts: set[str] = set()
    async with blank_page(browser) as page:
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        await page.goto(f"{docs.mock.settings.own}/docs?urls.primaryName={name}")
        await page.wait_for_selector(".opblock")
        yield page
    assert complaints == []
    assert hosts - {""} == {urlsplit(docs.mock.settings.own).netloc}


@pytest.mark.parametrize("name", NAMES)
async def test_each_document_is_shown(browser: Browser, docs: Seen, name: str) -> None:
    document = docs.http.get(f"/docs/{name}.json").json()
    async with reading(browser, docs, name) as page:
        await expect(page.locator(".info .title")).to_contain_text(document["info"]["title"])
        operations = [
            verb for path in document["paths"].values() for verb in path if verb in {"get", "post", "delete", "put"}
        ]
        await expect(page.locator(".opblock")).to_have_count(len(operations))
        assert await page.locator("select#select option").all_inner_texts() == NAMES


@pytest.mark.parametrize("name", ["powertokens", "powerbuyin"])
async def test_what_is_tried_is_tried_on_this_mock(browser: Browser, docs: Seen, name: str) -> None:
    async with reading(browser, docs, name) as page:
        await page.click(".opblock-summary-control")
        await page.click("text=Try it out")
        await page.click("button.execute")
        await expect(page.locator(STATUS)).to_contain_text("200")
    (entry,) = await docs.mock.journal.news(0, 30)
    assert (entry.gateway, entry.status) == (name, 200)


async def test_the_admin_api_is_tried_there_as_well(browser: Browser, docs: Seen) -> None:
    async with reading(browser, docs, ADMIN) as page:
        await page.locator(".opblock-summary-get", has_text="/_mock/requests").first.click()
        await page.locator("text=Try it out").first.click()
        await page.locator("button.execute").first.click()
        await expect(page.locator(STATUS)).to_contain_text("200")


async def test_the_page_leads_back(browser: Browser, docs: Seen) -> None:
    async with reading(browser, docs, "powertokens") as page:
        await page.click(".back")
        await expect(page.locator("#requests-title")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_fits_a_phone(browser: Browser, docs: Seen, scheme: Literal["light", "dark"]) -> None:
    context = await browser.new_context(viewport={"width": 375, "height": 800}, color_scheme=scheme)
    page = await context.new_page()
    await page.goto(f"{docs.mock.settings.own}/docs")
    await page.wait_for_selector(".opblock")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 375
    await context.close()


async def test_a_contract_that_was_just_made_up_is_shown_and_tried(browser: Browser, invented: Contract) -> None:
    with seen([invented]) as docs:
        async with reading(browser, docs, "paintbox") as page:
            await page.click(".opblock-summary-control")
            await page.click("text=Try it out")
            await page.click("button.execute")
            await expect(page.locator(STATUS)).to_contain_text("200")
        assert [entry.gateway for entry in await docs.mock.journal.news(0, 30)] == ["paintbox"]


@pytest.mark.parametrize("name", NAMES)
def test_each_document_is_valid_and_names_this_mock(docs: Seen, name: str) -> None:
    document = docs.http.get(f"/docs/{name}.json").json()
    validate(document)
    (server,) = document["servers"]
    assert server["url"].startswith(docs.mock.settings.own)


@pytest.mark.parametrize("path", ["/docs/nothing.json", "/docs/assets/nothing.js", "/docs/assets/..%2Fdocs_pages.py"])
def test_what_there_is_not_is_not_found(docs: Seen, path: str) -> None:
    assert docs.http.get(path).status_code == 404


def test_the_page_runs_no_script_but_its_own(docs: Seen) -> None:
    policy = docs.http.get("/docs").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy
