"""The vendor's own SDK hands in tasks, waits for them and cancels them: in its plain form and in its Aio twins."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dashscope
import pytest
from dashscope import AioMultiModalConversation
from dashscope.aigc.image_generation import AioImageGeneration, ImageGeneration
from dashscope.aigc.image_synthesis import AioImageSynthesis, ImageSynthesis
from dashscope.api_entities.aio_session import close_shared_aio_session

from gateway_contract.contract.definition import Contract
from mock_server.upstream.protocol import StubOptions
from tests.mock_server.served import ServedStub, fault_named
from tests.mock_server.tasks_served import (
    AT_ONCE,
    GENERATION,
    NEVER_ENDED,
    NEVER_STARTED,
    SYNTHESIS,
    tasks_served,
    two_hours_between_polls,
)

pytestmark = pytest.mark.slow

WAN, QWEN = "wan2.7-image-pro", "qwen-image-plus"
KEY: dict[str, Any] = {"api_key": "sk-any"}
MESSAGES = [{"role": "user", "content": [{"text": "a lighthouse"}]}]
SAID: dict[str, Any] = {"model": WAN, "messages": MESSAGES, **KEY}
TEXT: dict[str, Any] = {"model": QWEN, "prompt": "a lighthouse", **KEY}
CANNOT = "Failed to cancel the task, please confirm if the task is in PENDING status."

Aimed = Callable[[ServedStub], ServedStub]


@pytest.fixture
def aimed(monkeypatch: pytest.MonkeyPatch) -> Aimed:
    """Points the SDK at a stub."""

    def aim(stub: ServedStub) -> ServedStub:
        monkeypatch.setattr(dashscope, "base_http_api_url", f"{stub.url}/api/v1")
        return stub

    return aim


@pytest.fixture
def at_once(quick: ServedStub, aimed: Aimed) -> ServedStub:
    return aimed(quick)


@pytest.fixture
def waiting(powertokens: Contract, aimed: Aimed) -> Iterator[ServedStub]:
    """A stub none of whose tasks is ever begun."""
    with tasks_served(powertokens, NEVER_STARTED) as stub:
        yield aimed(stub)


@contextmanager
def playing(contract: Contract, name: str, aimed: Aimed) -> Iterator[ServedStub]:
    with tasks_served(contract, AT_ONCE, fault_of=lambda _: fault_named(name)) as stub:
        yield aimed(stub)


def run(coroutine: Any) -> Any:  # noqa: ANN401 - the SDK has no types
    """What a twin answers, in a loop of its own; the SDK leaves closing its connections to its user."""

    async def to_the_end() -> Any:  # noqa: ANN401 - as above
        try:
            return await coroutine
        finally:
            await close_shared_aio_session()

    return asyncio.run(to_the_end())


def choices_in(answer: Any) -> list[str]:  # noqa: ANN401 - the SDK has no types
    assert answer.status_code == 200, answer
    return [part["image"] for choice in answer.output.choices for part in choice.message.content]


def assert_refused(answer: Any, status: int, code: str, message: str) -> None:  # noqa: ANN401 - the SDK has no types
    assert (answer.status_code, answer.code, answer.message) == (status, code, message)
    assert answer.request_id


def assert_images(stub: ServedStub, links: list[str], count: int) -> None:
    assert len(set(links)) == count
    assert all(stub.http.get(link).content.startswith(b"\x89PNG") for link in links)


def test_a_generation_comes_at_once(at_once: ServedStub) -> None:
    assert_images(at_once, choices_in(ImageGeneration.call(**SAID, n=2, size="1K")), 2)
    assert at_once.last.path == at_once.stub.path


def test_a_generation_comes_as_a_task(at_once: ServedStub) -> None:
    submitted: Any = ImageGeneration.async_call(**SAID, n=2, size="1K")
    assert submitted.output.task_status == "PENDING"
    assert (at_once.last.path, at_once.last.generated) == (GENERATION, True)
    assert at_once.last.body == {
        "model": WAN,
        "input": {"messages": MESSAGES},
        "parameters": {"n": 2, "size": "1K", "is_async": True},
    }
    ended = ImageGeneration.wait(submitted, **KEY)
    assert ended.output.task_status == "SUCCEEDED"
    assert_images(at_once, choices_in(ended), 2)
    assert ImageGeneration.fetch(submitted.output.task_id, **KEY).output == ended.output


def test_a_task_is_waited_for_while_it_is_under_way(
    powertokens: Contract, aimed: Aimed, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_hours_between_polls(monkeypatch)
    with tasks_served(powertokens, NEVER_ENDED) as stub:
        aimed(stub)
        submitted: Any = ImageGeneration.async_call(**SAID, size="1K")
        assert ImageGeneration.wait(submitted, **KEY).output.task_status == "SUCCEEDED"
        assert sum(call.method == "GET" for call in stub.stub.calls) == 2


def test_a_synthesis_comes_with_results(at_once: ServedStub) -> None:
    answer = ImageSynthesis.call(**TEXT, negative_prompt="fog", size="1328*1328", watermark=True)
    (result,) = answer.output.results
    assert answer.output.task_metrics["SUCCEEDED"] == 1
    assert answer.usage.image_count == 1
    assert_images(at_once, [result.url], 1)


def test_a_synthesis_is_handed_in_fetched_and_waited_for(at_once: ServedStub) -> None:
    submitted = ImageSynthesis.async_call(**TEXT)
    assert (submitted.output.task_status, at_once.last.path) == ("PENDING", SYNTHESIS)
    fetched, waited = ImageSynthesis.fetch(submitted, **KEY), ImageSynthesis.wait(submitted, **KEY)
    assert fetched.output.task_status == waited.output.task_status == "SUCCEEDED"
    assert fetched.output.results == waited.output.results


def test_a_result_that_failed_is_told_beside_a_good_one(powertokens: Contract, aimed: Aimed) -> None:
    with tasks_served(powertokens, StubOptions(pending_seconds=0, running_seconds=0, failed_results=1)) as stub:
        aimed(stub)
        output = ImageSynthesis.call(**TEXT).output
    assert [bool(result.get("url")) for result in output.results] == [True, False]
    assert output.task_metrics["FAILED"] == 1


def test_a_task_that_waits_is_canceled(waiting: ServedStub) -> None:
    submitted = ImageSynthesis.async_call(**TEXT)
    assert ImageSynthesis.fetch(submitted, **KEY).output.task_status == "PENDING"
    assert ImageSynthesis.cancel(submitted, **KEY).status_code == 200
    assert ImageSynthesis.wait(submitted, **KEY).output.task_status == "CANCELED"
    assert not any(call.generated for call in waiting.stub.calls)


@pytest.mark.usefixtures("at_once")
def test_a_task_that_has_ended_is_not_canceled() -> None:
    submitted = ImageSynthesis.async_call(**TEXT)
    assert_refused(ImageSynthesis.cancel(submitted, **KEY), 400, "UnsupportedOperation", CANNOT)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("kind", [ImageGeneration, ImageSynthesis])
def test_a_task_that_never_was_is_unknown(kind: Any) -> None:  # noqa: ANN401 - the SDK has no types
    assert kind.fetch("0" * 32, **KEY).output.task_status == "UNKNOWN"


@pytest.mark.usefixtures("at_once")
def test_a_wrong_value_is_told_by_the_task() -> None:
    for answer in (ImageSynthesis.call(**TEXT, n=2), run(AioImageSynthesis.call(**TEXT, n=2))):
        output = answer.output
        assert (answer.status_code, output.task_status) == (200, "FAILED")
        assert (output["code"], output["message"]) == ("InvalidParameter", "num_images_per_prompt must be 1")


@pytest.mark.usefixtures("at_once")
def test_a_model_of_another_operation_is_refused_at_once() -> None:
    answer = ImageGeneration.async_call(**SAID | {"model": QWEN})
    assert_refused(answer, 400, "InvalidParameter", "Model not exist.")
    assert_refused(ImageSynthesis.async_call(**TEXT | {"model": WAN}), 400, "InvalidParameter", "Model not exist.")


def test_a_wrong_key_is_refused_everywhere(powertokens: Contract, aimed: Aimed) -> None:
    with tasks_served(powertokens, StubOptions(key="sk-right")) as stub:
        aimed(stub)
        for answer in (
            ImageGeneration.call(**SAID),
            ImageGeneration.async_call(**SAID),
            ImageSynthesis.async_call(**TEXT),
            ImageSynthesis.fetch("1", **KEY),
            ImageSynthesis.cancel("1", **KEY),
            run(AioImageSynthesis.fetch("1", **KEY)),
        ):
            assert_refused(answer, 401, "InvalidApiKey", "Invalid API-key provided.")


FLAT = ["bad-request", "moderation", "no-credit", "forbidden"]
FLAT += [
    "rate-limit",
    "rate-limit(retry_after=2)",
    "server-error",
    "unavailable",
    "unavailable(code=ModelServingError)",
]


@pytest.mark.parametrize("name", FLAT)
def test_every_listed_error_reaches_the_sdk(powertokens: Contract, aimed: Aimed, name: str) -> None:
    with playing(powertokens, name, aimed):
        answers: list[Any] = [
            ImageGeneration.call(**SAID),
            ImageGeneration.async_call(**SAID),
            ImageSynthesis.async_call(**TEXT),
            run(AioImageGeneration.async_call(**SAID)),
        ]
        for answer in answers:
            assert answer.status_code >= 400
            assert answer.code
            assert answer.message
            assert answer.request_id


def test_the_aio_twin_of_a_conversation_is_answered(at_once: ServedStub) -> None:
    assert_images(at_once, choices_in(run(AioMultiModalConversation.call(**SAID, n=2, size="1K"))), 2)


def test_the_aio_twin_of_a_generation_is_answered(at_once: ServedStub) -> None:
    async def both() -> Any:  # noqa: ANN401 - the SDK has no types
        submitted: Any = await AioImageGeneration.async_call(**SAID, n=2, size="1K")
        ended = await AioImageGeneration.wait(submitted, **KEY)
        return ended, await AioImageGeneration.call(**SAID, size="1K")

    ended, answered = run(both())
    assert_images(at_once, choices_in(ended), 2)
    assert_images(at_once, choices_in(answered), 1)
    paths = [call.path for call in at_once.stub.calls if call.method == "GET"]
    assert paths[-1].endswith("/")


def test_the_aio_twin_of_a_synthesis_is_answered(at_once: ServedStub) -> None:
    async def each() -> Any:  # noqa: ANN401 - the SDK has no types
        submitted = await AioImageSynthesis.async_call(**TEXT)
        fetched = await AioImageSynthesis.fetch(submitted, **KEY)
        return fetched, await AioImageSynthesis.wait(submitted, **KEY), await AioImageSynthesis.call(**TEXT)

    fetched, waited, called = run(each())
    assert fetched.output == waited.output
    assert_images(at_once, [answer.output.results[0]["url"] for answer in (waited, called)], 2)


def test_the_aio_twin_cancels(waiting: ServedStub) -> None:
    async def canceled() -> Any:  # noqa: ANN401 - the SDK has no types
        submitted = await AioImageSynthesis.async_call(**TEXT)
        answers = [await AioImageSynthesis.cancel(submitted, **KEY) for _ in range(2)]
        return answers, await AioImageSynthesis.fetch(submitted, **KEY)

    (done, again), fetched = run(canceled())
    assert done.status_code == 200
    assert_refused(again, 400, "UnsupportedOperation", CANNOT)
    assert fetched.output.task_status == "CANCELED"
    assert not any(call.generated for call in waiting.stub.calls)
