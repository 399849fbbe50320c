"""A gateway that starts is waited for; one that does not start is named with what it said last."""

import asyncio
from itertools import count

import pytest
from starlette.requests import Request
from starlette.responses import Response

from contract_tests.client.limits import Limits
from contract_tests.client.reach import Wait
from contract_tests.client.readiness import wait_until_ready
from contract_tests.client.transport import open_transport
from tests.contract_tests.gateways import replying
from tests.ports import free_port


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.client.readiness.INTERVAL", 0.01)


def problem(wait: Wait, url: str) -> str:
    async def ready() -> str:
        async with open_transport() as transport:
            return await wait_until_ready(wait, transport, url, (), Limits(answer=5))

    return asyncio.run(ready())


def test_a_path_is_asked_until_it_says_that_all_is_well() -> None:
    asked, paths = count(), list[str]()

    def reply(request: Request, _content: bytes) -> Response:
        paths.append(request.url.path)
        return Response(status_code=503 if next(asked) < 3 else 204)

    with replying(reply) as gateway:
        assert problem(Wait(20, "/health"), f"{gateway.url}/team") == ""
    assert paths == ["/team/health"] * 4


def test_without_a_path_any_response_will_do() -> None:
    with replying(lambda *_: Response(status_code=404)) as gateway:
        assert problem(Wait(20), gateway.url) == ""
    assert len(gateway.asked) == 1


def test_what_a_gateway_lacked_to_the_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.client.readiness.INTERVAL", 30)  # longer than both wait: one attempt each
    nobody = f"http://127.0.0.1:{free_port()}"
    told = "the gateway was not ready within {} s: {}. Start it first, or give --wait more time."
    assert problem(Wait(0.1), nobody) == told.format("0.1", "connection refused")
    with replying(lambda *_: Response(status_code=503)) as gateway:
        assert problem(Wait(1, "/health"), gateway.url) == told.format("1", "GET /health responded 503")
