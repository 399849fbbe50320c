"""A value of another request fails the rule of its field, and no rule about what is omitted."""

from dataclasses import replace

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.rules.rule import Outcome
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import CarriedValue, Exchange
from gateway_contract.values.json_value import UNOBSERVED
from tests.gateway_contract.exchanges import DIALECTS, Body

BODY: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite"}
CALL = DIALECTS["powertokens"].call({**BODY, "seed": 7})
SEED = CarriedValue("/seed", "7", "at /parameters/seed upstream", "row 3", b"{}")


def outcomes(contract: Contract, exchange: Exchange, *ends: str) -> dict[str, Outcome]:
    judged = judge(contract, derive_rules(contract), exchange)
    assert all(isinstance(one, Judgement) for one in judged)
    return {
        one.rule.id.partition("/")[2]: one.finding.outcome
        for one in judged
        if isinstance(one, Judgement) and one.rule.id.endswith(ends)
    }


def test_a_carried_value_fails_the_rule_of_its_field_alone(powertokens: Contract) -> None:
    exchange = replace(DIALECTS["powertokens"].conforming(BODY, call=CALL), carried=(SEED,))
    found = outcomes(powertokens, exchange, "/not-carried-over", "/not-invented")
    assert found.pop("seed/not-carried-over") is Outcome.FAIL
    assert "seed/not-invented" not in found
    assert set(found.values()) == {Outcome.PASS}


def test_the_finding_says_which_value_came_from_which_request(powertokens: Contract) -> None:
    exchange = replace(DIALECTS["powertokens"].conforming(BODY, call=CALL), carried=(SEED,))
    told = [
        one.finding.observed
        for one in judge(powertokens, derive_rules(powertokens), exchange)
        if isinstance(one, Judgement) and one.finding.outcome is Outcome.FAIL
    ]
    assert told == ["7 of another request (row 3) at /parameters/seed upstream"]


def test_only_requests_that_omit_a_field_show_that_nothing_is_carried_over(powertokens: Contract) -> None:
    exchange = replace(DIALECTS["powertokens"].conforming({**BODY, "seed": 7}), carried=())
    found = outcomes(powertokens, exchange, "seed/not-carried-over", "watermark/not-carried-over")
    assert found == {"watermark/not-carried-over": Outcome.PASS}


def test_where_the_upstream_is_not_observed_nothing_is_shown(powertokens: Contract) -> None:
    exchange = replace(DIALECTS["powertokens"].conforming(BODY), carried=(), upstream=UNOBSERVED)
    assert outcomes(powertokens, exchange, "seed/not-carried-over") == {"seed/not-carried-over": Outcome.INCONCLUSIVE}


def test_where_nobody_looked_nothing_is_judged(powertokens: Contract) -> None:
    assert outcomes(powertokens, DIALECTS["powertokens"].conforming(BODY), "/not-carried-over") == {}


def test_what_does_not_go_upstream_is_a_rule_of_the_request(powertokens: Contract) -> None:
    chosen = CarriedValue("/response_format", "b64_json", "in the response", "row 3", b"{}")
    exchange = replace(DIALECTS["powertokens"].conforming(BODY), carried=(chosen,))
    assert outcomes(powertokens, exchange, "request/not-carried-over") == {"request/not-carried-over": Outcome.FAIL}


def test_levels_are_those_of_what_the_page_says_of_the_value(powertokens: Contract, powerbuyin: Contract) -> None:
    for contract in (powertokens, powerbuyin):
        levels = {
            rule.id.partition("/")[2]: rule.level
            for rule in derive_rules(contract)
            if rule.id.endswith("not-carried-over")
        }
        assert levels.pop("request/not-carried-over") is Level.EXPECTED
        assert set(levels.values()) == {Level.DOCUMENTED}
        assert {"prompt/not-carried-over", "n/not-carried-over", "seed/not-carried-over"} <= levels.keys()
