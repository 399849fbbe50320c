"""The upstream stub plays what can go wrong, and the gateway mock stands it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import FaultCause
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import read
from mock_server.faults.fault import NO_RESPONSE, Fault
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.serving.server import serving
from mock_server.serving.signing import Signer
from mock_server.upstream.client import UpstreamClient, http_transport
from mock_server.upstream.dashscope import messages
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import UpstreamStub, upstream_app
from tests.mock_server.served import DASHSCOPE, client, fault_named
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow

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
    stub = UpstreamStub(contract.upstream, protocol_of(contract.upstream), fault_of=lambda _: fault_named(name))
    with serving(upstream_app(stub)) as url:
        yield stub, url


@pytest.fixture(params=list(map(str, DASHSCOPE.faults)))
def fault(request: pytest.FixtureRequest) -> Fault:
    return fault_named(request.param)


def test_names_are_unique() -> None:
    assert len(set(map(str, DASHSCOPE.faults))) == len(DASHSCOPE.faults)


def test_a_played_failure_is_recorded_and_never_a_whole_success(fault: Fault, powertokens: Contract) -> None:
    with playing(powertokens, str(fault)) as (stub, url), client() as http:
        assert not whole_success(http, url + stub.path, seconds_for(fault))
        wait_until(lambda: len(stub.calls) > 0)
        (call,) = stub.calls.since(0)[:1]
    assert call.played == fault.played
    assert call.generated is (fault.generates)


def seconds_for(fault: Fault) -> float:
    """How long a response is waited for."""
    return 0.5 if fault.name == NO_RESPONSE else PATIENCE


def whole_success(http: httpx.Client, url: str, seconds: float) -> bool:
    try:
        response = http.post(url, json=CALL, timeout=seconds)
        links = messages.image_links(response.json())
        statuses = {http.get(link).status_code for link in links}
    except (httpx.TransportError, ValueError):
        return False
    failed = messages.error_in(response.status_code, response.json()) is not None
    return not failed and len(links) == 3 and statuses == {200}


@pytest.mark.parametrize("name", ["reset", "reset-mid-response"])
def test_a_reset_is_a_reset(name: str, powertokens: Contract) -> None:
    with playing(powertokens, name) as (stub, url), client() as http, pytest.raises(httpx.NetworkError):
        http.post(url + stub.path, json=CALL)


def test_a_redirected_call_leads_to_a_page_that_is_no_call(powertokens: Contract) -> None:
    with playing(powertokens, "redirect") as (stub, url), client() as http:
        redirected = http.post(url + stub.path, json=CALL, follow_redirects=False)
        page = http.get(redirected.headers["location"])
        assert (redirected.status_code, page.status_code, len(stub.calls)) == (302, 200, 1)
    assert "maintenance" in page.text


STATUSES = {
    FaultCause.REQUEST: {400},
    FaultCause.CONTENT: {400},
    FaultCause.CREDENTIALS: {502},
    FaultCause.THROTTLING: {429},
    FaultCause.VENDOR: {502},
    FaultCause.FEWER_IMAGES: {200},
}


def test_the_gateway_mock_stands_it(fault: Fault, powertokens: Contract) -> None:
    with playing(powertokens, str(fault)) as (stub, url):
        answer = through_the_mock(powertokens, url + stub.upstream.base, seconds_for(fault))
    assert answer.status_code in STATUSES[fault.cause]
    later = answer.headers.get("retry-after")
    assert (later is None) is (fault.played.retry_after is None)
    assert later in {None, "2"} or parsedate_to_datetime(later).tzinfo is UTC
    if answer.status_code == 200:
        assert len(answer.json()["data"]) == 2
    else:
        assert read(answer.json(), "/error/message") is not ABSENT


def through_the_mock(contract: Contract, upstream: str, seconds: float) -> httpx.Response:
    assert contract.upstream is not None
    reached = UpstreamClient(
        contract.upstream, protocol_of(contract.upstream), upstream, http_transport(seconds), Signer(b"key")
    )
    with serving(gateway_app(Gateway(contract, reached))) as url, client() as http:
        return http.post(url + contract.operation.path, json=REQUEST)
