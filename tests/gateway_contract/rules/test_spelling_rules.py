"""A request in another spelling means the same; names count as they are written."""

from dataclasses import replace

import orjson
import pytest

from gateway_contract.contract.mapping import upstream_body
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.rule import PASS, Finding, FindingKind, Outcome, failing
from gateway_contract.traffic.exchange import Comparison, Exchange, Relation
from gateway_contract.values.ambiguous_names import repeats_names, values_in_other_case
from gateway_contract.values.json_value import UNOBSERVED, Json, read_json
from gateway_contract.values.pointer import placed, removed
from tests.contract_tests.three_contracts import CONTRACTS, POWERBUYIN, POWERTOKENS
from tests.gateway_contract.exchanges import DIALECTS, Body, call_body, finding, with_call, with_status

TOKENS = DIALECTS["powertokens"]
REQUEST: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "n": 1, "seed": 7}


def judged(rule: str, exchange: Exchange) -> Finding | None:
    return finding(POWERTOKENS, rule, exchange)


def spelled(content: bytes, exchange: Exchange) -> Exchange:
    """The exchange of a request that was written in another way."""
    body = read_json(content)
    return replace(exchange, request=replace(exchange.request, content=content, body=body))


def refused_for_spelling(exchange: Exchange) -> Exchange:
    return replace(with_status(exchange, 400), essential=frozenset(), spelling_refused=True)


def outcome(found: Finding | None) -> Outcome | None:
    return None if found is None else found.outcome


@pytest.mark.parametrize("literal", [b"7.0", b"7e0", b"70E-1"])
def test_an_integer_in_another_notation_is_accepted_and_goes_upstream_as_a_literal(literal: bytes) -> None:
    content = orjson.dumps(REQUEST).replace(b"7", literal)
    right = spelled(content, TOKENS.conforming(REQUEST))
    assert judged("seed/other-notation", right) == PASS
    assert judged("seed/integer-literal", right) == PASS
    kept = with_call(right, placed(call_body(right), "/parameters/seed", 7.0))
    assert judged("seed/integer-literal", kept) == failing("7 at /parameters/seed", "7.0")
    assert judged("seed/mapped", kept) == PASS
    assert judged("seed/other-notation", refused_for_spelling(right)) == failing(
        "accepted, as 7 is", "HTTP 400", FindingKind.REJECTED
    )
    assert outcome(judged("seed/other-notation", with_status(right, 400))) is Outcome.INCONCLUSIVE


def test_a_plain_integer_that_goes_upstream_as_a_fraction_is_found_and_one_that_is_lost_is_left_to_others() -> None:
    right = TOKENS.conforming(REQUEST)
    assert judged("seed/other-notation", right) is None
    assert judged("seed/integer-literal", right) == PASS
    as_fraction = with_call(right, placed(call_body(right), "/parameters/seed", 7.0))
    assert outcome(judged("seed/integer-literal", as_fraction)) is Outcome.FAIL
    assert judged("seed/integer-literal", with_call(right, removed(call_body(right), "/parameters/seed"))) is None
    assert outcome(judged("seed/integer-literal", replace(right, upstream=UNOBSERVED))) is Outcome.INCONCLUSIVE


def test_a_request_that_is_invalid_as_well_says_nothing_about_a_notation() -> None:
    body: Body = {**REQUEST, "n": 7, "seed": 7.0}
    assert judged("seed/other-notation", TOKENS.refusing(body)) is None


def test_integers_are_mapped_as_literals_and_fractions_stay_what_they_are() -> None:
    whole = upstream_body(POWERTOKENS, {**REQUEST, "seed": 7.0})
    assert orjson.dumps(whole) == orjson.dumps(upstream_body(POWERTOKENS, REQUEST))
    assert b"7.5" in orjson.dumps(upstream_body(POWERTOKENS, {**REQUEST, "seed": 7.5}))


def test_a_body_that_repeats_names_is_accepted() -> None:
    content = orjson.dumps(REQUEST)[:-1] + b',"seed":7}'
    right = spelled(content, TOKENS.conforming(REQUEST))
    assert judged("body/repeated-names", right) == PASS
    assert judged("body/repeated-names", TOKENS.conforming(REQUEST)) is None
    rejected = refused_for_spelling(right)
    assert judged("body/repeated-names", rejected) == failing("accepted", "HTTP 400", FindingKind.REJECTED)
    assert judged("request/accepted", rejected) is None
    assert outcome(judged("body/repeated-names", with_status(right, 400))) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("content", "repeated"),
    [
        (b'{"a":1,"a":1}', True),
        (b'{"a":[{"b":1,"b":2}]}', True),
        (b'{"a":{"a":1}}', False),
        (b"{", False),
        (b"7", False),
    ],
)
def test_repeated_names_are_found_at_any_depth(content: bytes, repeated: bool) -> None:  # noqa: FBT001 # a parameter
    assert repeats_names(content) is repeated


def test_a_value_arrives_that_stands_beside_its_name_in_other_case_or_the_request_is_rejected() -> None:
    beside = TOKENS.conforming({**REQUEST, "Seed": 8})
    assert judged("seed/exact-name", beside) == PASS
    assert judged("seed/exact-name", with_status(beside, 422)) == PASS
    confused = with_call(beside, placed(call_body(beside), "/parameters/seed", 8))
    assert reason(confused) == "the same request without the other name was not accepted, or not sent"
    without = TOKENS.conforming(REQUEST)
    confused = beside_names(confused, without)
    found = judged("seed/exact-name", confused)
    assert found is not None
    assert (found.outcome, found.observed) == (Outcome.FAIL, "changed: 8")
    assert judged("seed/mapped", confused) is None
    assert judged("seed/exact-name", TOKENS.conforming(REQUEST)) is None
    assert judged("seed/exact-name", TOKENS.conforming({**REQUEST, "Seed": 7})) is None


def test_a_value_that_is_lost_anyway_is_not_lost_for_a_name_in_other_case() -> None:
    confused = with_call(TOKENS.conforming({**REQUEST, "Seed": 8}), {})
    lost = with_call(TOKENS.conforming(REQUEST), {})
    assert reason(beside_names(confused, lost)) == "the value does not arrive without the other name either"
    rejected = "the same request without the other name was not accepted, or not sent"
    assert reason(beside_names(confused, with_status(lost, 400))) == rejected


def reason(exchange: Exchange) -> str:
    """Why an exchange does not decide whether names are confused."""
    found = judged("seed/exact-name", exchange)
    assert found is not None
    assert found.outcome is Outcome.INCONCLUSIVE
    return found.observed


def beside_names(exchange: Exchange, without: Exchange) -> Exchange:
    """The exchange beside that of the request without names in other case."""
    return replace(exchange, compared=Comparison(Relation.EXACT_NAMES, without))


def test_the_number_of_images_is_not_judged_beside_its_name_in_other_case() -> None:
    assert judged("data/length", TOKENS.conforming({**REQUEST, "n": 2, "N": 3}, images=3)) is None


def test_names_in_other_case_are_those_beside_a_part() -> None:
    body: Json = {"a": {"Seed": 1, "SEED": 2, "seeds": 3, "seed": 4}, "Seed": 5}
    assert values_in_other_case(body, "/a/seed") == [1, 2]
    assert values_in_other_case([1], "/0") == []


def test_names_can_be_confused_where_a_field_has_several_values_and_unknown_names_are_not_forbidden() -> None:
    found = {
        contract.name: {rule.subject for rule in derive_rules(contract) if rule.id.endswith("/exact-name")}
        for contract in CONTRACTS
    }
    assert {"model", "seed", "prompt"} <= found["powertokens"]
    assert "model" not in found[POWERBUYIN.name]
    assert found["paintbox"] == {"words", "colours"}
