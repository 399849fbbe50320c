"""Strict refuses, lenient answers and says what it repaired, off leaves it to the upstream."""

import asyncio
from contextlib import aclosing

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.modes import (
    VIOLATION_HEADER,
    Mode,
    UnknownModeError,
    as_header_value,
    in_mode,
    mode_named,
    repaired,
)
from mock_server.gateway.openai_errors import judged_violations
from mock_server.gateway.stages import Gateway
from mock_server.serving.error_response import ErrorResponse
from mock_server.serving.server import serving
from mock_server.serving.signing import Signer
from mock_server.upstream.client import UpstreamClient, http_transport
from mock_server.upstream.protocols import protocol_of
from tests.mock_server.served import Body, ServedStub, client

RIGHT: Body = {"model": "qwen-image-2.0-pro", "prompt": "a lighthouse", "size": "512*512"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def answered(contract: Contract, stub: ServedStub, mode: Mode, body: Json) -> httpx.Response:
    assert contract.upstream is not None
    reached = UpstreamClient(
        contract.upstream,
        protocol_of(contract.upstream),
        stub.url + contract.upstream.base,
        http_transport(),
        Signer(b"links"),
    )
    app = gateway_app(in_mode(Gateway(contract, reached), mode))
    with serving(app) as url, client() as http:
        return http.post(url + contract.operation.path, json=body)


@pytest.mark.parametrize(
    ("wrong", "sent_on"),
    [
        ({"n": 7}, {"n": 6}),
        ({"n": 0}, {"n": 1}),
        ({"n": 1.5}, {}),
        ({"seed": -1}, {"seed": 0}),
        ({"seed": "x"}, {}),
        ({"negative_prompt": "a" * 501}, {"negative_prompt": "a" * 500}),
        ({"size": "5000*5000"}, {}),
    ],
)
def test_lenient_brings_a_request_within_the_contract(
    powertokens: Contract, stub: ServedStub, wrong: Body, sent_on: Body
) -> None:
    assert repaired(powertokens, RIGHT | wrong) == {key: RIGHT[key] for key in RIGHT if key not in wrong} | sent_on


def test_lenient_answers_and_says_what_was_wrong(powertokens: Contract, stub: ServedStub) -> None:
    response = answered(powertokens, stub, Mode.LENIENT, RIGHT | {"n": 7})
    assert len(response.json()["data"]) == 6
    assert response.headers[VIOLATION_HEADER] == "n must be at most 6; got 7."


def test_lenient_tells_in_ascii_whatever_was_sent(powertokens: Contract, stub: ServedStub) -> None:
    response = answered(powertokens, stub, Mode.LENIENT, RIGHT | {"seed": "灯塔"})
    assert response.headers[VIOLATION_HEADER] == r'seed must be an integer; got a string: "\u706f\u5854".'


def test_lenient_breaks_no_header_whatever_was_sent(powertokens: Contract, stub: ServedStub) -> None:
    response = answered(powertokens, stub, Mode.LENIENT, RIGHT | {"model": "a\u007f"})
    assert response.headers[VIOLATION_HEADER].endswith(r'got "a\x7f".')


def test_a_name_that_nobody_knows_breaks_no_header() -> None:
    assert as_header_value("you sent a\r\nSet-Cookie: x=y\r\nb.") == r"you sent a\x0d\x0aSet-Cookie: x=y\x0d\x0ab."


def test_lenient_has_nothing_to_say_of_a_right_request(powertokens: Contract, stub: ServedStub) -> None:
    response = answered(powertokens, stub, Mode.LENIENT, RIGHT)
    assert response.status_code == 200
    assert VIOLATION_HEADER not in response.headers


def test_lenient_takes_the_contracts_example_where_nothing_is_left(powertokens: Contract, stub: ServedStub) -> None:
    response = answered(powertokens, stub, Mode.LENIENT, [])
    assert response.status_code == 200
    assert response.headers[VIOLATION_HEADER]


def test_lenient_drops_what_the_contract_forbids(powerbuyin: Contract) -> None:
    body = powerbuyin.examples[0].body
    assert isinstance(body, dict)
    assert repaired(powerbuyin, {**body, "parameters": {"n": 1}}) == body


@given(body=JSON)
def test_whatever_was_sent_is_mended_to_what_the_contract_takes(powertokens: Contract, body: Json) -> None:
    right = repaired(powertokens, body)
    assert not isinstance(right, ErrorResponse)
    assert not judged_violations(powertokens, right)


def test_off_leaves_it_to_the_upstream(powertokens: Contract, stub: ServedStub) -> None:
    assert answered(powertokens, stub, Mode.OFF, RIGHT | {"prompt": "a" * 801}).status_code == 200
    refused = answered(powertokens, stub, Mode.OFF, RIGHT | {"n": 7})
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "InvalidParameter"


def test_strict_is_the_gateway_itself(powertokens: Contract) -> None:
    async def same() -> bool:
        assert powertokens.upstream is not None
        async with aclosing(http_transport()) as transport:
            gateway = Gateway(
                powertokens,
                UpstreamClient(
                    powertokens.upstream, protocol_of(powertokens.upstream), "http://x", transport, Signer(b"k")
                ),
            )
            return in_mode(gateway, Mode.STRICT) is gateway

    assert asyncio.run(same())


def test_a_mode_is_called_by_its_name() -> None:
    assert mode_named(" Lenient") is Mode.LENIENT
    with pytest.raises(UnknownModeError, match=r"Unknown mode 'loose'\. Modes: strict, lenient, off"):
        mode_named("loose")


def test_strict_rejects_a_stream_by_the_name_of_the_field(powertokens: Contract, stub: ServedStub) -> None:
    refused = answered(powertokens, stub, Mode.STRICT, RIGHT | {"stream": True})
    assert refused.status_code == 400
    assert refused.json()["error"] == {
        "message": "stream must not be true; the gateway sends the whole response at once.",
        "type": "invalid_request_error",
        "code": "unsupported_value",
        "param": "stream",
    }
    assert answered(powertokens, stub, Mode.STRICT, RIGHT | {"stream": False}).status_code == 200


def test_lenient_names_every_repaired_field(powertokens: Contract, stub: ServedStub) -> None:
    wrong = RIGHT | {"stream": True, "seed": -1, "n": 9}
    response = answered(powertokens, stub, Mode.LENIENT, wrong)
    assert len(response.json()["data"]) == 6
    assert response.headers[VIOLATION_HEADER] == (
        "stream must not be true; the gateway sends the whole response at once. "
        "n must be at most 6; got 9. seed must be at least 0; got -1."
    )


def test_lenient_repairs_a_value_by_the_limit_of_the_repaired_model(powertokens: Contract, stub: ServedStub) -> None:
    response = answered(powertokens, stub, Mode.LENIENT, RIGHT | {"model": "dall-e-3", "n": 2})
    assert len(response.json()["data"]) == 2
    (sentence,) = response.headers[VIOLATION_HEADER].split(". ")
    assert sentence.startswith("model must be")
