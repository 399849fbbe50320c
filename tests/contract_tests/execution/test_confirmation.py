"""A gateway that breaks by chance, and happened to do so on invalid requests only, is given plain ones."""

import asyncio
from dataclasses import replace

import pytest

from contract_tests.blame.explain import Explainer
from contract_tests.client.case import Case
from contract_tests.client.limits import Limits
from contract_tests.execution.confirmation import MOST_PLAIN, Confirmation
from contract_tests.execution.internal_errors import InternalErrors
from contract_tests.execution.slow_answers import SlowAnswers
from gateway_contract.contract.validity import validity_of
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.traffic.exchange import Answer, Exchange
from gateway_contract.values.json_value import ABSENT, read_json
from gateway_contract.values.pointer import read
from tests.contract_tests.three_contracts import POWERTOKENS, base, exchange

BROKEN = replace(exchange({**base(POWERTOKENS), "n": 0}, 500), name="breaks n minimum, 1")
VALID_REJECTED = replace(exchange(base(POWERTOKENS), 503), name="row 1")


def confirmed(*exchanges: Exchange, nth_valid_breaks: int) -> tuple[list[int], int]:
    """The statuses of what is judged, and how many valid requests were sent; invalid ones get 400 from now on."""
    valid = 0

    async def send(case: Case) -> Exchange:
        nonlocal valid
        body = read_json(case.content)
        assert body is not ABSENT
        if not validity_of(POWERTOKENS, body).valid:
            return exchange(body, 400)
        valid += 1
        return exchange(body, 503 if valid == nth_valid_breaks else 200)

    slow = SlowAnswers(POWERTOKENS, Limits(), send, lambda _: True)
    confirmation = Confirmation(POWERTOKENS, InternalErrors(), slow, send, lambda _: True)
    found = asyncio.run(confirmation.minimize(exchanges))
    return [one.answer.status for one in found if isinstance(one.answer, Answer)], valid


def test_a_plain_request_that_is_rejected_now_and_then_is_judged() -> None:
    assert confirmed(BROKEN, nth_valid_breaks=9) == ([500, 503], 9)


def test_plain_requests_come_to_an_end() -> None:
    statuses, valid = confirmed(BROKEN, nth_valid_breaks=0)
    assert statuses == [500]
    assert MOST_PLAIN <= valid <= MOST_PLAIN + 2


@pytest.mark.parametrize("others", [(VALID_REJECTED,), ()])
def test_none_are_sent_where_a_valid_one_was_rejected_or_nothing_broke(others: tuple[Exchange, ...]) -> None:
    first = (BROKEN, *others) if others else (exchange({**base(POWERTOKENS), "n": 0}, 400),)
    assert confirmed(*first, nth_valid_breaks=0)[1] < MOST_PLAIN


def test_an_example_of_the_page_is_judged_as_it_stands_too() -> None:
    """The gateway rejects its size: the rule about the example fails as well, and says for which field."""
    example = POWERTOKENS.examples[0].body
    rules = {rule.id: rule for rule in derive_rules(POWERTOKENS)}

    async def send(case: Case) -> Exchange:
        body = read_json(case.content)
        assert body is not ABSENT
        return exchange(body, 400 if read(body, "/size") == read(example, "/size") else 200)

    slow = SlowAnswers(POWERTOKENS, Limits(), send, lambda _: True)
    confirmation = Confirmation(POWERTOKENS, InternalErrors(), slow, send, lambda _: True)
    smallest, whole = asyncio.run(confirmation.minimize([exchange(example, 400)]))
    assert smallest.essential == whole.essential == frozenset({"/size"})
    assert (smallest.request.body, whole.request.body) == ({**base(POWERTOKENS), "size": "1024*1024"}, example)
    (failure,) = judge(POWERTOKENS, [rules["powertokens/example/accepts-documented"]], whole)
    assert isinstance(failure, Judgement)
    explained = asyncio.run(Explainer(POWERTOKENS, {}, send, lambda _: True).explain(failure))
    assert explained is not None
    assert explained.finding.told == 'HTTP 400, with size "1024*1024"'
