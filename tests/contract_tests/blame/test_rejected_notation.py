"""A rejection for the notation of a number is counted by requests in that notation."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from contract_tests.blame.explain import Explainer
from contract_tests.client.case import Case
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.rules.rule import Outcome
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.values.json_value import Json
from tests.contract_tests.three_contracts import POWERTOKENS
from tests.gateway_contract.exchanges import DIALECTS, rules_of, with_status

BODY: dict[str, Json] = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "n": 1.0}
ACCEPTED = DIALECTS["powertokens"].conforming(BODY)
REJECTED = replace(with_status(ACCEPTED, 400), name="notation", essential=frozenset(), spelling_refused=True)


def note_of(is_rejected: Callable[[int], bool]) -> str:
    """The note beside the rejection by a gateway that rejects its requests, counted from 1, where that is so."""
    sent = 0

    async def send(case: Case) -> Exchange:
        nonlocal sent
        sent += 1
        return replace(with_status(ACCEPTED, 400) if is_rejected(sent) else ACCEPTED, name=case.name)

    planned = {"notation": Case("notation", REJECTED.request.content)}
    rule = next(one for one in rules_of(POWERTOKENS) if one.id == "powertokens/n/other-notation")
    (one,) = [found for found in judge(POWERTOKENS, [rule], REJECTED) if isinstance(found, Judgement)]
    assert one.finding.outcome is Outcome.FAIL
    explained = asyncio.run(Explainer(POWERTOKENS, planned, send, lambda _: True).explain(one))
    return "" if explained is None else explained.finding.note


@pytest.mark.parametrize(
    ("is_rejected", "note"),
    [(lambda _: True, ""), (lambda number: number % 2 == 0, "in 5 of 10 tries")],
    ids=["each time", "every second time"],
)
def test_a_rejected_notation_is_told_by_how_often_it_is_rejected(is_rejected: Callable[[int], bool], note: str) -> None:
    assert note_of(is_rejected) == note
