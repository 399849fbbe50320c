"""A rejection by chance blames a field only where it comes with one value of that field and with nothing else."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random

import orjson
import pytest

from contract_tests.blame.chance_rejections import shared_field
from contract_tests.client.case import Case
from contract_tests.client.limits import Limits
from contract_tests.execution.confirmation import Confirmation
from contract_tests.execution.internal_errors import InternalErrors
from contract_tests.execution.slow_answers import SlowAnswers
from contract_tests.planning.plan import is_row, plan
from gateway_contract.traffic.exchange import Exchange, Observation
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import read
from tests.contract_tests.three_contracts import POWERTOKENS, base, exchange, request

Rejects = Callable[[Json], bool]
ANSWERS = {rejected: exchange(None, 400 if rejected else 200) for rejected in (True, False)}


@cache
def rows() -> tuple[Case, ...]:
    return tuple(case for case in plan(POWERTOKENS, Observation.TWO_SIDED, 1).cases if is_row(POWERTOKENS, case))


def find(rejects: Rejects, cases: tuple[Case, ...]) -> list[Exchange]:
    """What is found where each case is sent to a gateway that rejects some bodies."""

    async def send(case: Case) -> Exchange:
        sent = replace(request(case.content), form=case.form)
        return replace(ANSWERS[rejects(orjson.loads(case.content))], request=sent, name=case.name)

    async def confirm() -> list[Exchange]:
        slow = SlowAnswers(POWERTOKENS, Limits(), send, lambda _: True)
        confirmation = Confirmation(POWERTOKENS, InternalErrors(), slow, send, lambda _: True)
        return await confirmation.minimize([await send(case) for case in cases])

    return asyncio.run(confirm())


def blamed(found: list[Exchange]) -> set[str]:
    return {pointer for one in found for pointer in one.essential or ()}


def at_random(seed: int, share: float) -> Rejects:
    dice = Random(seed)  # noqa: S311 # no secret
    return lambda _: dice.random() < share


def test_a_gateway_that_rejects_a_third_of_all_requests_has_no_field_to_blame() -> None:
    cases = rows()[::6]
    for seed in range(100):
        assert blamed(find(at_random(seed, 1 / 3), cases)) == set(), seed


def test_a_gateway_that_rejects_one_value_each_time_is_blamed_for_that() -> None:
    assert blamed(find(lambda body: read(body, "/seed") == 0, rows())) == {"/seed"}


@pytest.mark.parametrize("seed", range(5))
def test_a_gateway_that_rejects_one_value_now_and_then_is_blamed_for_that(seed: int) -> None:
    by_chance = at_random(seed, 0.4)
    found = find(lambda body: read(body, "/seed") == 0 and by_chance(body), rows())
    assert blamed(found) == {"/seed"}
    assert found[-1].name == "/seed 0 alone"
    assert found[-1].refused


def tried(rejected: int, accepted: int, others: int) -> list[Exchange]:
    """Exchanges with an unusual value, of which some were rejected, and accepted ones without it."""
    bodies = [replace(exchange({**base(POWERTOKENS), "seed": 0}), name="with") for _ in range(rejected + accepted)]
    refused = [replace(one, answer=ANSWERS[True].answer) for one in bodies[:rejected]]
    return [*refused, *bodies[rejected:], *[exchange(base(POWERTOKENS))] * others]


@pytest.mark.parametrize(
    ("rejected", "accepted", "others", "field"),
    [(3, 7, 90, "/seed"), (1, 0, 99, None), (2, 48, 50, None), (5, 0, 0, None), (0, 10, 90, None)],
)
def test_a_value_that_few_rejections_may_share_by_chance_is_not_blamed(
    rejected: int, accepted: int, others: int, field: str | None
) -> None:
    assert shared_field(POWERTOKENS, tried(rejected, accepted, others)) == field
