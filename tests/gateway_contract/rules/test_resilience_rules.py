"""When the upstream fails on purpose, the client is told so truly, and the next request works."""

from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.resilience_rules import RESILIENCE
from gateway_contract.rules.rule import PASS, Finding, Outcome, evidence_of, failing
from gateway_contract.traffic.exchange import Exchange, FaultCause, Headers, NoAnswer, PlayedFault
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json
from tests.gateway_contract.exchanges import (
    DIALECTS,
    ERROR,
    JSON,
    Body,
    answered,
    called,
    judged,
    with_answer,
    with_status,
)

BODY: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "n": 2}
EXCHANGE = DIALECTS["powertokens"].conforming(BODY)


def playing(cause: FaultCause, exchange: Exchange, made: int = 0, retry_after: int | None = None) -> Exchange:
    """The exchange, its upstream failing on purpose."""
    failure = PlayedFault("the upstream fails", cause, retry_after)
    return replace(exchange, upstream=(replace(called({}, made), played=failure),))


def says(contract: Contract, judge: str, exchange: Exchange) -> Finding | None:
    return RESILIENCE[judge](evidence_of(contract, exchange))


def outcome(contract: Contract, judge: str, exchange: Exchange) -> Outcome | None:
    found = says(contract, judge, exchange)
    return None if found is None else found.outcome


@pytest.mark.parametrize("judge", sorted(RESILIENCE))
def test_nothing_is_said_where_no_failure_was_played(judge: str, powertokens: Contract) -> None:
    for exchange in (EXCHANGE, with_status(EXCHANGE, 500), replace(EXCHANGE, upstream=UNOBSERVED)):
        assert says(powertokens, judge, exchange) is None


def test_a_played_failure_is_not_held_against_the_ordinary_rules(powertokens: Contract) -> None:
    found = judged(powertokens, playing(FaultCause.VENDOR, with_status(EXCHANGE, 502)))
    assert found.failed() == set()
    assert "request/accepted" not in found.findings
    assert found.outcome("upstream-failure/vendors-fault") is Outcome.PASS


def test_a_failure_is_answered(powertokens: Contract) -> None:
    judge = "answered-when-upstream-fails"
    assert says(powertokens, judge, playing(FaultCause.VENDOR, with_status(EXCHANGE, 500))) == PASS
    closed = playing(FaultCause.VENDOR, replace(EXCHANGE, answer=NoAnswer("closed", 1.0)))
    assert says(powertokens, judge, closed) == failing(
        "an error response when the upstream plays the upstream fails", "closed"
    )
    assert judged(powertokens, closed).failed() == {"upstream-failure/answered"}


def test_success_needs_images_that_another_call_made(powertokens: Contract) -> None:
    judge = "no-success-without-images"
    failed = playing(FaultCause.VENDOR, EXCHANGE)
    assert says(powertokens, judge, failed) == failing("an error when the upstream fails", "HTTP 200")
    assert failed.upstream is not UNOBSERVED
    tried_again = replace(failed, upstream=(*failed.upstream, called({}, 2)))
    assert says(powertokens, judge, tried_again) == PASS
    assert says(powertokens, judge, playing(FaultCause.VENDOR, with_status(EXCHANGE, 502))) == PASS
    assert says(powertokens, judge, playing(FaultCause.FEWER_IMAGES, EXCHANGE)) is None


@pytest.mark.parametrize(
    ("judge", "fault", "right", "wrong"),
    [
        ("clients-fault-is-4xx", FaultCause.REQUEST, 400, 500),
        ("clients-fault-is-4xx", FaultCause.CONTENT, 422, 502),
        ("vendors-fault-is-5xx", FaultCause.VENDOR, 502, 400),
        ("own-key-is-not-the-clients", FaultCause.CREDENTIALS, 500, 401),
        ("own-key-is-not-the-clients", FaultCause.CREDENTIALS, 502, 403),
        ("throttling-is-429", FaultCause.THROTTLING, 429, 503),
    ],
)
def test_whose_fault_it_is_shows_in_the_status(
    judge: str, fault: FaultCause, right: int, wrong: int, powertokens: Contract
) -> None:
    assert says(powertokens, judge, playing(fault, with_status(EXCHANGE, right))) == PASS
    assert outcome(powertokens, judge, playing(fault, with_status(EXCHANGE, wrong))) is Outcome.FAIL
    others = set(FaultCause) - {fault, FaultCause.REQUEST, FaultCause.CONTENT}
    assert [says(powertokens, judge, playing(other, with_status(EXCHANGE, wrong))) for other in others] == [None] * len(
        others
    )
    assert says(powertokens, judge, playing(fault, EXCHANGE)) is None


def test_what_is_said_of_the_gateways_own_key_is_what_is_judged(powertokens: Contract) -> None:
    judge = "own-key-is-not-the-clients"
    told = failing("neither 401 nor 403 when the upstream fails", "HTTP 403")
    assert says(powertokens, judge, playing(FaultCause.CREDENTIALS, with_status(EXCHANGE, 403))) == told
    assert says(powertokens, judge, playing(FaultCause.CREDENTIALS, with_status(EXCHANGE, 400))) == PASS


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (429, (("Retry-After", "7"),), Outcome.PASS),
        (429, (("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"),), Outcome.PASS),
        (429, (("Retry-After", "7s"),), Outcome.FAIL),
        (429, (("Retry-After", "NaN"),), Outcome.FAIL),
        (429, (), Outcome.FAIL),
        (503, (), None),
    ],
)
def test_when_to_come_back_is_passed_on(
    status: int, headers: Headers, expected: Outcome | None, powertokens: Contract
) -> None:
    exchange = replace(EXCHANGE, answer=answered(ERROR, status, (*JSON, *headers)))
    throttled = playing(FaultCause.THROTTLING, exchange, retry_after=7)
    assert outcome(powertokens, "retry-after-is-kept", throttled) is expected
    assert says(powertokens, "retry-after-is-kept", playing(FaultCause.THROTTLING, exchange)) is None


@pytest.mark.parametrize(
    ("code", "expected"), [("content_policy_violation", Outcome.PASS), ("invalid_value", Outcome.FAIL)]
)
def test_a_refusal_of_the_content_can_be_told(code: str, expected: Outcome, powertokens: Contract) -> None:
    error: Json = {"error": {"message": "no", "type": "invalid_request_error", "code": code, "param": None}}
    refused = playing(FaultCause.CONTENT, replace(EXCHANGE, answer=answered(error, 400)))
    assert outcome(powertokens, "content-refusal-is-told", refused) is expected
    assert says(powertokens, "content-refusal-is-told", playing(FaultCause.CONTENT, EXCHANGE)) is None


def test_the_error_has_the_shape_that_refusals_have(powertokens: Contract) -> None:
    judge = "error-has-the-usual-shape"
    assert says(powertokens, judge, playing(FaultCause.VENDOR, with_status(EXCHANGE, 502))) == PASS
    odd = playing(FaultCause.VENDOR, replace(EXCHANGE, answer=answered({"oops": 1}, 502)))
    assert says(powertokens, judge, odd) == failing("the error body that refusals have", "wrong: /error")
    text = playing(FaultCause.VENDOR, replace(EXCHANGE, answer=answered(ABSENT, 502)))
    assert says(powertokens, judge, text) == failing("a JSON error when the upstream fails", "HTTP 502 without JSON")
    assert says(powertokens, judge, playing(FaultCause.VENDOR, EXCHANGE)) is None
    silent = replace(powertokens, operation=replace(powertokens.operation, refusal=None))
    assert says(silent, judge, odd) is None


def test_a_part_of_the_images_is_not_passed_off_as_all(powertokens: Contract) -> None:
    judge = "fewer-images-are-told"
    one_of_two = playing(FaultCause.FEWER_IMAGES, EXCHANGE, made=1)
    assert says(powertokens, judge, one_of_two) == failing("at most the 1 images that were made", "2 items")
    assert says(powertokens, judge, with_answer(one_of_two, "/data", [{"url": "one"}])) == PASS
    assert says(powertokens, judge, with_answer(one_of_two, "/data", "none")) == PASS
    assert says(powertokens, judge, replace(one_of_two, answer=answered(ERROR, 502))) == PASS
    assert says(replace(powertokens, images=None), judge, one_of_two) is None
    assert says(powertokens, judge, playing(FaultCause.VENDOR, EXCHANGE)) is None


def test_the_next_request_works(powertokens: Contract) -> None:
    judge, failure = "next-request-works", PlayedFault("the upstream fails", FaultCause.VENDOR)
    assert says(powertokens, judge, replace(EXCHANGE, follows=failure)) == PASS
    expected = "accepted, after the upstream fails"
    assert says(powertokens, judge, replace(with_status(EXCHANGE, 502), follows=failure)) == failing(
        expected, "HTTP 502"
    )
    breaker = replace(EXCHANGE, answer=replace(answered(ERROR, 503), headers=(("Retry-After", "30"),)), follows=failure)
    assert says(powertokens, judge, breaker) == failing(expected, "HTTP 503, Retry-After: 30")
    closed = replace(EXCHANGE, answer=NoAnswer("closed", 1.0), follows=failure)
    assert says(powertokens, judge, closed) == failing(expected, "closed")
