import asyncio
import time
from base64 import b64decode
from contextlib import aclosing
from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import read
from mock_server.gateway.response_body import ImageGoneError, answer_body, mock_value, requested_image_field
from mock_server.serving.signing import BadSignatureError, Signer
from mock_server.upstream.client import UpstreamClient, http_transport
from mock_server.upstream.prompt_extension import extended
from mock_server.upstream.protocols import protocol_of
from tests.mock_server.served import Body, ServedStub

BASE = "http://127.0.0.1:1/mock"
FLAT: Body = {"model": "qwen-image-2.0-pro", "prompt": "a lighthouse"}
NOWHERE = "http://127.0.0.1:1/1.png"


NESTED: Body = {
    "model": "qwen-image-2.0-pro",
    "input": {"messages": [{"role": "user", "content": [{"text": "a lighthouse"}]}]},
}
SIGNER = Signer(b"links")


def answered(contract: Contract, body: Json, links: list[str], signer: Signer = SIGNER) -> Json:
    async def run() -> Json:
        assert contract.upstream is not None
        async with aclosing(http_transport()) as transport:
            client = UpstreamClient(
                contract.upstream, protocol_of(contract.upstream), "http://127.0.0.1:1", transport, signer
            )
            return await answer_body(contract, client, body, links, BASE)

    return asyncio.run(run())


def a_link(stub: ServedStub) -> str:
    body: Json = {
        "model": "qwen-image-2.0-pro",
        "input": {"messages": [{"role": "user", "content": [{"text": "x"}]}]},
        "parameters": {"size": "512*512"},
    }
    link = read(stub.call(body).json(), "/output/choices/0/message/content/0/image")
    assert isinstance(link, str)
    return link


def test_each_image_gets_a_link_below_the_gateways_own_address(powertokens: Contract) -> None:
    answer = answered(powertokens, FLAT, [NOWHERE, f"{NOWHERE}?2"])
    links = [read(answer, f"/data/{index}/url") for index in range(2)]
    assert all(isinstance(link, str) and link.startswith(f"{BASE}/images/") for link in links)
    assert len(set(map(str, links))) == 2
    assert read(answer, "/data/0/revised_prompt") == extended("a lighthouse")
    assert set(answer if isinstance(answer, dict) else ()) == {"created", "data", "metadata"}


def test_an_answer_says_when_it_was_made_in_whole_seconds(powertokens: Contract) -> None:
    created = read(answered(powertokens, FLAT, [NOWHERE]), "/created")
    assert type(created) is int
    assert abs(created - time.time()) < 5


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ({}, True),  # the one page's default is true; the other states none, and its upstream's is true
        ({"prompt_extend": None}, True),
        ({"prompt_extend": True}, True),
        ({"prompt_extend": False}, False),
    ],
    ids=str,
)
def test_a_revised_prompt_comes_where_the_prompt_is_rewritten_and_only_there(
    powertokens: Contract,
    powerbuyin: Contract,
    said: Body,
    there: bool,  # noqa: FBT001 - a row
) -> None:
    for contract, body in ((powertokens, FLAT), (powerbuyin, NESTED)):
        revised = read(answered(contract, {**body, **said}, [NOWHERE]), "/data/0/revised_prompt")
        assert revised == (extended("a lighthouse") if there else ABSENT)


def test_a_value_that_is_no_text_comes_back_as_it_is(powertokens: Contract) -> None:
    (value,) = powertokens.mock_values.values()
    assert value.extended
    assert mock_value(powertokens, replace(value, source="/n"), {**FLAT, "n": 2}) == 2


def test_a_text_that_nobody_rewrites_comes_back_as_it_is(invented: Contract) -> None:
    (value,) = invented.mock_values.values()
    assert mock_value(invented, value, {"wish": {"words": "a kite"}}) == "a kite"
    assert mock_value(invented, value, {"wish": {}}) is ABSENT


def test_a_literal_value_is_answered_as_it_is_written_each_time(powertokens: Contract) -> None:
    (value,) = powertokens.mock_values.values()
    literal: Json = {"total_tokens": 12}
    usage = replace(value, source=None, literal=literal, when=None)
    tokens = replace(value, source="/n", when=None)
    contract = replace(powertokens, mock_values={"/usage": usage, "/usage/images": tokens, "/data/0/cost": usage})
    answer = answered(contract, {**FLAT, "n": 1}, [NOWHERE])
    assert read(answer, "/usage") == {"total_tokens": 12, "images": 1}
    assert read(answer, "/data/0/cost") == literal == {"total_tokens": 12}
    seldom = replace(usage, when=("/n", 2))
    assert read(answered(replace(contract, mock_values={"/usage": seldom}), FLAT, [NOWHERE]), "/usage") is ABSENT


def test_links_live_as_long_as_the_signer_says(powertokens: Contract) -> None:
    signer = Signer(b"links", seconds=120)
    link = read(answered(powertokens, FLAT, [NOWHERE], signer), "/data/0/url")
    assert isinstance(link, str)
    signed = link.removeprefix(f"{BASE}/images/").removesuffix(".png")
    assert signer.read(signed, time.time() + 110) == NOWHERE
    with pytest.raises(BadSignatureError, match="expired"):
        signer.read(signed, time.time() + 121)


def test_an_image_within_the_answer_is_the_upstreams_own(powertokens: Contract, stub: ServedStub) -> None:
    link = a_link(stub)
    answer = answered(powertokens, {**FLAT, "response_format": "b64_json"}, [link])
    carried = read(answer, "/data/0/b64_json")
    assert isinstance(carried, str)
    assert b64decode(carried, validate=True) == stub.http.get(link).content


def test_an_image_that_is_gone_is_never_an_empty_text(powertokens: Contract) -> None:
    with pytest.raises(ImageGoneError):
        answered(powertokens, {**FLAT, "response_format": "b64_json"}, [NOWHERE])


def test_a_contract_without_images_is_answered_without(powertokens: Contract) -> None:
    answer = answered(replace(powertokens, images=None), FLAT, [NOWHERE])
    assert set(answer if isinstance(answer, dict) else ()) == {"created", "data", "metadata"}


@pytest.mark.parametrize(
    ("said", "image_field"),
    [({}, "url"), ({"response_format": "url"}, "url"), ({"response_format": "b64_json"}, "b64_json")],
)
def test_a_carrier_is_asked_for_by_word_or_by_default(
    powertokens: Contract, powerbuyin: Contract, said: Body, image_field: str
) -> None:
    for contract in (powertokens, powerbuyin):  # one states a default, the other does not
        assert contract.images is not None
        assert requested_image_field(contract, contract.images, {**FLAT, **said}).key == image_field
