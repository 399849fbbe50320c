"""Rejections of what ordinary clients do differently are blamed on that, and on no field."""

from dataclasses import replace

import pytest

from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.rules.rule import Outcome, failing
from gateway_contract.traffic.exchange import Credential, Exchange, NoAnswer, RequestForm
from gateway_contract.values.json_value import ABSENT, UNOBSERVED
from tests.gateway_contract.exchanges import DIALECTS, Body, finding

GATEWAY = DIALECTS["powertokens"]
CONTRACT = load_contract(contract_path("powertokens"))
RULES = derive_rules(CONTRACT)
BODY: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite"}
RULE_OF = {
    RequestForm.CHARSET: "transport/charset",
    RequestForm.CHARSET_IN_CAPITALS: "transport/charset",
    RequestForm.CHUNKED: "transport/chunked",
    RequestForm.EXPECT: "transport/expect",
    RequestForm.UPGRADE: "transport/upgrade",
    RequestForm.ANY_MEDIA_TYPE: "transport/any-media-type",
    RequestForm.SEVERAL_MEDIA_TYPES: "transport/any-media-type",
    RequestForm.CLOSE: "transport/connection-close",
    RequestForm.LOWER_CASE: "transport/header-names",
    RequestForm.UPPER_CASE: "transport/header-names",
}


def in_form(form: RequestForm, exchange: Exchange) -> Exchange:
    return replace(exchange, request=replace(exchange.request, form=form))


def outcomes(exchange: Exchange) -> dict[str, Outcome]:
    judged = [one for one in judge(CONTRACT, RULES, exchange) if isinstance(one, Judgement)]
    return {one.rule.id.partition("/")[2]: one.finding.outcome for one in judged}


@pytest.mark.parametrize(("form", "rule"), RULE_OF.items())
def test_a_rejected_form_breaks_its_own_rule_and_no_other(form: RequestForm, rule: str) -> None:
    found = outcomes(in_form(form, GATEWAY.refusing(BODY)))
    assert [name for name, outcome in found.items() if outcome is Outcome.FAIL] == [rule]
    assert not any(name.startswith(("request/", "n/", "error")) for name in found)


@pytest.mark.parametrize(("form", "rule"), RULE_OF.items())
def test_an_accepted_form_passes_and_is_judged_like_any_request(form: RequestForm, rule: str) -> None:
    found = outcomes(in_form(form, GATEWAY.conforming(BODY)))
    assert found[rule] is Outcome.PASS
    assert found["request/accepted"] is Outcome.PASS


def test_a_form_that_was_not_shown_to_be_the_cause_is_inconclusive() -> None:
    exchange = replace(in_form(RequestForm.CHUNKED, GATEWAY.refusing(BODY, 500)), essential=frozenset())
    assert outcomes(exchange)["transport/chunked"] is Outcome.INCONCLUSIVE


def test_a_protocol_that_the_suite_does_not_speak_is_no_rejection() -> None:
    assert outcomes(in_form(RequestForm.UPGRADE, GATEWAY.refusing(BODY, 101)))["transport/upgrade"] is (
        Outcome.INCONCLUSIVE
    )


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (NoAnswer("closed", 1.0), Outcome.FAIL),
        (NoAnswer("slow", 1.0, timed_out=True), Outcome.INCONCLUSIVE),
        (NoAnswer("slow", 1.0, timed_out=True, repeated=True), Outcome.FAIL),
    ],
)
def test_a_missing_answer_is_judged_by_the_form_alone(answer: NoAnswer, outcome: Outcome) -> None:
    found = outcomes(replace(in_form(RequestForm.EXPECT, GATEWAY.refusing(BODY)), answer=answer))
    assert found["transport/expect"] is outcome
    assert "answer/given" not in found


def test_a_form_of_an_invalid_or_unauthorized_request_is_not_judged() -> None:
    invalid = in_form(RequestForm.CHARSET, GATEWAY.refusing(BODY | {"n": 9}))
    wrong = replace(invalid, request=replace(invalid.request, credential=Credential.WRONG))
    assert "transport/charset" not in outcomes(invalid) | outcomes(wrong)


def test_a_form_that_is_throttled_is_not_judged() -> None:
    assert "transport/charset" not in outcomes(in_form(RequestForm.CHARSET, GATEWAY.refusing(BODY, 429)))


def test_an_upstream_body_that_is_not_json_is_said_to_be_that_and_no_field_is_lost() -> None:
    exchange = GATEWAY.conforming(BODY | {"n": 2, "seed": 7})
    assert exchange.upstream is not UNOBSERVED
    call = replace(exchange.upstream[0], body=ABSENT, headers=(("content-type", "text/plain"),), status=400, images=())
    for answer in (exchange.answer, GATEWAY.refusing(BODY, 502).answer):
        broken = replace(exchange, answer=answer, upstream=(call,), images=())
        found = outcomes(broken)
        assert found["upstream/valid-call"] is Outcome.FAIL
        assert found["seed/mapped"] is Outcome.INCONCLUSIVE
        assert finding(CONTRACT, "upstream/valid-call", broken) == failing(
            "a JSON body upstream", "a body that is not JSON (text/plain)"
        )
