"""Requests keep the distance that the user wants, and a longer one at a gateway that throttles."""

import asyncio
import itertools

import pytest

from contract_tests.client.pace import FIRST_INTERVAL, LONGEST_INTERVAL, Pace


def test_requests_start_apart_by_what_the_user_wants() -> None:
    async def start() -> list[float]:
        pace = Pace(0.02)
        return [await pace.wait() for _ in range(4)]

    starts = asyncio.run(start())
    assert all(late - early >= 0.02 - 1e-6 for early, late in itertools.pairwise(starts))  # as far as floats go


@pytest.mark.parametrize(
    ("least", "interval"),
    [(0, FIRST_INTERVAL), (0.2, 0.2 * 1.5), (1.9, LONGEST_INTERVAL), (5, 5)],
)
def test_a_gateway_that_throttles_is_never_asked_faster_than_the_user_wants(least: float, interval: float) -> None:
    pace = Pace(least)
    pace.slow_down(1.0)
    assert pace.interval == pytest.approx(interval)
