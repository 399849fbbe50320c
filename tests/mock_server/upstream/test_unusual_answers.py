"""Unusual answers of the stub are correct: a client that knows HTTP gets the images."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from mock_server.faults.fault import Fault
from mock_server.faults.unusual import SLOW_IMAGE, UNUSUAL
from mock_server.serving.server import serving
from mock_server.upstream.dashscope import messages
from mock_server.upstream.protocol import StubOptions
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import UpstreamStub, upstream_app
from tests.mock_server.tasks_served import generation

SLOW = 0.3  # seconds
CALL = generation("qwen-image-2.0-pro", n=1, size="512*512")


@contextmanager
def playing(contract: Contract, fault: Fault) -> Iterator[tuple[UpstreamStub, str]]:
    assert contract.upstream is not None
    options, protocol = StubOptions(slow_seconds=SLOW), protocol_of(contract.upstream)
    stub = UpstreamStub(contract.upstream, protocol, fault_of=lambda _: fault, options=options)
    with serving(upstream_app(stub)) as url:
        yield stub, url + stub.path


def unusual_named(name: str) -> Fault:
    return next(one for one in UNUSUAL if one.name == name)


@pytest.mark.parametrize("fault", UNUSUAL, ids=str)
def test_a_client_gets_the_images(fault: Fault, powertokens: Contract) -> None:
    headers = {"authorization": "Bearer sk-1"}
    with playing(powertokens, fault) as (stub, url), httpx.Client(trust_env=False, headers=headers) as http:
        for _ in range(2):
            response = http.post(url, json=CALL)
            (link,) = messages.image_links(response.json())
            assert http.get(link).status_code == 200
        assert [call.played for call in stub.calls if call.generated] == [fault.played] * 2


def test_one_image_of_several_is_slow(powertokens: Contract) -> None:
    several = generation("qwen-image-2.0-pro", n=3, size="512*512")
    headers = {"authorization": "Bearer sk-1"}
    with playing(powertokens, unusual_named(SLOW_IMAGE)) as (stub, url):
        httpx.post(url, json=several, headers=headers, trust_env=False)
    (call,) = stub.calls
    assert stub.slow_images == {call.images[0]}


def test_a_response_is_compressed_for_a_client_that_accepts_it(powertokens: Contract) -> None:
    headers = {"authorization": "Bearer sk-1", "accept-encoding": "identity"}
    with playing(powertokens, unusual_named("compressed")) as (_, url):
        plain = httpx.post(url, json=CALL, headers=headers, trust_env=False)
        with httpx.stream(
            "POST", url, json=CALL, headers={**headers, "accept-encoding": "gzip"}, trust_env=False
        ) as packed:
            content = b"".join(packed.iter_raw())
    assert "content-encoding" not in plain.headers
    assert "content-length" not in packed.headers, "it comes in chunks"
    assert gzip.decompress(content).startswith(b'{"output"')
