"""Bodies are read whole, and no further than anybody could mean them."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from mock_server.serving.asgi import MAX_BODY, declared_length, with_body_limit

TOO_LARGE = PlainTextResponse("too large", 413)


async def length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def bounded_client() -> httpx.AsyncClient:
    app = with_body_limit(Starlette(routes=[Route("/", length, methods=["POST"])]), TOO_LARGE)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mock")


@pytest.mark.anyio
@pytest.mark.parametrize("size", [0, 1, MAX_BODY])
async def test_a_body_within_the_bound_arrives_whole(bounded_client: httpx.AsyncClient, size: int) -> None:
    async with bounded_client:
        answer = await bounded_client.post("/", content=b"a" * size)
    assert answer.text == str(size)


@pytest.mark.anyio
async def test_a_longer_one_is_refused_by_the_length_that_it_says(bounded_client: httpx.AsyncClient) -> None:
    async with bounded_client:
        answer = await bounded_client.post("/", headers={"content-length": str(MAX_BODY + 1)})
    assert answer.status_code == 413


@pytest.mark.anyio
async def test_a_longer_one_is_refused_where_it_says_no_length(bounded_client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"a" * (MAX_BODY // 4)

    async with bounded_client:
        answer = await bounded_client.post("/", content=pieces())
    assert answer.status_code == 413


@pytest.mark.anyio
async def test_whoever_hangs_up_ends_the_body() -> None:
    sent: Iterator[Message] = iter(
        [{"type": "http.request", "body": b"abc", "more_body": True}, {"type": "http.disconnect"}]
    )
    bodies = []

    async def keep(_scope: Scope, receive: Receive, _send: Send) -> None:
        bodies.append(await receive())

    async def receive() -> Message:
        return next(sent)

    async def send(_message: Message) -> None:
        raise AssertionError("there is nobody to answer")

    await with_body_limit(keep, TOO_LARGE)({"type": "http", "headers": []}, receive, send)
    assert bodies == [{"type": "http.request", "body": b"abc", "more_body": False}]


@pytest.mark.parametrize(
    ("said", "length"),
    [(b"0", 0), (b"60", 60), (b"0" * 5000 + b"60", 60), (b"9" * 5000, 10**18 - 1), (b"", 0), (b"-1", 0)],
)
def test_a_length_is_read_however_it_is_written(said: bytes, length: int) -> None:
    assert declared_length([(b"host", b"x"), (b"content-length", said)]) == length


def test_a_head_need_not_say_a_length() -> None:
    assert declared_length([(b"host", b"x")]) == 0
