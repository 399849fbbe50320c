"""A call in this process comes to the same by both ways: with the vendor's response laid out, and without."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import ABSENT, Json
from mock_server.serving.signing import Signer
from mock_server.upstream.client import DEFAULT_KEY
from mock_server.upstream.dashscope.dashscope import DashScope
from mock_server.upstream.in_process import generator_in_process, respond_in_process
from mock_server.upstream.protocol import Links, Outbound, Reply, StubOptions
from mock_server.upstream.stub import UpstreamStub

OWN = "http://127.0.0.1:1/dashscope"
PARAMETERS = {
    "n": st.integers(0, 7),
    "size": st.sampled_from(["1024*1024", "2048*512", "1K", "99999*1", "auto"]),
    "seed": st.integers(-1, 2**31),
    "watermark": st.booleans() | st.none(),
    "negative_prompt": st.text(max_size=3),
    "unknown": st.just(1),
}
CALLS = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["qwen-image-2.0-pro", "qwen-image-max", "wan2.7-image-pro", "x"]),
        "input": st.fixed_dictionaries(
            {"messages": st.text(max_size=90).map(lambda text: [{"role": "user", "content": [{"text": text}]}])}
        ),
    },
    optional={"parameters": st.fixed_dictionaries({}, optional=PARAMETERS)},
)


def stub_of(contract: Contract) -> UpstreamStub:
    assert contract.upstream is not None
    signer = Signer(b"key", clock=lambda: 1e9)
    return UpstreamStub(contract.upstream, DashScope(), signer=signer, options=StubOptions(seed=1))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=CALLS)
def test_both_ways_give_the_same_links_and_record_the_same_call(powertokens: Contract, call: Json) -> None:
    laid_out, plain = stub_of(powertokens), stub_of(powertokens)
    response = respond_in_process(laid_out, OWN, Outbound("POST", f"{OWN}/x", call, DEFAULT_KEY))
    made = generator_in_process(plain, OWN)(call, DEFAULT_KEY)
    assert response.body is not ABSENT
    read = DashScope().read(Reply(response.call.status, response.body))
    assert (None if made is None else made[1]) == (list(read.urls) if isinstance(read, Links) else None)
    if made is not None:
        (recorded,), (expected,) = plain.calls, laid_out.calls
        assert replace(recorded, at=0.0) == replace(expected, at=0.0)
    else:
        assert len(plain.calls) == 0


def test_a_call_with_a_wrong_key_is_left_to_the_vendors_response(powertokens: Contract) -> None:
    stub = replace(stub_of(powertokens), options=StubOptions(key="right"))
    message: Json = {"role": "user", "content": [{"text": "x"}]}
    call: Json = {"model": "qwen-image-2.0-pro", "input": {"messages": [message]}}
    generate = generator_in_process(stub, OWN)
    assert generate(call, "wrong") is None
    assert generate(call, "right") is not None
