"""Every rule judges every exchange that bears on it, and a rule that raises does not silence the others."""

from dataclasses import replace

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.judge import JudgeError, Judgement, judge
from gateway_contract.rules.rule import Evidence, Finding, Outcome
from tests.gateway_contract.exchanges import rules_of
from tests.gateway_contract.invented import PAINTBOX

EXCHANGE = PAINTBOX.conforming({"engine": "quick", "wish": {"words": "a kite"}})


def test_a_finding_comes_with_its_rule_and_its_exchange(invented: Contract) -> None:
    found = judge(invented, rules_of(invented), EXCHANGE)
    assert all(isinstance(one, Judgement) and one.exchange is EXCHANGE for one in found)
    assert len({one.rule for one in found}) == len(found)
    assert {one.finding.outcome for one in found if isinstance(one, Judgement)} == {Outcome.PASS}


def test_a_rule_on_which_an_exchange_does_not_bear_says_nothing(invented: Contract) -> None:
    found = {one.rule.id for one in judge(invented, rules_of(invented), EXCHANGE)}
    assert "paintbox/request/accepted" in found
    assert "paintbox/authorization/required" not in found


def test_a_rule_that_raises_is_our_error_and_the_others_still_judge(invented: Contract) -> None:
    def broken(_: Evidence) -> Finding | None:
        raise RuntimeError("ours")

    first, *others = rules_of(invented)
    found = judge(invented, [replace(first, judge=broken), *others], EXCHANGE)
    errors = [one for one in found if isinstance(one, JudgeError)]
    assert [(one.rule.id, str(one.error)) for one in errors] == [(first.id, "ours")]
    assert len(found) > 1
