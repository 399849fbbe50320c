"""The vendor's own SDK against the stub, bare and behind the mock."""

from typing import Any

import dashscope
import httpx
import pytest
from dashscope import MultiModalConversation

from gateway_contract.contract.definition import Contract
from mock_server.testing import running_mock
from tests.mock_server.served import ServedStub

QWEN = "qwen-image-2.0-pro"
MESSAGES = [{"role": "user", "content": [{"text": "a lighthouse"}]}]


@pytest.fixture
def _bare(stub: ServedStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashscope, "base_http_api_url", f"{stub.url}/api/v1")


def called(model: str = QWEN, **parameters: Any) -> Any:  # noqa: ANN401 - as the SDK has it
    return MultiModalConversation.call(api_key="sk-any", model=model, messages=MESSAGES, **parameters)


def images_in(answer: Any) -> list[str]:  # noqa: ANN401 - the SDK has no types
    assert answer.status_code == 200, answer
    return [part["image"] for choice in answer.output.choices for part in choice.message.content]


@pytest.mark.usefixtures("_bare")
def test_an_image_comes_for_a_message_alone(stub: ServedStub) -> None:
    (link,) = images_in(called())
    assert stub.http.get(link).content.startswith(b"\x89PNG")


@pytest.mark.usefixtures("_bare")
def test_what_the_sdk_adds_of_itself_is_taken_and_recorded(stub: ServedStub) -> None:
    answer = called(
        result_format="message",
        stream=False,
        n=2,
        size="512*512",
        watermark=False,
        prompt_extend=True,
        negative_prompt="",
        seed=0,
    )
    assert len(images_in(answer)) == 2
    assert (answer.usage["width"], answer.usage["height"], answer.usage["image_count"]) == (512, 512, 2)
    assert stub.last.body == {
        "model": QWEN,
        "input": {"messages": MESSAGES},
        "parameters": {
            "result_format": "message",
            "n": 2,
            "size": "512*512",
            "watermark": False,
            "prompt_extend": True,
            "negative_prompt": "",
            "seed": 0,
        },
    }
    assert answer.request_id


@pytest.mark.usefixtures("_bare")
def test_nulls_are_taken_for_defaults() -> None:
    nothing: dict[str, Any] = dict.fromkeys(("n", "size", "seed", "watermark", "prompt_extend", "negative_prompt"))
    assert len(images_in(called(**nothing))) == 1


@pytest.mark.usefixtures("_bare")
def test_the_sdk_reads_a_choice_per_image_as_well() -> None:
    answer = called("wan2.7-image-pro", n=3)
    assert len(answer.output.choices) == len(images_in(answer)) == 3


@pytest.mark.usefixtures("_bare")
@pytest.mark.parametrize(
    ("model", "parameters", "message"),
    [
        (QWEN, {"size": "1*1"}, "Image area must be between 262144 (512x512) and 4194304 (2048x2048) pixels"),
        (QWEN, {"n": 0}, "num_images_per_prompt is out of range"),
        ("qwen-image-max", {"n": 2}, "num_images_per_prompt must be 1"),
        ("qwen-image-9", {}, "Model not exist."),
    ],
)
def test_a_refusal_reaches_the_sdk_with_its_code(
    stub: ServedStub, model: str, parameters: dict[str, Any], message: str
) -> None:
    answer = called(model, **parameters)
    assert (answer.status_code, answer.code, answer.message) == (400, "InvalidParameter", message)
    assert answer.request_id
    assert not stub.last.generated


def test_the_stub_behind_the_mock_is_the_same(powertokens: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_mock([powertokens]) as mock:
        url = mock.settings.own
        monkeypatch.setattr(dashscope, "base_http_api_url", f"{url}/dashscope/api/v1")
        (link,) = images_in(called(size="512*512"))
        assert link.startswith(f"{url}/dashscope/pictures/")
        assert httpx.get(link, trust_env=False).content.startswith(b"\x89PNG")
