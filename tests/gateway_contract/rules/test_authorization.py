"""Without the right token nothing happens, and the answer says why."""

from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.rule import Outcome
from gateway_contract.traffic.exchange import Credential, Exchange, NoAnswer
from tests.gateway_contract.exchanges import DIALECTS, finding, sent_as, with_status

BODY = {"model": "qwen-image-2.0-pro", "prompt": "a kite"}
EXCHANGE = DIALECTS["powertokens"].conforming({**BODY})


def outcome(contract: Contract, name: str, exchange: Exchange) -> Outcome | None:
    found = finding(contract, f"authorization/{name}", exchange)
    return None if found is None else found.outcome


@pytest.mark.parametrize(
    ("status", "refused", "status_right"),
    [
        (401, Outcome.PASS, Outcome.PASS),
        (403, Outcome.PASS, Outcome.PASS),
        (400, Outcome.PASS, Outcome.FAIL),
        (429, None, None),
        (500, Outcome.FAIL, None),
        (302, Outcome.FAIL, None),
    ],
)
def test_a_wrong_token_is_refused_and_the_status_says_so(
    status: int, refused: Outcome | None, status_right: Outcome | None, powertokens: Contract
) -> None:
    exchange = sent_as(with_status(EXCHANGE, status), Credential.WRONG)
    assert outcome(powertokens, "token", exchange) is refused
    assert outcome(powertokens, "status", exchange) is status_right


def test_an_accepted_wrong_token_fails(powertokens: Contract) -> None:
    assert outcome(powertokens, "token", sent_as(EXCHANGE, Credential.WRONG)) is Outcome.FAIL


def test_no_answer_is_no_refusal(powertokens: Contract) -> None:
    exchange = sent_as(replace(EXCHANGE, answer=NoAnswer("closed", 1.0)), Credential.MISSING)
    found = finding(powertokens, "authorization/required", exchange)
    assert found is not None
    assert (found.outcome, found.expected, found.observed) == (
        Outcome.FAIL,
        "no Authorization header refused with 4xx",
        "closed",
    )
    assert outcome(powertokens, "status", exchange) is None


def test_each_rule_is_about_its_own_lack_and_about_the_operation_alone(powertokens: Contract) -> None:
    refused = with_status(EXCHANGE, 401)
    assert outcome(powertokens, "token", sent_as(refused, Credential.EMPTY)) is None
    assert outcome(powertokens, "token", sent_as(refused, Credential.WRONG, "PUT")) is None
    assert outcome(powertokens, "status", refused) is None
