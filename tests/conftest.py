"""What holds for all tests of the project."""

import gc
import os
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import settings
from playwright.async_api import Browser, Page

from tests.browser import blank_page, launched
from tests.local_constants import no_local_constants

# A busy machine is slow, and that is nobody's fault; and what is green once stays green until the code changes.
settings.register_profile("project", deadline=None, derandomize=True, database=None)
settings.load_profile("project")


@pytest.fixture(scope="session", autouse=True)
def source_is_not_drawn_from() -> Iterator[None]:
    """A seed draws the same whatever the source says and whichever tests run."""
    with no_local_constants():
        yield


@pytest.fixture(scope="session", autouse=True)
def authorities_are_read_once() -> Iterator[None]:
    """Clients share what they trust by default: to read it takes 30 ms of CPU, and there are thousands of clients."""

    @cache
    def usual(trust_env: bool, _file: str | None, _folder: str | None) -> ssl.SSLContext:  # noqa: FBT001 - as httpx has it
        return httpx.create_ssl_context(trust_env=trust_env)

    def shared(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:  # noqa: ANN401, FBT001, FBT002 - as httpx has it
        if verify is not True or cert is not None:
            return httpx.create_ssl_context(verify, cert, trust_env)
        return usual(trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", shared)
        yield


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """What runs tests that are `async` and marked `anyio`; one loop for the session, as the browser lives in it."""
    return "asyncio"


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    """One browser for all tests that are `async`."""
    async with launched() as started:
        yield started


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A new page with cookies, cache and storage of its own."""
    async with blank_page(browser) as opened:
        yield opened


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never among what is imported and collected by now."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


TESTS = Path(__file__).parent
MARKED_FOLDERS = {"end_to_end": "slow", "clients": "clients"}
BROWSER_FIXTURES = {"browser", "page"}
MEASURED = {"contract_tests": 3, "end_to_end": 0}
"""How many slow tests of a module are measured: most run the whole suite, 2.5 times as long under coverage."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make check` leaves out: whole runs by their folder, and what needs a browser by its fixtures."""
    slow: Counter[Path] = Counter()
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if folder in MARKED_FOLDERS:
            item.add_marker(MARKED_FOLDERS[folder])
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("clients")
        if item.get_closest_marker("slow") is not None and folder in MEASURED:
            slow[item.path] += 1
            if slow[item.path] > MEASURED[folder]:
                item.add_marker("no_cover")
