"""What a browser's preflight shows is told in one sentence, and never judged."""

import asyncio

import httpx
import pytest

from contract_tests.client.image_hosts import ImageHosts
from contract_tests.client.limits import Limits
from contract_tests.client.send import Sender
from contract_tests.client.tokens import Tokens
from contract_tests.execution.preflight import ORIGIN, preflight, preflight_problem
from gateway_contract.traffic.exchange import NoAnswer
from tests.contract_tests.three_contracts import POWERTOKENS

ALLOWED = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "Content-Type, Authorization",
}


def told(status: int, headers: dict[str, str]) -> tuple[str, httpx.Request]:
    """What is told of a response to the preflight, and the preflight."""
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(b""))

    transport = httpx.MockTransport(respond)
    sender = Sender(POWERTOKENS, transport, "http://127.0.0.1:9", Tokens("sk-token"), ImageHosts(), Limits(), None)
    return asyncio.run(preflight(sender)), seen[0]


def test_a_gateway_for_browsers_gets_no_note() -> None:
    note, request = told(204, ALLOWED)
    assert note == ""
    assert (request.method, request.extensions["target"]) == ("OPTIONS", POWERTOKENS.operation.path.encode())
    assert request.headers["origin"] == ORIGIN
    assert request.headers["access-control-request-headers"] == "authorization,content-type"
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (401, ALLOWED, "OPTIONS gives 401"),
        (200, {}, "the response to OPTIONS has no Access-Control-Allow-Origin for other pages"),
        (200, ALLOWED | {"access-control-allow-headers": "*"}, "Access-Control-Allow-Headers lacks authorization"),
    ],
)
def test_a_gateway_that_no_browser_can_call_is_told_why(status: int, headers: dict[str, str], reason: str) -> None:
    assert told(status, headers)[0] == f"browsers cannot call this gateway: {reason}"


def test_no_response_to_a_preflight_is_told_too() -> None:
    assert preflight_problem(NoAnswer("closed", 1.0), []) == "OPTIONS gets no response (closed)"
