"""A call is repeated only where that is known to cost nothing and to be of use."""

from dataclasses import replace

import pytest

from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.rules.cost_rules import accepted_once, called_once_for_lost_client, rejected_once
from gateway_contract.rules.rule import PASS, Finding, Outcome, evidence_of
from gateway_contract.traffic.exchange import Exchange, FaultCause, NoAnswer, PlayedFault, UpstreamCall
from gateway_contract.values.json_value import ABSENT, UNOBSERVED
from tests.gateway_contract.exchanges import DIALECTS

CONTRACT = load_contract(contract_path("powertokens"))
EXCHANGE = DIALECTS["powertokens"].refusing({"model": "qwen-image-2.0-pro", "prompt": "a kite"}, 502)
CALL = UpstreamCall("POST", "/generation", (("Authorization", "Bearer sk-1"),), {"n": 1}, 0.0, 200)
BILLED = PlayedFault("reset", FaultCause.VENDOR, may_be_billed=True)


def rejected(*calls: UpstreamCall) -> Finding | None:
    return rejected_once(evidence_of(CONTRACT, seen(*calls)))


def accepted(*calls: UpstreamCall) -> Finding | None:
    return accepted_once(evidence_of(CONTRACT, seen(*calls)))


def seen(*calls: UpstreamCall) -> Exchange:
    return replace(EXCHANGE, upstream=calls)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_rejected_call_is_made_once(status: int) -> None:
    call = replace(CALL, status=status)
    assert rejected(call) is PASS
    found = rejected(call, call)
    assert found is not None
    assert (found.outcome, found.observed) == (Outcome.FAIL, "2 calls with the same body and key")


def test_another_key_another_body_or_a_poll_is_no_repetition() -> None:
    call = replace(CALL, status=400)
    other_key = replace(call, headers=(("authorization", "Bearer sk-2"),))
    assert rejected(call, other_key, replace(call, body={"n": 2}), replace(call, path="/other")) is PASS
    assert rejected(replace(call, body=ABSENT), replace(call, body=ABSENT)) is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_throttled_or_broken_call_may_be_repeated(status: int) -> None:
    call = replace(CALL, status=status)
    assert rejected(call, call) is None
    assert accepted(call, call) is None


def test_a_call_that_may_be_billed_is_made_once() -> None:
    call = replace(CALL, played=BILLED)
    assert accepted(call) is PASS
    found = accepted(call, CALL)
    assert found is not None
    assert found.outcome is Outcome.FAIL


def test_a_client_that_hangs_up_causes_one_call() -> None:
    assert hung_up(CALL) is PASS
    assert hung_up(CALL, replace(CALL, method="GET", body=ABSENT)) is PASS, "polls of a task are free"
    assert hung_up() is None
    found = hung_up(CALL, replace(CALL, headers=()))
    assert found is not None
    assert (found.outcome, found.observed) == (Outcome.FAIL, "2 calls")
    assert called_once_for_lost_client(evidence_of(CONTRACT, seen(CALL, CALL))) is None


def hung_up(*calls: UpstreamCall) -> Finding | None:
    lost = replace(seen(*calls), answer=NoAnswer("the client hung up", 1.0, hung_up=True))
    return called_once_for_lost_client(evidence_of(CONTRACT, lost))


def test_nothing_is_said_of_calls_that_nobody_saw() -> None:
    found = rejected_once(evidence_of(CONTRACT, replace(EXCHANGE, upstream=UNOBSERVED)))
    assert found is not None
    assert found.outcome is Outcome.INCONCLUSIVE
