"""A run ends in time: what is under way is given up, and what was not tested is said."""

import asyncio
import re
import time
from dataclasses import dataclass
from itertools import count

import pytest
from starlette.requests import Request
from starlette.responses import Response

from contract_tests.client.limits import Limits
from contract_tests.execution.health import MOST_BROKEN
from contract_tests.execution.time_bound import TimeBound, TimeUsedUpError
from contract_tests.results import NOT_TRIED_AGAIN, Conformance, Verdict
from gateway_contract.contract.validity import validity_of
from gateway_contract.values.json_value import Json, read_json
from tests.contract_tests.gateways import as_json, failing, generated, replying, run_against
from tests.contract_tests.three_contracts import POWERTOKENS


async def answer() -> str:
    return "answered"


def test_a_request_within_the_time_is_sent() -> None:
    assert asyncio.run(TimeBound(60).spend(answer)) == "answered"


def test_what_is_under_way_when_the_time_is_used_up_is_given_up_and_nothing_more_is_sent() -> None:
    async def spend() -> TimeBound:
        bound = TimeBound(0.01)
        with pytest.raises(TimeUsedUpError):
            await bound.spend(asyncio.Event().wait)
        with pytest.raises(TimeUsedUpError):
            await bound.spend(answer)
        return bound

    bound = asyncio.run(spend())
    assert (bound.used_up, bound.left, bound.left_out) == (True, 0, 2)


def test_a_request_that_takes_too_long_by_itself_is_no_matter_of_the_time_of_the_run() -> None:
    async def times_out() -> str:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        asyncio.run(TimeBound(60).spend(times_out))


@pytest.mark.parametrize(("seconds", "held_back"), [(60, 6), (1800, 60), (float("inf"), 60)])
def test_some_time_is_left_to_what_comes_last(seconds: float, held_back: float) -> None:
    bound = TimeBound(seconds)
    bound.hold_back()
    assert bound.held_back == held_back
    assert seconds - held_back - 5 < bound.left or seconds == float("inf")


@dataclass(slots=True)
class Clock:
    """Stands still but for what replies take."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("contract_tests.execution.time_bound.time", made)
    return made


GOOD: Json = {"url": "http://127.0.0.1/1.png"}
BROKEN = as_json({"error": {"message": "out of memory", "type": "server_error", "code": None, "param": None}}, 500)


@pytest.mark.slow
def test_a_gateway_too_slow_for_its_time_is_not_tested_and_what_failed_once_is_no_failure(clock: Clock) -> None:
    """It accepts whatever it is sent, which breaks rules: but nothing was tried again."""

    def reply(_request: Request, _content: bytes) -> Response:
        clock.now += 5
        return generated(GOOD)

    with replying(reply) as gateway:
        found = run_against(gateway.url, max_seconds=80)
    assert found.conformance is Conformance.NOT_TESTED
    assert re.fullmatch(r"\d+ of \d+ rules; the time of 80 s is used up", found.not_tested)
    assert failing(found) == set()
    assert NOT_TRIED_AGAIN in {one.reason for one in found.verdicts}
    unseen = {one.reason for one in found.verdicts if one.verdict is Verdict.NOT_RUN and one.rule.untestable is None}
    assert "no request led to a verdict; the time of 80 s is used up" in unseen


@pytest.mark.slow
def test_a_gateway_that_breaks_slowly_on_everything_ends_with_what_it_says(clock: Clock) -> None:
    def reply(_request: Request, _content: bytes) -> Response:
        clock.now += 20
        return BROKEN

    with replying(reply) as gateway:
        found = run_against(gateway.url, max_seconds=100)
    assert found.conformance is Conformance.NOT_TESTED
    assert found.not_tested == 'no valid request was accepted: 500 "out of memory"; the time of 100 s is used up'
    assert len(gateway.asked) <= 6


@pytest.mark.slow
def test_a_gateway_that_gives_no_answer_in_the_time_of_the_run_is_not_tested() -> None:
    def reply(_request: Request, _content: bytes) -> Response:
        time.sleep(0.5)
        return generated(GOOD)

    with replying(reply) as gateway:
        found = run_against(gateway.url, max_seconds=0.2, limits=Limits(answer=5))
    assert found.not_tested == "the gateway gave no complete response; the time of 0.2 s is used up"


@pytest.mark.slow
def test_a_gateway_that_breaks_down_is_given_up_and_its_5xx_are_no_failures() -> None:
    numbers = count()
    with replying(lambda *_: generated(GOOD) if next(numbers) < 2 else BROKEN) as gateway:
        found = run_against(gateway.url, budget=1000, jobs=1)
    assert found.conformance is Conformance.NOT_TESTED
    assert found.not_tested.startswith(
        'the gateway responded HTTP 500 "out of memory" to a plain request after 10 valid'
    )
    assert failing(found, "documented") == set()
    valid = [content for content in gateway.asked if validity_of(POWERTOKENS, read_json(content)).valid]
    assert len(valid) <= 4 * MOST_BROKEN
