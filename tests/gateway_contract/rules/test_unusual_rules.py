"""What is correct and unusual upstream is no reason for a gateway to fail, and no failure of the upstream's."""

from dataclasses import replace

import pytest

from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.rules.rule import Outcome
from gateway_contract.traffic.exchange import Exchange, FaultCause, NoAnswer, PlayedFault
from gateway_contract.values.json_value import UNOBSERVED
from tests.gateway_contract.exchanges import DIALECTS, Body

GATEWAY = DIALECTS["powertokens"]
CONTRACT = load_contract(contract_path("powertokens"))
RULES = derive_rules(CONTRACT)
BODY: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite"}
RULE_OF = {FaultCause.SLOWNESS: "upstream-answer/slow", FaultCause.OTHER_HTTP: "upstream-answer/http"}


def during(cause: FaultCause, exchange: Exchange, body: Body = BODY) -> Exchange:
    """The exchange with an upstream that plays something of that cause."""
    accepted = GATEWAY.conforming(body).upstream
    assert accepted is not UNOBSERVED
    played = PlayedFault("slow-response", cause)
    return replace(exchange, upstream=tuple(replace(call, played=played) for call in accepted))


def failed(exchange: Exchange) -> list[str]:
    judged = [one for one in judge(CONTRACT, RULES, exchange) if isinstance(one, Judgement)]
    return [one.rule.id.partition("/")[2] for one in judged if one.finding.outcome is Outcome.FAIL]


@pytest.mark.parametrize(("cause", "rule"), RULE_OF.items())
def test_a_gateway_that_gives_up_breaks_the_rule_about_it_alone(cause: FaultCause, rule: str) -> None:
    rejected = GATEWAY.refusing(BODY, 504)
    assert failed(during(cause, rejected)) == [rule]
    assert failed(replace(rejected, follows=PlayedFault("closed", cause))) == [rule]
    assert failed(during(cause, replace(rejected, answer=NoAnswer("connection closed", 1.0)))) == [rule]


@pytest.mark.parametrize("cause", RULE_OF)
def test_a_gateway_that_waits_breaks_nothing(cause: FaultCause) -> None:
    assert failed(during(cause, GATEWAY.conforming(BODY))) == []


@pytest.mark.parametrize(("cause", "rule"), RULE_OF.items())
def test_a_gateway_that_leaves_an_image_out_breaks_the_rule(cause: FaultCause, rule: str) -> None:
    two: Body = {**BODY, "n": 2}
    whole = during(cause, GATEWAY.conforming(two), two)
    assert failed(whole) == []
    assert whole.images is not UNOBSERVED
    assert failed(replace(whole, images=whole.images[:1])) == [rule]
