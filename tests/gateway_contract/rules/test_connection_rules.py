"""What a kept connection spoils fails its own rule, and no other."""

from dataclasses import replace

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.rules.rule import Finding, Outcome
from gateway_contract.traffic.exchange import Exchange, KeptUse, NoAnswer
from tests.gateway_contract.exchanges import DIALECTS, Body, with_status

BODY: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite"}
EXCHANGE = DIALECTS["powertokens"].conforming(BODY)
BLAMED = KeptUse("cut in the middle (HTTP 400)", repeats=False, to_blame=True)


def findings(contract: Contract, exchange: Exchange, outcome: Outcome) -> dict[str, Finding]:
    judged = judge(contract, derive_rules(contract), exchange)
    kept = [one for one in judged if isinstance(one, Judgement) and one.finding.outcome is outcome]
    return {one.rule.id.partition("/")[2]: one.finding for one in kept}


def test_a_rejection_over_a_kept_connection_fails_one_rule(powertokens: Contract) -> None:
    found = findings(powertokens, replace(with_status(EXCHANGE, 400), kept=BLAMED), Outcome.FAIL)
    assert found.keys() == {"connection/kept"}
    assert found["connection/kept"].observed == "HTTP 400 on a kept connection, after cut in the middle (HTTP 400)"


def test_no_response_over_a_kept_connection_fails_one_rule(powertokens: Contract) -> None:
    found = findings(powertokens, replace(EXCHANGE, answer=NoAnswer("closed", 1.0), kept=BLAMED), Outcome.FAIL)
    assert found.keys() == {"connection/kept"}
    assert found["connection/kept"].observed.startswith("closed on a kept connection")


def test_images_of_an_earlier_request_are_named(powertokens: Contract) -> None:
    found = findings(powertokens, replace(EXCHANGE, kept=replace(BLAMED, repeats=True)), Outcome.FAIL)
    assert found["connection/kept"].observed.startswith("HTTP 200 with the images of an earlier request on a kept")


def test_what_is_accepted_passes_unless_it_is_the_first_on_its_connection(powertokens: Contract) -> None:
    innocent = replace(EXCHANGE, kept=replace(BLAMED, to_blame=False))
    assert "connection/kept" in findings(powertokens, innocent, Outcome.PASS)
    first = replace(EXCHANGE, kept=KeptUse("", repeats=False, to_blame=False))
    assert "connection/kept" not in findings(powertokens, first, Outcome.PASS)


def test_what_goes_wrong_elsewhere_too_is_judged_by_other_rules(powertokens: Contract) -> None:
    exchange = replace(with_status(EXCHANGE, 400), kept=replace(BLAMED, to_blame=False))
    assert findings(powertokens, exchange, Outcome.FAIL).keys() == {"request/accepted"}
