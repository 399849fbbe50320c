"""The upstream stub plays what can go wrong, and the gateway mock stands it."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Fault
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import read
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.serving.server import serving
from mock_server.serving.signing import Signer
from mock_server.upstream.client import UpstreamClient, over_http
from mock_server.upstream.dashscope import messages
from mock_server.upstream.dashscope.fault_responses import FAILURE_NAMED, FAILURES, UpstreamFailure
from mock_server.upstream.stub import UpstreamStub
from mock_server.upstream.stub_app import upstream_app
from tests.mock_server.served import client

CALL: Json = {
    "model": "qwen-image-2.0-pro",
    "input": {"messages": [{"role": "user", "content": [{"text": "a lighthouse"}]}]},
    "parameters": {"n": 3, "size": "512*512"},
}
REQUEST: Json = {
    "model": "qwen-image-2.0-pro",
    "prompt": "a lighthouse",
    "n": 3,
    "size": "512*512",
    "response_format": "b64_json",
}


@contextmanager
def playing(contract: Contract, name: str) -> Iterator[tuple[UpstreamStub, str]]:
    assert contract.upstream is not None
    stub = UpstreamStub(contract.upstream, failure_of=lambda _: FAILURE_NAMED[name])
    with serving(upstream_app(stub)) as url:
        yield stub, url


@pytest.fixture(params=[failure.name for failure in FAILURES])
def failure(request: pytest.FixtureRequest) -> UpstreamFailure:
    return FAILURE_NAMED[request.param]


def test_names_are_unique() -> None:
    assert len(FAILURE_NAMED) == len(FAILURES)


def test_a_played_failure_is_recorded_and_never_a_whole_success(
    failure: UpstreamFailure, powertokens: Contract
) -> None:
    with playing(powertokens, failure.name) as (stub, url), client() as http:
        assert not whole_success(http, url + stub.path)
        (call,) = stub.calls.since(0)[:1]
    assert call.played == failure.played
    assert call.generated is (failure.dead_links or failure.fewer_images)


def whole_success(http: httpx.Client, url: str) -> bool:
    try:
        response = http.post(url, json=CALL, timeout=1)
        links = messages.image_links(response.json())
        statuses = {http.get(link).status_code for link in links}
    except (httpx.TransportError, ValueError):
        return False
    failed = messages.failure_in(response.status_code, response.json()) is not None
    return not failed and len(links) == 3 and statuses == {200}


@pytest.mark.parametrize("name", ["a-reset-before-the-answer", "a-reset-within-the-answer"])
def test_a_reset_is_a_reset(name: str, powertokens: Contract) -> None:
    with playing(powertokens, name) as (stub, url), client() as http, pytest.raises(httpx.NetworkError):
        http.post(url + stub.path, json=CALL)


STATUSES = {
    Fault.REQUEST: {400},
    Fault.CONTENT: {400},
    Fault.CREDENTIALS: {502},
    Fault.THROTTLING: {429},
    Fault.VENDOR: {502},
    Fault.FEWER_IMAGES: {200},
}


def test_the_gateway_mock_stands_it(failure: UpstreamFailure, powertokens: Contract) -> None:
    with playing(powertokens, failure.name) as (stub, url):
        answer = through_the_mock(powertokens, url + stub.upstream.base)
    assert answer.status_code in STATUSES[failure.played.fault]
    assert answer.headers.get("retry-after") == (None if failure.played.retry_after is None else "2")
    if answer.status_code == 200:
        assert len(answer.json()["data"]) == 2
    else:
        assert read(answer.json(), "/error/message") is not ABSENT


def through_the_mock(contract: Contract, upstream: str) -> httpx.Response:
    assert contract.upstream is not None
    reached = UpstreamClient(contract.upstream, upstream, over_http(seconds=0.5), Signer(b"key"))
    with serving(gateway_app(Gateway(contract, reached))) as url, client() as http:
        return http.post(url + contract.operation.path, json=REQUEST)
