"""What the client asks for arrives upstream; what nobody saw is neither passed nor failed."""

from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.rule import PASS, FindingKind, Outcome, failing
from gateway_contract.traffic.exchange import Credential, Exchange, UpstreamCall
from gateway_contract.values.json_value import UNOBSERVED, Json
from gateway_contract.values.pointer import placed, removed
from tests.gateway_contract.exchanges import (
    DIALECTS,
    Body,
    call_body,
    called,
    drawn,
    finding,
    first_call,
    judged,
    post,
    sent_as,
    with_call,
    with_images,
    with_status,
)
from tests.gateway_contract.invented import PAINTBOX

ORDER: Body = {"engine": "quick", "wish": {"words": "a kite"}, "sheets": 2, "canvas": "640x480", "chaos": 7}
EXCHANGE = PAINTBOX.conforming(ORDER)
PORTRAIT = drawn("url", "768*1024")


def test_each_rule_judges_the_values_that_are_its_own(invented: Contract) -> None:
    assert finding(invented, "chaos/mapped", EXCHANGE) == PASS
    assert finding(invented, "chaos/preserves-0", EXCHANGE) is None
    zero = PAINTBOX.conforming(ORDER | {"chaos": 0})
    assert finding(invented, "chaos/mapped", zero) is None
    assert finding(invented, "chaos/preserves-0", zero) == PASS
    assert finding(invented, "canvas/normalized", EXCHANGE) == PASS
    assert finding(invented, "canvas/mapped", EXCHANGE) is None
    unchanged = PAINTBOX.conforming(ORDER | {"canvas": "640*480"})
    assert finding(invented, "canvas/mapped", unchanged) == PASS
    assert finding(invented, "canvas/normalized", unchanged) is None


def test_a_value_that_did_not_arrive_says_what_became_of_it(invented: Contract) -> None:
    dropped = with_call(EXCHANGE, removed(call_body(EXCHANGE), "/settings/dice"))
    assert finding(invented, "chaos/mapped", dropped) == failing("7 at /settings/dice", "dropped", FindingKind.DROPPED)
    changed = with_call(EXCHANGE, placed(call_body(EXCHANGE), "/settings/area", "640x480"))
    assert finding(invented, "canvas/normalized", changed) == failing(
        '"640*480" at /settings/area', 'changed: "640x480"', FindingKind.CHANGED
    )


@pytest.mark.parametrize("name", ["chaos/mapped", "words/mapped", "canvas/normalized", "sheets/mapped"])
def test_nothing_is_said_of_a_request_that_was_not_taken(name: str, invented: Contract) -> None:
    assert finding(invented, name, with_status(EXCHANGE, 400)) is None


def test_a_call_that_the_upstream_refused_tells_what_was_wrong_with_it(invented: Contract) -> None:
    def refused(body: Json, status: int = 400) -> Exchange:
        call = replace(first_call(EXCHANGE), body=body, status=status, images=())
        return replace(with_status(EXCHANGE, 400), upstream=(call,))

    wrong = placed(call_body(EXCHANGE), "/settings/area", "640x480")
    changed = failing('"640*480" at /settings/area', 'changed: "640x480"', FindingKind.CHANGED)
    assert finding(invented, "canvas/normalized", refused(wrong)) == changed
    assert finding(invented, "chaos/mapped", refused(wrong)) is None
    assert finding(invented, "canvas/normalized", refused(wrong, status=500)) is None
    assert finding(invented, "canvas/normalized", sent_as(refused(wrong), Credential.WRONG)) is None


def test_arrival_is_judged_of_values_that_are_valid_by_themselves(invented: Contract) -> None:
    taken = PAINTBOX.conforming(ORDER | {"chaos": 100})
    assert finding(invented, "chaos/mapped", taken) is None
    assert finding(invented, "words/mapped", taken) == PASS


def test_an_invalid_value_beside_something_left_open_is_judged_by_its_own_constraint(powertokens: Contract) -> None:
    body: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "size": "", "": None}
    exchange = DIALECTS["powertokens"].conforming(body | {"size": "1024*1024"})
    taken = replace(exchange, request=post(body))
    taken = with_call(taken, removed(call_body(taken), "/parameters/size"))
    assert judged(powertokens, taken).failed() == {"size/format"}
    assert judged(powertokens, DIALECTS["powertokens"].refusing(body)).outcome("size/format") is None


LIGHT: Body = {"model": "qwen-image-2.0-pro", "prompt": "a lighthouse"}
VALUES: list[tuple[str, Json, str, str]] = [
    ("watermark", False, "watermark/preserves-false", "expected"),
    ("watermark", True, "watermark/mapped", "documented"),
    ("prompt_extend", True, "prompt_extend/default-sent", "expected"),
    ("prompt_extend", False, "prompt_extend/preserves-false", "documented"),
    ("n", 1, "n/default-sent", "expected"),
    ("size", "2048*2048", "size/default-sent", "expected"),
    ("size", "1024*1024", "size/mapped", "documented"),
    ("seed", 0, "seed/preserves-0", "documented"),
    ("seed", 7, "seed/mapped", "documented"),
    ("negative_prompt", "fog", "negative_prompt/mapped", "documented"),
]


@pytest.mark.parametrize(("name", "value", "rule", "level"), VALUES)
def test_a_lost_value_is_documented_unless_it_is_the_upstreams_default(
    name: str, value: Json, rule: str, level: str, powertokens: Contract
) -> None:
    exchange = DIALECTS["powertokens"].conforming(LIGHT | {name: value})
    found = judged(powertokens, exchange)
    assert found.outcome(rule) is Outcome.PASS
    assert found.rules[rule].level == level
    lost = with_call(exchange, removed(call_body(exchange), f"/parameters/{name}"))
    assert judged(powertokens, lost).failed() == {rule}


def test_a_default_that_arrived_or_was_left_out_is_mapped(powertokens: Contract) -> None:
    exchange = DIALECTS["powertokens"].conforming(LIGHT | {"prompt_extend": True})
    omitted = with_call(exchange, removed(call_body(exchange), "/parameters/prompt_extend"))
    unobserved = replace(exchange, upstream=UNOBSERVED)
    for seen, outcome in ((exchange, Outcome.PASS), (omitted, Outcome.PASS), (unobserved, Outcome.INCONCLUSIVE)):
        assert judged(powertokens, seen).outcome("prompt_extend/mapped") is outcome


@pytest.mark.parametrize("name", ["watermark", "prompt_extend"])
def test_a_default_that_became_something_else_is_documented(name: str, powertokens: Contract) -> None:
    default = name == "prompt_extend"
    exchange = DIALECTS["powertokens"].conforming(LIGHT | {name: default})
    changed = with_call(exchange, placed(call_body(exchange), f"/parameters/{name}", not default))
    assert judged(powertokens, changed).failed() == {f"{name}/mapped"}


def test_no_default_counts_where_the_references_differ(powertokens: Contract) -> None:
    exchange = DIALECTS["powertokens"].conforming(LIGHT | {"model": "wan2.7-image-pro", "n": 1})
    lost = with_call(exchange, removed(call_body(exchange), "/parameters/n"))
    assert judged(powertokens, lost).failed("documented") == {"n/mapped"}


def test_a_number_of_images_may_be_spread_over_several_calls(powertokens: Contract) -> None:
    exchange = DIALECTS["powertokens"].conforming(LIGHT | {"n": 3})

    def spread(*calls: UpstreamCall) -> set[str]:
        return judged(powertokens, replace(exchange, upstream=calls, images=UNOBSERVED)).failed()

    one, two = (called(placed(call_body(exchange), "/parameters/n", count), count) for count in (1, 2))
    assert spread(two, one) == {"upstream/one-call"}
    assert "n/mapped" in spread(two, two)
    by_default = called(removed(call_body(exchange), "/parameters/n"), 1)
    assert spread(two, by_default) == {"upstream/one-call"}


def test_a_size_that_changed_on_its_way_is_one_finding(powertokens: Contract, powerbuyin: Contract) -> None:
    exchange = DIALECTS["powertokens"].conforming(LIGHT | {"size": "1024*768"})
    changed = with_images(with_call(exchange, placed(call_body(exchange), "/parameters/size", "768*1024")), PORTRAIT)
    assert judged(powertokens, changed).failed() == {"size/mapped"}
    dropped = with_images(with_call(exchange, removed(call_body(exchange), "/parameters/size")), PORTRAIT)
    assert judged(powertokens, dropped).failed() == {"size/mapped"}
    assert judged(powertokens, with_images(exchange, PORTRAIT)).failed() == {"data/pixels"}
    unseen = replace(with_images(exchange, PORTRAIT), upstream=UNOBSERVED)
    assert judged(powertokens, unseen).failed() == {"data/pixels"}


def test_null_is_nothing_where_the_upstream_takes_it(powertokens: Contract, invented: Contract) -> None:
    least = DIALECTS["powertokens"].conforming({"model": "qwen-image-2.0-pro", "prompt": "a kite"})
    nulls: list[tuple[str, str]] = [("seed", "not-invented"), ("watermark", "default"), ("size", "not-invented")]
    for name, rule in nulls:
        sent = with_call(least, placed(call_body(least), f"/parameters/{name}", None))
        assert finding(powertokens, f"{name}/{rule}", sent) == PASS
    plain = PAINTBOX.conforming({"engine": "quick", "wish": {"words": "a kite"}})
    refused = with_call(plain, placed(call_body(plain), "/settings/dice", None))
    assert finding(invented, "chaos/not-invented", refused) == failing(
        "nothing at /settings/dice", "injected: null", FindingKind.INJECTED
    )


def test_where_the_page_is_silent_on_one_field_the_others_are_judged_still(invented: Contract) -> None:
    silent = PAINTBOX.conforming(ORDER | {"unwanted": ""})
    assert finding(invented, "unwanted/mapped", silent) is None
    assert finding(invented, "chaos/mapped", silent) == PASS


def test_a_field_that_is_not_judged_for_a_model_is_not(invented: Contract) -> None:
    fine = PAINTBOX.conforming(ORDER | {"engine": "fine", "strength": 1})
    assert finding(invented, "strength/mapped", fine) is None
    assert finding(invented, "strength/mapped", PAINTBOX.conforming(ORDER | {"strength": 1})) == PASS


def test_left_out_under_such_a_condition_a_field_may_be_there(powertokens: Contract) -> None:
    body: Body = {"model": "wan2.7-image-pro", "prompt": "a kite"}
    exchange = DIALECTS["powertokens"].conforming(body)
    spoilt = with_call(exchange, placed(call_body(exchange), "/parameters/negative_prompt", "fog"))
    assert finding(powertokens, "negative_prompt/not-invented", spoilt) is None
    assert finding(powertokens, "seed/not-invented", spoilt) == PASS


def test_without_the_upstream_the_answer_shows_what_it_can(invented: Contract) -> None:
    unseen = replace(EXCHANGE, upstream=UNOBSERVED)
    assert finding(invented, "sheets/mapped", unseen) == PASS
    assert finding(invented, "canvas/normalized", unseen) == PASS
    larger = with_images(unseen, drawn("address", "641*480"))
    assert judged(invented, larger).outcome("canvas/normalized") is Outcome.INCONCLUSIVE
    for name in ("chaos/mapped", "words/mapped", "unwanted/not-invented"):
        found = finding(invented, name, unseen)
        assert found is not None
        assert (found.outcome, found.observed) == (Outcome.INCONCLUSIVE, "the upstream is not observed")


def test_one_image_shows_nothing_of_its_being_asked_for(invented: Contract) -> None:
    unseen = replace(PAINTBOX.conforming(ORDER | {"sheets": 1}), upstream=UNOBSERVED)
    found = finding(invented, "sheets/mapped", unseen)
    assert found is not None
    assert found.outcome is Outcome.INCONCLUSIVE


def test_without_images_in_the_answer_it_shows_nothing(invented: Contract) -> None:
    found = finding(replace(invented, images=None), "sheets/mapped", replace(EXCHANGE, upstream=UNOBSERVED))
    assert found is not None
    assert found.outcome is Outcome.INCONCLUSIVE


def test_a_call_that_nobody_saw_proves_nothing(invented: Contract) -> None:
    for name in ("chaos/mapped", "unwanted/not-invented"):
        found = finding(invented, name, replace(EXCHANGE, upstream=()))
        assert found is not None
        assert found.observed == "no upstream call was seen for this request"
