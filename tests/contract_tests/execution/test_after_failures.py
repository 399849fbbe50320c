"""What comes directly after an injected failure: a circuit breaker is found, and a rate limit is not taken for one."""

import asyncio

import pytest

from contract_tests.client.case import Case
from contract_tests.execution.failure_injection import send_after_failure
from gateway_contract.traffic.exchange import Answer, Exchange, Request
from gateway_contract.values.json_value import ABSENT

BUSY, OK, BROKEN = 429, 200, 500


def counted(*statuses: int) -> int | None:
    """Which of the responses to the requests after a failure counts, by its position; None where none does."""
    sent: list[Exchange] = []

    async def send(case: Case) -> Exchange:
        headers = (("Retry-After", "0"),)
        answer = Answer(statuses[len(sent)], headers, b"", ABSENT, seconds=0.1, received_at=0.0)
        sent.append(Exchange(Request("POST", "/", (), case.content, ABSENT), answer))
        return sent[-1]

    found = asyncio.run(send_after_failure(Case("after reset", b"{}"), send))
    assert len(sent) == len(statuses)
    return next((position for position, one in enumerate(sent) if one is found), None)


@pytest.mark.parametrize("status", [OK, BROKEN])
def test_an_answer_that_asks_for_nothing_counts(status: int) -> None:
    assert counted(status) == 0


@pytest.mark.parametrize("status", [BUSY, 503])
def test_the_first_answer_of_a_circuit_breaker_counts(status: int) -> None:
    assert counted(status, OK, OK) == 0


def test_a_rate_limit_is_not_taken_for_a_circuit_breaker() -> None:
    assert counted(BUSY, OK, BUSY) == 1


def test_what_is_broken_after_the_wait_counts() -> None:
    assert counted(BUSY, BROKEN, OK) == 1


def test_nothing_counts_where_the_patience_ends_first() -> None:
    assert counted(BUSY, BUSY) is None
