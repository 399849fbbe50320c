"""The budget: no gateway is asked for more images than a run may cost, whatever it accepts."""

import asyncio
from dataclasses import replace

import pytest
from starlette.requests import Request
from starlette.responses import Response

from contract_tests.execution.ledger import BudgetUsedUpError, Ledger, billable_images
from contract_tests.results import Conformance
from gateway_contract.traffic.exchange import Exchange, NoAnswer
from gateway_contract.values.json_value import ABSENT, Json, read_json
from tests.contract_tests.gateways import generated, replying, run_against
from tests.contract_tests.three_contracts import POWERTOKENS, exchange, unanswered

GOOD: Json = {"url": "http://127.0.0.1/1.png"}


@pytest.mark.parametrize(
    ("body", "images"),
    [
        ({"n": 7}, 7),
        ({"n": "6"}, 6),
        ({"n": 2.0}, 2),
        ({"n": 10**9}, 10**9),
        ({"n": 0}, 1),
        ({"n": -3}, 1),
        ({"n": True}, 1),
        ({"n": None}, 1),
        ({"n": "9" * 5000}, 1),
        ({}, 1),
        ([], 1),
        (None, 1),
    ],
)
def test_a_body_may_be_billed_the_count_that_is_written_in_it_or_else_the_default(body: Json, images: int) -> None:
    assert billable_images(POWERTOKENS, body) == images


def test_what_is_no_json_may_be_billed_the_default() -> None:
    assert billable_images(POWERTOKENS, ABSENT) == 1


@pytest.mark.parametrize(
    ("answered", "billed"),
    [
        (exchange({}, 400), 0),
        (exchange({}, 429), 0),
        (exchange({}, 500), 3),
        (unanswered({}), 3),
        (replace(unanswered({}), answer=NoAnswer("connection refused", 0.1, unsent=True)), 0),
    ],
)
def test_a_rejection_is_free_as_is_what_was_not_sent_and_no_answer_is_not(answered: Exchange, billed: int) -> None:
    async def send() -> Exchange:
        return answered

    ledger = Ledger(10)
    asyncio.run(ledger.spend(3, send))
    assert (ledger.billed, ledger.reserved) == (billed, 0)


def test_what_does_not_fit_waits_for_a_rejection_and_is_left_out_without_one() -> None:
    async def spend(first: Exchange) -> tuple[Ledger, list[object]]:
        ledger, answered = Ledger(5), asyncio.Event()

        async def slow() -> Exchange:
            await answered.wait()
            return first

        async def fast() -> Exchange:
            return exchange({}, 400)

        both = asyncio.gather(ledger.spend(3, slow), ledger.spend(3, fast), return_exceptions=True)
        await asyncio.sleep(0)
        assert ledger.reserved in {0, 3}
        answered.set()
        return ledger, list(await both)

    ledger, ended = asyncio.run(spend(exchange({}, 400)))
    assert ([type(one) for one in ended], ledger.left_out) == ([Exchange, Exchange], 0)
    ledger, ended = asyncio.run(spend(exchange({}, 500)))
    assert ([type(one) for one in ended], ledger.left_out) == ([Exchange, BudgetUsedUpError], 1)


def test_what_exceeds_the_whole_budget_alone_does_not_use_it_up() -> None:
    async def send() -> Exchange:
        raise AssertionError("sent")

    ledger = Ledger(10)
    with pytest.raises(BudgetUsedUpError):
        asyncio.run(ledger.spend(11, send))
    assert ledger.left_out == 0


@pytest.mark.slow
@pytest.mark.parametrize(("budget", "fuzz"), [(1, 0), (20, 0), (20, 5)])
def test_a_gateway_that_accepts_everything_is_asked_for_no_more_than_the_budget(budget: int, fuzz: int) -> None:
    billed: list[int] = []

    def reply(request: Request, content: bytes) -> Response:
        if request.url.path == "/1.png":
            return Response(status_code=404)
        body = read_json(content)
        said = body.get("n") if isinstance(body, dict) else None
        written = int(said) if isinstance(said, int | str) and str(said).isdecimal() else 1
        billed.append(max(written, 1))
        return generated(*[GOOD] * min(billed[-1], 10))

    with replying(reply) as gateway:
        found = run_against(gateway.url, budget=budget, fuzz=fuzz)
    assert sum(billed) <= budget
    # With a budget of 1 the image is spent on a valid request.
    assert found.conformance is (Conformance.VIOLATES if budget > 1 else Conformance.NOT_TESTED)
