"""What a contract says of its answers becomes rules; what it does not say becomes none."""

from dataclasses import replace

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.response_rules import answer_rules, judge_error_shape, refusal_rules
from gateway_contract.rules.rule import PASS, Source, evidence_of, failing
from gateway_contract.traffic.exchange import NoAnswer
from gateway_contract.values.json_value import ABSENT, Json
from tests.gateway_contract.exchanges import answered, finding, sent_as, short_id
from tests.gateway_contract.invented import PAINTBOX

REFUSED = replace(PAINTBOX.refusing({"engine": "quick"}), answer=answered({"reason": "no"}, 400))


def test_a_contract_without_images_has_no_rules_about_them(invented: Contract) -> None:
    plain = replace(invented, images=None)
    names = {short_id(rule) for rule in answer_rules(Source(plain))}
    assert "drawn_at/now" in names
    assert not names & {"pages/length", "pages/pixels", "picture/present", "picture/usable"}


def test_images_without_a_promised_size_have_no_rule_about_pixels(invented: Contract) -> None:
    assert invented.images is not None
    sizeless = replace(invented, images=replace(invented.images, size=None))
    names = {short_id(rule) for rule in answer_rules(Source(sizeless))}
    assert "pages/length" in names
    assert "pages/pixels" not in names


def test_a_contract_that_describes_no_refusal_has_no_rules_about_one(invented: Contract) -> None:
    silent = replace(invented, operation=replace(invented.operation, refusal=None))
    assert list(refusal_rules(Source(silent))) == []
    (constraint, *_) = invented.request.constraints.values()
    assert judge_error_shape(constraint, evidence_of(silent, REFUSED)) is None


def test_the_shape_of_a_refusal_is_judged_by_keyword(invented: Contract) -> None:
    def judged_body(name: str, body: Json) -> object:
        return finding(invented, name, replace(REFUSED, answer=answered(body, 400)))

    assert finding(invented, "reason/type", REFUSED) == PASS
    assert judged_body("reason/type", {"reason": 5}) == failing('type "string"', "5")
    assert judged_body("reason/required", {}) == failing('required "reason"', "missing")
    assert judged_body("reason/type", {}) is None
    assert judged_body("reason/min-length", {"reason": ""}) == failing("minLength 1", '""')


def test_a_refusal_that_is_no_json_fails_once(invented: Contract) -> None:
    text = replace(REFUSED, answer=answered(ABSENT, 400))
    assert finding(invented, "refusal/type", text) == failing("a JSON object", "no JSON")
    assert finding(invented, "reason/type", text) is None


def test_only_refusals_by_the_operation_are_looked_at(invented: Contract) -> None:
    assert finding(invented, "reason/type", sent_as(REFUSED, method="PUT")) is None
    assert finding(invented, "reason/type", replace(REFUSED, answer=answered({"reason": 5}, 500))) is None
    assert finding(invented, "reason/type", replace(REFUSED, answer=NoAnswer("closed", 1.0))) is None
