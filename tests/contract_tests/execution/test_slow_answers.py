"""An answer that did not come in time is a failure only where the gateway is known to be far faster."""

import asyncio
from dataclasses import replace

import pytest

from contract_tests.client.case import Case
from contract_tests.client.limits import Limits
from contract_tests.execution.slow_answers import MOST_REPEATED, SlowAnswers
from gateway_contract.traffic.exchange import Answer, Exchange, NoAnswer
from tests.contract_tests.three_contracts import POWERTOKENS, base, exchange

SIX = {**base(POWERTOKENS), "n": 6}
GAVE_UP = NoAnswer("no complete response within 9 s", 9.0, timed_out=True)
TIMED_OUT = replace(exchange(SIX), answer=GAVE_UP)


def slow_answers(again: Exchange, *, seconds: float) -> tuple[SlowAnswers, list[Case]]:
    """For a gateway that takes so many seconds for an image."""
    asked: list[Case] = []

    async def send(case: Case) -> Exchange:
        asked.append(case)
        return again

    found = SlowAnswers(POWERTOKENS, Limits(answer=6, per_image=0.5), send, lambda _: True)
    quick = exchange({**SIX, "n": 2})
    assert isinstance(quick.answer, Answer)
    found.measure([replace(quick, answer=replace(quick.answer, seconds=2 * seconds)), exchange(SIX, 400)])
    return found, asked


def test_a_second_time_out_of_a_quick_gateway_is_told_as_one() -> None:
    found, asked = slow_answers(TIMED_OUT, seconds=0.1)
    again = asyncio.run(found.repeat(TIMED_OUT))
    assert isinstance(again.answer, NoAnswer)
    assert again.answer.repeated
    assert (len(asked), asked[0].images, found.slow) == (1, 6, [])


def test_an_answer_the_second_time_counts_and_the_first_time_is_told() -> None:
    found, _ = slow_answers(exchange(SIX), seconds=0.1)
    assert asyncio.run(found.repeat(TIMED_OUT)).accepted
    assert found.slow == ["no complete response within 9 s for 6 images"]


def test_a_slow_gateway_is_not_asked_again() -> None:
    found, asked = slow_answers(TIMED_OUT, seconds=0.4)
    assert asyncio.run(found.repeat(TIMED_OUT)) is TIMED_OUT
    assert (asked, found.slow) == ([], ["no complete response within 9 s for 6 images"])


def test_only_some_are_repeated() -> None:
    found, asked = slow_answers(TIMED_OUT, seconds=0.1)
    for _ in range(MOST_REPEATED + 2):
        asyncio.run(found.repeat(TIMED_OUT))
    assert (len(asked), len(found.slow)) == (MOST_REPEATED, 2)


@pytest.mark.parametrize(("images", "seconds"), [(0, 60), (1, 90), (6, 240)])
def test_an_answer_may_take_as_long_as_its_images(images: int, seconds: float) -> None:
    assert Limits().answer_seconds(images) == seconds


def test_a_silent_upstream_is_waited_for_longer_than_proxies_wait() -> None:
    assert Limits().silence == 75
