"""A page of another origin in a real browser: with nothing but `fetch`, and with npm's SDK."""

from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mock_server.serving.asgi import with_cors
from mock_server.serving.server import serving
from tests.browser import blank_page
from tests.clients.calls import TEXT, Call, Failing, Told, played
from tests.clients.node import answer_in, told_in
from tests.ports import free_port

pytestmark = pytest.mark.anyio

RUN = "([module, name, argument]) => import(module).then((found) => found[name](argument))"
INLINE = "data:image/png;base64,"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A page whose origin is not the mock's."""

    page: Page

    async def does(self, name: str, argument: Any) -> Any:  # noqa: ANN401 - what JavaScript takes and gives
        return await self.page.evaluate(RUN, ["/page.mjs", name, argument])

    async def link_to(self, mock: str, call: Call) -> str:
        answer = await self.does("generate", call.job(mock))
        return str(answer["body"]["data"][0]["url"])

    async def asks(self, job: dict[str, Any]) -> dict[str, Any]:
        """What came of one call with the SDK."""
        outcome: dict[str, Any] = await self.page.evaluate(RUN, ["/ask.mjs", "ask", job])
        return outcome


@pytest.fixture(scope="module")
async def visitor(browser: Browser, elsewhere: str) -> AsyncIterator[Visitor]:
    async with blank_page(browser) as page:
        await page.goto(elsewhere)
        yield Visitor(page)


def sized(contract: str, size: str, **fields: str | int) -> Call:
    return Call(contract, fields={"size": size, "response_format": "url", **fields})


async def test_a_browser_keeps_from_a_page_what_another_origin_does_not_open(visitor: Visitor) -> None:
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])
    with serving(app) as closed, serving(with_cors(app)) as opened:
        assert await visitor.does("isKeptAway", closed)
        assert not await visitor.does("isKeptAway", opened)


async def test_a_page_may_call(visitor: Visitor, mock: str, contract: str) -> None:
    call = Call(contract, fields={"n": 3}, headers={"X-Mock-Anything": "1"})
    answer = await visitor.does("generate", call.job(mock))
    assert answer["status"] == 200
    assert all(item["revised_prompt"].startswith(TEXT) for item in answer["body"]["data"])


async def test_a_page_may_read_a_failure(visitor: Visitor, mock: str, contract: str, failing: Failing) -> None:
    answer = await visitor.does("generate", failing.spoil(Call(contract)).job(mock))
    error = answer["body"]["error"]
    assert (answer["status"], error["code"], error["param"], answer["headers"].get("retry-after")) == failing.facts


async def test_an_image_is_shown_in_the_size_that_was_asked_for(visitor: Visitor, mock: str, contract: str) -> None:
    link = await visitor.link_to(mock, sized(contract, "1024*768"))
    assert await visitor.does("show", link) == [1024, 768]


async def test_an_image_in_base64_is_shown(visitor: Visitor, mock: str, contract: str) -> None:
    call = sized(contract, "768*1024", response_format="b64_json")
    answer = await visitor.does("generate", call.job(mock))
    assert await visitor.does("show", INLINE + answer["body"]["data"][0]["b64_json"]) == [768, 1024]


async def test_an_image_may_be_copied_by_a_canvas(visitor: Visitor, mock: str, contract: str) -> None:
    copied = await visitor.does("copy", await visitor.link_to(mock, sized(contract, "1024*512")))
    assert Image.open(BytesIO(b64decode(copied["url"].removeprefix(INLINE)))).size == (1024, 512)
    assert copied["colours"] > 1


async def test_an_image_that_the_browser_keeps_from_showing_it_may_be_copied_later(visitor: Visitor) -> None:
    """An image is asked for without an origin to be shown, and with one to be copied: one kept answer serves both."""
    asked: list[str] = []
    Image.new("RGB", (2, 1)).save(picture := BytesIO(), "PNG")

    async def image(request: Request) -> Response:
        asked.append(request.url.path)
        return Response(picture.getvalue(), media_type="image/png", headers={"cache-control": "max-age=3600"})

    with serving(with_cors(Starlette(routes=[Route("/kept.png", image)]))) as url:
        assert await visitor.does("show", f"{url}/kept.png") == [2, 1]
        assert (await visitor.does("copy", f"{url}/kept.png"))["url"].startswith(INLINE)
    assert asked == ["/kept.png"]


async def test_a_page_may_download_an_image(visitor: Visitor, mock: str, contract: str) -> None:
    image = await visitor.does("download", await visitor.link_to(mock, sized(contract, "1024*512")))
    assert (image["status"], image["type"]) == (200, "image/png")
    assert image["size"] > 0


async def test_a_page_may_read_why_there_is_no_image(visitor: Visitor, mock: str, contract: str) -> None:
    refused = await visitor.does("download", f"{mock}/{contract}/images/forged.png")
    assert (refused["status"], refused["type"].partition(";")[0]) == (403, "text/plain")
    assert refused["size"] > 0


async def test_the_sdk_runs_in_a_page(visitor: Visitor, mock: str, contract: str) -> None:
    answer = answer_in(await visitor.asks(sized(contract, "1024*768", n=2).job(mock)))
    shown = [await visitor.does("show", item["url"]) for item in answer["data"]]
    assert shown == [[1024, 768]] * 2


async def test_in_a_page_a_failure_is_an_exception_of_its_own_type(
    visitor: Visitor, mock: str, contract: str, failing: Failing
) -> None:
    told = told_in(await visitor.asks(failing.spoil(Call(contract)).job(mock)))
    assert failing.error in told.errors
    assert told.facts == failing.facts


async def test_in_a_page_nobody_there_is_a_connection_error(visitor: Visitor, contract: str) -> None:
    told = told_in(await visitor.asks(Call(contract).job(f"http://127.0.0.1:{free_port()}")))
    assert told == Told(frozenset({"OpenAIError", "APIError", "APIConnectionError"}), None, None, None, None)


async def test_in_a_page_an_answer_that_does_not_come_is_a_timeout(visitor: Visitor, mock: str, contract: str) -> None:
    told = told_in(await visitor.asks(played("no-response")(Call(contract)).job(mock, seconds=0.2)))
    assert {"APIConnectionError", "APIConnectionTimeoutError"} <= told.errors
