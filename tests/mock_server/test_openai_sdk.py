"""The SDK that users of such gateways already have."""

import socket
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO

import httpx
import openai
import pytest
from openai import OpenAI
from PIL import Image

from gateway_contract.contract import Contract
from mock_server.gateway_app import http_client
from mock_server.mock_app import MockSettings, mock_app
from mock_server.serving import serving

QWEN = "qwen-image-2.0-pro"
MESSAGES = {"messages": [{"role": "user", "content": [{"text": "灯塔 at dusk"}]}]}
TOKEN = "sk-right"


@pytest.fixture(scope="module")
def mock(powertokens: Contract, powerbuyin: Contract) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    settings = MockSettings(f"http://127.0.0.1:{port}", token=TOKEN)
    with serving(mock_app([powertokens, powerbuyin], settings, http_client()), port=port) as url:
        yield url


def sdk(mock: str, name: str, key: str = TOKEN) -> OpenAI:
    return OpenAI(base_url=f"{mock}/{name}/v1", api_key=key, max_retries=0)


def size_of(content: bytes) -> tuple[int, int]:
    return Image.open(BytesIO(content)).size


def test_images_come_as_links(mock: str) -> None:
    with sdk(mock, "powertokens") as client:
        found = client.images.generate(
            model=QWEN,
            prompt="灯塔 at dusk",
            n=2,
            size="1024*768",
            response_format="url",
            extra_body={"seed": 0, "watermark": False, "prompt_extend": False, "negative_prompt": "fog"},
        )
    data = found.data or []
    assert [item.b64_json for item in data] == [None, None]
    assert {size_of(httpx.get(item.url or "", trust_env=False).content) for item in data} == {(1024, 768)}
    assert {item.revised_prompt for item in data} == {"灯塔 at dusk"}


def test_images_come_as_base64(mock: str) -> None:
    with sdk(mock, "powertokens") as client:
        found = client.images.generate(
            model=QWEN,
            prompt="a lighthouse",
            size="1024x1024",
            response_format="b64_json",
        )
    assert found.data is not None
    (item,) = found.data
    assert item.url is None
    assert item.b64_json is not None
    assert size_of(b64decode(item.b64_json, validate=True)) == (1024, 1024)


def test_a_nested_prompt_travels_in_the_extra_body(mock: str) -> None:
    with sdk(mock, "powerbuyin") as client:
        found = client.images.generate(
            model=QWEN,
            prompt="what the SDK insists on, and nobody reads",
            size="1024x1024",
            response_format="url",
            extra_body={"input": MESSAGES, "seed": 0},
        )
    assert found.data is not None
    (item,) = found.data
    assert item.url is not None
    assert item.url.startswith(f"{mock}/powerbuyin/images/")
    assert item.revised_prompt == "灯塔 at dusk"


def test_a_value_out_of_range_is_a_bad_request_that_names_its_field(mock: str) -> None:
    with sdk(mock, "powertokens") as client, pytest.raises(openai.BadRequestError) as raised:
        client.images.generate(model=QWEN, prompt="a lighthouse", n=7)
    assert (raised.value.param, raised.value.code, raised.value.type) == ("n", "invalid_value", "invalid_request_error")
    assert "n is at most 6; you sent 7." in raised.value.message


def test_a_wrong_token_is_an_authentication_error(mock: str) -> None:
    with sdk(mock, "powertokens", "sk-wrong") as client, pytest.raises(openai.AuthenticationError) as raised:
        client.images.generate(model=QWEN, prompt="a lighthouse")
    assert (raised.value.status_code, raised.value.code) == (401, "invalid_api_key")


def test_another_operation_of_the_sdk_is_not_found(mock: str) -> None:
    with sdk(mock, "powertokens") as client, pytest.raises(openai.NotFoundError) as raised:
        client.models.list()
    assert raised.value.code == "unknown_url"
