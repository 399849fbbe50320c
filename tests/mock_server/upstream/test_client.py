import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

import orjson
import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import header
from gateway_contract.values.json_value import ABSENT, Json
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse
from mock_server.serving.signing import Signer
from mock_server.upstream.client import HttpTransport, UpstreamClient, http_transport, read_links, transport_to
from mock_server.upstream.protocol import Reply
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import upstream_app
from tests.mock_server.served import DASHSCOPE, KEY, ServedStub, canned

CALL: Json = {
    "model": "qwen-image-2.0-pro",
    "input": {"messages": [{"role": "user", "content": [{"text": "a lighthouse"}]}]},
    "parameters": {"n": 2, "size": "512*512", "seed": 0, "watermark": False},
}
NOBODY = "http://127.0.0.1:1"


def generated(
    contract: Contract, url: str, transport_of: Callable[[], HttpTransport] = http_transport
) -> list[str] | ErrorResponse:
    async def run() -> list[str] | ErrorResponse:
        assert contract.upstream is not None
        async with aclosing(transport_of()) as transport:
            return await UpstreamClient(
                contract.upstream, protocol_of(contract.upstream), url, transport, Signer(b"links"), KEY
            ).generate(CALL)

    return asyncio.run(run())


def image(contract: Contract, link: str, transport_of: Callable[[], HttpTransport] = http_transport) -> bytes | None:
    async def run() -> bytes | None:
        assert contract.upstream is not None
        async with aclosing(transport_of()) as transport:
            return await UpstreamClient(
                contract.upstream, protocol_of(contract.upstream), NOBODY, transport, Signer(b"links"), KEY
            ).image(link)

    return asyncio.run(run())


@pytest.mark.parametrize("end", ["", "/"])
def test_a_call_reaches_the_upstream_as_it_is_with_the_gateways_own_key(
    powertokens: Contract, stub: ServedStub, end: str
) -> None:
    links = generated(powertokens, f"{stub.url}/api/v1{end}")
    assert not isinstance(links, ErrorResponse)
    assert len(links) == 2
    assert (stub.last.method, stub.last.path, stub.last.body) == ("POST", stub.stub.path, CALL)
    assert header(stub.last.headers, "authorization") == f"Bearer {KEY}"
    assert header(stub.last.headers, "content-type") == "application/json"


def test_in_process_the_upstream_sees_the_same_call(powertokens: Contract, stub: ServedStub) -> None:
    def in_process() -> HttpTransport:
        return transport_to(upstream_app(stub.stub))

    generated(powertokens, f"{stub.url}/api/v1")
    expected = stub.last
    links = generated(powertokens, f"{stub.url}/api/v1", in_process)
    assert isinstance(links, list)
    assert replace(stub.last, at=expected.at, images=expected.images) == expected
    assert len(links) == len(stub.last.images) == 2
    assert image(powertokens, links[0], in_process) == stub.http.get(links[0]).content


def test_an_image_is_what_its_link_leads_to(powertokens: Contract, stub: ServedStub) -> None:
    links = generated(powertokens, f"{stub.url}/api/v1")
    assert not isinstance(links, ErrorResponse)
    assert image(powertokens, links[0]) == stub.http.get(links[0]).content


@pytest.mark.parametrize("url", [NOBODY, "http://[", "nowhere", "", "ftp://127.0.0.1/"])
def test_an_upstream_that_is_not_there_is_the_gateways_trouble(powertokens: Contract, url: str) -> None:
    assert generated(powertokens, url) is BAD_GATEWAY


@pytest.mark.parametrize("link", [f"{NOBODY}/1.png", "http://[", "http://xn--a/1.png", "1.png", "", "\x00", "[1, 2]"])
def test_behind_a_link_that_leads_nowhere_is_no_image(powertokens: Contract, link: str) -> None:
    assert image(powertokens, link) is None


def test_behind_a_link_that_is_refused_is_no_image(powertokens: Contract, stub: ServedStub) -> None:
    assert image(powertokens, f"{stub.url}/pictures/tampered.png") is None


def test_an_upstream_that_talks_nonsense_is_the_gateways_trouble(powertokens: Contract) -> None:
    with canned(200, b"<html>", "text/html") as url:
        assert generated(powertokens, url) is BAD_GATEWAY


@pytest.mark.parametrize(
    ("status", "code", "refused"),
    [
        (400, "InvalidParameter", 400),
        (400, "DataInspectionFailed", 400),
        (200, "DataInspectionFailed", 400),
        (429, "Throttling", 429),
        (429, "Throttling.RateQuota", 429),
        (400, "Throttling", 429),
        (200, "InternalError", 502),
        (500, "InternalError", 502),
        (500, "InternalError.Algo", 502),
        (503, "ModelUnavailable", 502),
        (401, "InvalidApiKey", 502),
        (403, "AccessDenied", 502),
        (403, "Model.AccessDenied", 502),
        (400, "Arrearage", 502),
        (404, "InvalidParameter", 502),
    ],
)
def test_an_error_of_the_upstream_becomes_the_gateways_own(status: int, code: str, refused: int) -> None:
    refusal = read_links(DASHSCOPE, Reply(status, {"code": code, "message": "why", "request_id": "id"}))
    assert isinstance(refusal, ErrorResponse)
    assert refusal.status == refused
    assert (refusal.message == "why") is (refused == 400)


def test_what_the_client_did_wrong_is_told_even_where_the_upstream_says_little() -> None:
    refusal = read_links(DASHSCOPE, Reply(400, {"code": "InvalidParameter"}))
    assert isinstance(refusal, ErrorResponse)
    assert (refusal.status, bool(refusal.message)) == (400, True)


@pytest.mark.parametrize(
    "answer",
    [b"{}", b"[]", b"null", b'{"output": {}}', b'{"output": {"choices": []}}', b'{"output": {"choices": [null]}}'],
)
def test_a_success_without_images_is_none(answer: bytes) -> None:
    assert read_links(DASHSCOPE, Reply(200, orjson.loads(answer))) is BAD_GATEWAY


def test_an_answer_that_is_no_json_is_no_answer() -> None:
    assert read_links(DASHSCOPE, Reply(200, ABSENT)) is BAD_GATEWAY
