"""The SDK that users of such gateways already have, in its synchronous and its asynchronous form."""

import asyncio
from base64 import b64decode
from collections.abc import Callable
from io import BytesIO

import httpx
import openai
import pytest
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, DefaultHttpxClient, OpenAI
from openai.types import ImageGenCompletedEvent, ImageGenPartialImageEvent, ImagesResponse
from PIL import Image

from tests.clients.calls import QWEN, TEXT, Call, Failing, Told, in_scenario, played, prompt
from tests.ports import free_port

Send = Callable[[str, Call], ImagesResponse]


def sdk(mock: str, call: Call, seconds: float = 30) -> OpenAI:
    return OpenAI(
        base_url=mock + call.base,
        api_key=call.key,
        default_headers=call.headers,
        max_retries=0,
        timeout=seconds,
        http_client=DefaultHttpxClient(trust_env=False),
    )


def asynchronous_sdk(mock: str, call: Call) -> AsyncOpenAI:
    return AsyncOpenAI(
        base_url=mock + call.base,
        api_key=call.key,
        default_headers=call.headers,
        max_retries=0,
        http_client=DefaultAsyncHttpxClient(trust_env=False),
    )


def synchronously(mock: str, call: Call) -> ImagesResponse:
    with sdk(mock, call) as client:
        if call.method == "get":
            return client.get(call.path, cast_to=ImagesResponse)
        return client.post(call.path, cast_to=ImagesResponse, body=call.body)


def asynchronously(mock: str, call: Call) -> ImagesResponse:
    async def send() -> ImagesResponse:
        async with asynchronous_sdk(mock, call) as client:
            if call.method == "get":
                return await client.get(call.path, cast_to=ImagesResponse)
            return await client.post(call.path, cast_to=ImagesResponse, body=call.body)

    return asyncio.run(send())


both_forms = pytest.mark.parametrize("send", [synchronously, asynchronously])


def told(error: openai.APIStatusError) -> Told:
    return Told(
        errors=frozenset(kind.__name__ for kind in type(error).__mro__),
        status=error.status_code,
        code=error.code,
        param=error.param,
        retry_after=error.response.headers.get("retry-after"),
    )


def size_of(content: bytes) -> tuple[int, int]:
    return Image.open(BytesIO(content)).size


def test_images_come_as_links(mock: str) -> None:
    with sdk(mock, Call("powertokens")) as client:
        found = client.images.generate(
            model=QWEN,
            prompt=TEXT,
            n=2,
            size="1024*768",
            response_format="url",
            extra_body={"seed": 0, "watermark": False, "prompt_extend": False, "negative_prompt": "fog"},
        )
    data = found.data or []
    assert [item.b64_json for item in data] == [None, None]
    assert {size_of(httpx.get(item.url or "", trust_env=False).content) for item in data} == {(1024, 768)}
    assert [item.revised_prompt for item in data] == [None, None]


def test_images_come_as_base64(mock: str) -> None:
    with sdk(mock, Call("powertokens")) as client:
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


def test_partial_images_and_the_whole_one_come_as_events(mock: str) -> None:
    with sdk(mock, in_scenario("stream")(Call("powertokens"))) as client:
        stream = client.images.generate(
            model=QWEN, prompt=TEXT, size="1024x1024", stream=True, partial_images=2, response_format="b64_json"
        )
        *partial, completed = list(stream)
    assert [one.partial_image_index for one in partial if isinstance(one, ImageGenPartialImageEvent)] == [0, 1]
    assert isinstance(completed, ImageGenCompletedEvent)
    ImageGenCompletedEvent.model_validate(completed.to_dict())  # the SDK itself takes whatever comes
    assert {size_of(b64decode(one.b64_json, validate=True)) for one in (*partial, completed)} == {(1024, 1024)}
    assert completed.usage.total_tokens > 0


def test_without_the_scenario_a_stream_is_rejected_by_its_name(mock: str) -> None:
    with sdk(mock, Call("powertokens")) as client, pytest.raises(openai.BadRequestError) as raised:
        client.images.generate(model=QWEN, prompt=TEXT, stream=True)
    assert raised.value.param == "stream"


def test_a_nested_prompt_travels_in_the_extra_body(mock: str) -> None:
    with sdk(mock, Call("powerbuyin")) as client:
        found = client.images.generate(
            model=QWEN,
            prompt="what the SDK insists on, and nobody reads",
            size="1024x1024",
            response_format="url",
            extra_body={**prompt("powerbuyin", TEXT), "seed": 0},
        )
    assert found.data is not None
    (item,) = found.data
    assert item.url is not None
    assert item.url.startswith(f"{mock}/powerbuyin/images/")
    assert item.revised_prompt is not None
    assert item.revised_prompt.startswith(TEXT)


@both_forms
def test_a_body_by_the_contract_is_posted_as_it_is(mock: str, contract: str, send: Send) -> None:
    call = Call(contract, fields={"n": 2, "size": "768*512", "response_format": "b64_json"})
    found = send(mock, call).data or []
    assert [size_of(b64decode(item.b64_json or "")) for item in found] == [(768, 512)] * 2


def test_images_come_to_the_asynchronous_form(mock: str) -> None:
    async def generate() -> ImagesResponse:
        async with asynchronous_sdk(mock, Call("powertokens")) as client:
            return await client.images.generate(model=QWEN, prompt=TEXT, n=3, size="1024x1024")

    found = asyncio.run(generate())
    assert len({item.url for item in found.data or []}) == 3


@both_forms
def test_a_failure_is_an_exception_of_its_own_type(mock: str, contract: str, failing: Failing, send: Send) -> None:
    with pytest.raises(openai.APIStatusError) as raised:
        send(mock, failing.spoil(Call(contract)))
    assert failing.error in told(raised.value).errors
    assert told(raised.value).facts == failing.facts


def test_what_is_wrong_is_said_in_words(mock: str) -> None:
    with sdk(mock, Call("powertokens")) as client, pytest.raises(openai.BadRequestError) as raised:
        client.images.generate(model=QWEN, prompt="a lighthouse", n=7)
    assert raised.value.type == "invalid_request_error"
    assert "n must be at most 6; got 7." in raised.value.message


@both_forms
def test_nobody_there_is_a_connection_error(contract: str, send: Send) -> None:
    with pytest.raises(openai.APIConnectionError):
        send(f"http://127.0.0.1:{free_port()}", Call(contract))


def test_an_answer_that_does_not_come_is_a_timeout(mock: str, contract: str) -> None:
    call = played("no-response")(Call(contract))
    with sdk(mock, call, seconds=0.2) as client, pytest.raises(openai.APITimeoutError):
        client.post(call.path, cast_to=ImagesResponse, body=call.body)
