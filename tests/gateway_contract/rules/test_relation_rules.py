"""Two requests that mean the same make the same upstream call, as far as the contract says what it is."""

from dataclasses import replace

from gateway_contract.rules.rule import PASS, Finding, Outcome
from gateway_contract.traffic.exchange import Comparison, Exchange, Relation, images_shown
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json
from gateway_contract.values.pointer import placed, removed
from tests.contract_tests.three_contracts import POWERBUYIN, POWERTOKENS
from tests.gateway_contract.exchanges import (
    DIALECTS,
    Body,
    call_body,
    finding,
    first_call,
    with_call,
    with_images,
    with_status,
)

TOKENS, BUYIN = DIALECTS["powertokens"], DIALECTS["powerbuyin"]
REQUEST: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "seed": 7}
NESTED: Body = {"model": "qwen-image-2.0-pro", "input": {"messages": [{"role": "user", "content": [{"text": "a"}]}]}}
EACH_TIME, IN_PARALLEL = "upstream/same-each-time", "upstream/same-in-parallel"


def after(first: Exchange, again: Exchange, relation: Relation = Relation.REPEATED) -> Exchange:
    return replace(again, compared=Comparison(relation, first))


def with_value(exchange: Exchange, pointer: str, value: Json) -> Exchange:
    return with_call(exchange, placed(call_body(exchange), pointer, value))


def judged(exchange: Exchange, rule: str = EACH_TIME) -> Finding | None:
    return finding(POWERTOKENS, rule, exchange)


def test_the_same_request_makes_the_same_call() -> None:
    first, again = TOKENS.conforming(REQUEST), TOKENS.conforming({**REQUEST, "prompt": "another"})
    assert judged(again) is None
    assert judged(after(first, again)) is PASS
    other = judged(after(first, with_value(again, "/parameters/seed", 8)))
    assert other is not None
    assert (other.outcome, other.observed) == (Outcome.FAIL, "8")
    assert other.expected == "7 at /parameters/seed, as for the same request, sent before"
    lost = judged(after(first, with_call(again, removed(call_body(again), "/parameters/seed"))))
    assert lost is not None
    assert lost.observed == "nothing"


def test_what_is_wrong_both_times_is_left_to_other_rules() -> None:
    wrong = with_value(TOKENS.conforming(REQUEST), "/parameters/seed", 8)
    assert judged(after(wrong, wrong)) is PASS


def test_the_default_of_the_upstream_may_be_sent_or_left_out() -> None:
    plain = TOKENS.conforming(REQUEST)
    assert judged(after(plain, with_value(plain, "/parameters/watermark", value=False))) is PASS
    found = judged(after(plain, with_value(plain, "/parameters/watermark", value=True)))
    assert found is not None
    assert found.outcome is Outcome.FAIL


def test_what_is_not_judged_may_differ() -> None:
    plain = BUYIN.conforming(NESTED)
    varied = after(plain, with_value(plain, "/parameters/seed", 8))
    assert finding(POWERBUYIN, EACH_TIME, varied) is PASS
    dated = with_value(TOKENS.conforming(REQUEST), "/model", "qwen-image-2.0-pro-2026-03-03")
    assert judged(after(TOKENS.conforming(REQUEST), dated)) is PASS


def test_each_relation_has_its_rule() -> None:
    first = TOKENS.conforming(REQUEST)
    changed = after(first, with_value(first, "/parameters/seed", 8), Relation.ALONE)
    assert judged(changed) is None
    found = judged(changed, IN_PARALLEL)
    assert found is not None
    assert found.outcome is Outcome.FAIL


def test_a_rejected_request_and_a_call_that_was_not_seen_show_nothing() -> None:
    first = TOKENS.conforming(REQUEST)
    assert judged(after(first, with_status(first, 500))) is None
    assert judged(after(with_status(first, 500), first)) is None
    assert judged(after(first, with_call(first, ABSENT))) is None
    unseen = judged(after(first, replace(first, upstream=UNOBSERVED)))
    assert unseen is not None
    assert unseen.outcome is Outcome.INCONCLUSIVE


SAME_PIXELS = "images/same-in-each-form"


def in_form(form: str, pixels: str | None, image_format: str = "PNG") -> Exchange:
    made = TOKENS.conforming({**REQUEST, "response_format": form})
    return with_images(made, *(replace(image, pixels=pixels, format=image_format) for image in images_shown(made)))


def compared(linked: Exchange, inline: Exchange) -> Finding | None:
    return judged(after(linked, inline, Relation.OTHER_FORM), SAME_PIXELS)


def test_an_image_has_the_same_pixels_in_each_form() -> None:
    linked = in_form("url", "a")
    assert judged(linked, SAME_PIXELS) is None
    assert compared(linked, in_form("b64_json", "a")) is PASS
    found = compared(linked, in_form("b64_json", "b"))
    assert found is not None
    assert (found.outcome, found.observed) == (Outcome.FAIL, "others in b64_json (1024x1024)")
    assert found.expected == "the pixels of url (1024x1024), as for the same request for images in another form"


def test_pixels_that_were_not_read_or_not_kept_show_nothing() -> None:
    linked = in_form("url", "a")
    for inline in (in_form("b64_json", None), in_form("b64_json", "b", "JPEG")):
        found = compared(linked, inline)
        assert found is not None
        assert found.outcome is Outcome.INCONCLUSIVE


def test_images_that_the_upstream_made_otherwise_are_not_compared() -> None:
    inline = in_form("b64_json", "b")
    other = replace(inline, upstream=(replace(first_call(inline), images=("another",)),))
    assert compared(in_form("url", "a"), other) is None
    assert compared(in_form("url", "a"), with_images(inline)) is None
    assert compared(in_form("url", "a"), with_status(inline, 500)) is None
