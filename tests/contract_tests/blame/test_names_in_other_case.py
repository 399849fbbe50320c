"""A value that is lost beside its name in other case is lost for that only if it comes each time, and never without."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from random import Random

import orjson

from contract_tests.blame.explain import Explainer
from contract_tests.blame.minimize import BLAME_TRIES
from contract_tests.client.case import Case
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.rules.rule import Finding, Outcome
from gateway_contract.traffic.exchange import Comparison, Exchange, Relation
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import removed
from tests.contract_tests.three_contracts import POWERTOKENS
from tests.gateway_contract.exchanges import DIALECTS, call_body, rules_of, with_call


class NamesInOtherCase:
    """The bundled gateway in this process, seen in requests beside names in other case and without them."""

    def __init__(self, is_lost: Callable[[bool], bool]) -> None:
        self.is_lost, self.sent = is_lost, 0
        self.explainer = Explainer(POWERTOKENS, {}, self.send, lambda _: True)

    async def send(self, case: Case) -> Exchange:
        self.sent += 1
        body = orjson.loads(case.content)
        found = DIALECTS["powertokens"].conforming(body)
        lost = self.is_lost("Seed" in body)
        return replace(without_seed(found) if lost else found, name=case.name)

    def explain(self) -> Finding | None:
        """The explanation of a loss beside another name."""
        body: dict[str, Json] = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "seed": 7}
        beside = DIALECTS["powertokens"].conforming({**body, "Seed": 8})
        compared = Comparison(Relation.EXACT_NAMES, DIALECTS["powertokens"].conforming(body))
        first = replace(without_seed(beside), compared=compared, name="names")
        rule = next(one for one in rules_of(POWERTOKENS) if one.id == "powertokens/seed/exact-name")
        (one,) = [found for found in judge(POWERTOKENS, [rule], first) if isinstance(found, Judgement)]
        assert one.finding.outcome is Outcome.FAIL
        explained = asyncio.run(self.explainer.explain(one))
        return None if explained is None else explained.finding


def without_seed(found: Exchange) -> Exchange:
    return with_call(found, removed(call_body(found), "/parameters/seed"))


def at_random(seed: int) -> Callable[[bool], bool]:
    dice = Random(seed)  # noqa: S311 # no secret
    return lambda _: dice.random() < 0.3


def test_a_loss_by_chance_is_not_blamed_on_a_name_in_other_case() -> None:
    for seed in range(100):
        found = NamesInOtherCase(at_random(seed)).explain()
        assert found is not None
        assert found.outcome is Outcome.INCONCLUSIVE
        assert found.observed == "lost now and then; the other name was not shown to be the cause"


def test_a_loss_each_time_beside_a_name_in_other_case_stays_and_is_compared_once() -> None:
    gateway = NamesInOtherCase(lambda beside: beside)
    found = gateway.explain()
    assert found is None or found.outcome is Outcome.FAIL
    before = gateway.sent
    assert gateway.explainer.beside_others.keys() == {"names"}
    gateway.explain()
    assert gateway.sent - before < BLAME_TRIES
