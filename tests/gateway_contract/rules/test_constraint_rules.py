"""In range is accepted, out of range is refused, and a refusal blames the field that it is about."""

from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.constraint_rules import blamed_for_refusing
from gateway_contract.rules.rule import ACCEPTED, PASS, REFUSED, Finding, FindingKind, Outcome, evidence_of, failing
from gateway_contract.traffic.exchange import Credential, Exchange, NoAnswer
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json
from gateway_contract.values.pointer import placed, removed
from tests.gateway_contract.exchanges import (
    ERROR,
    Body,
    answered,
    call_body,
    called,
    finding,
    post,
    sent_as,
    with_answer,
    with_call,
    with_status,
)
from tests.gateway_contract.invented import PAINTBOX

ORDER: Body = {"engine": "quick", "wish": {"words": "a kite"}}


def order(**more: Json) -> Exchange:
    return PAINTBOX.conforming(ORDER | more)


@pytest.mark.parametrize(
    ("name", "at_bound", "inside"),
    [
        ("chaos/minimum", {"chaos": 0}, {"chaos": 1}),
        ("chaos/maximum", {"chaos": 99}, {"chaos": 98}),
        ("words/max-length", {"wish": {"words": 200 * "灯"}}, {"wish": {"words": 199 * "a"}}),
        ("words/min-length", {"wish": {"words": "a"}}, {"wish": {"words": "ab"}}),
        ("colours/max-items", {"look": {"colours": 3 * ["red"]}}, {"look": {"colours": 2 * ["red"]}}),
        ("colours/min-items", {"look": {"colours": ["red"]}}, {"look": {"colours": 2 * ["red"]}}),
        ("canvas/minimum-pixels", {"canvas": "256*256"}, {"canvas": "257*256"}),
        ("canvas/maximum-pixels", {"canvas": "1024*1024"}, {"canvas": "1023*1024"}),
        ("canvas/minimum-aspect", {"canvas": "150*600"}, {"canvas": "300*600"}),
        ("canvas/maximum-aspect", {"canvas": "600*150"}, {"canvas": "600*300"}),
        ("sheets/maximum-for-the-fine-engine", {"engine": "fine", "sheets": 2}, {"engine": "quick", "sheets": 2}),
    ],
)
def test_a_bound_is_proven_by_a_value_exactly_at_it(
    name: str, at_bound: Body, inside: Body, invented: Contract
) -> None:
    assert finding(invented, name, order(**at_bound)) == ACCEPTED
    assert finding(invented, name, order(**inside)) is None


def test_other_keywords_are_proven_by_any_value(invented: Contract) -> None:
    assert finding(invented, "chaos/type", order(chaos=5)) == ACCEPTED
    assert finding(invented, "engine/enum", order()) == ACCEPTED
    assert finding(invented, "chaos/type", order()) is None
    assert finding(invented, "body/forbidden", order()) is None


def test_a_refusal_that_was_narrowed_down_blames_the_most_specific_promise(invented: Contract) -> None:
    def blamed(pointer: str, **more: Json) -> set[str]:
        exchange = replace(order(**more), essential=frozenset({pointer}))
        return {found.keyword for found in blamed_for_refusing(evidence_of(invented, exchange), pointer)}

    assert blamed("/chaos", chaos=99) == {"maximum"}
    assert blamed("/chaos", chaos=5) == {"type"}
    assert blamed("/canvas", canvas="640*480") == {"format"}
    assert blamed("/canvas", canvas="256*256") == {"x-pixels/minimum"}
    assert blamed("/engine") == {"enum"}
    assert blamed("/wish/words") == {"type"}
    assert blamed("/nothing") == set()


def test_a_refused_bound_fails_its_own_rule_and_no_other(invented: Contract) -> None:
    refused = replace(with_status(order(chaos=99), 400), essential=frozenset({"/chaos"}))
    assert finding(invented, "chaos/maximum", refused) == failing("99 accepted", "HTTP 400", FindingKind.REJECTED)
    assert finding(invented, "chaos/type", refused) is None
    assert finding(invented, "engine/enum", refused) is None
    assert finding(invented, "request/accepted", refused) is None


def test_a_refusal_that_nobody_narrowed_down_fails_the_whole_request(invented: Contract) -> None:
    refused = with_status(order(chaos=99), 400)
    assert finding(invented, "chaos/maximum", refused) is None
    assert finding(invented, "request/accepted", refused) == failing("accepted", "HTTP 400", FindingKind.REJECTED)
    nothing = replace(refused, answer=NoAnswer("closed", 1.0))
    assert finding(invented, "request/accepted", nothing) == failing("accepted", "closed", FindingKind.REJECTED)


def test_too_many_requests_say_nothing_of_the_request(invented: Contract) -> None:
    assert finding(invented, "request/accepted", with_status(order(), 429)) is None
    assert finding(invented, "chaos/maximum", with_status(order(chaos=100), 429)) is None
    assert finding(invented, "body/json", Exchange(post(ABSENT), answered(ERROR, 429))) is None


@pytest.mark.parametrize("status", [408, 413, 414, 421, 425, 426, 431])
def test_a_status_about_the_transport_is_the_requests_as_a_whole(status: int, invented: Contract) -> None:
    assert finding(invented, "request/accepted", with_status(order(), status)) == failing(
        "accepted", f"HTTP {status}", FindingKind.REJECTED
    )
    for found in (
        finding(invented, "chaos/maximum", with_status(order(chaos=100), status)),
        finding(invented, "body/json", Exchange(post(ABSENT), answered(ERROR, status))),
    ):
        assert found is not None
        assert found.outcome is Outcome.INCONCLUSIVE
    caused = replace(with_status(order(chaos=100), status), essential=frozenset({"/chaos"}))
    assert finding(invented, "chaos/maximum", caused) == REFUSED


def test_a_long_body_may_be_too_long(invented: Contract) -> None:
    long = order(chaos=1)
    long = replace(with_status(long, 413), request=replace(long.request, content=b" " * 16384))
    found = finding(invented, "request/accepted", long)
    assert found is not None
    assert (found.outcome, found.observed) == (Outcome.INCONCLUSIVE, "413 to a body of 16,384 bytes")


@pytest.mark.parametrize(("pointer", "outcome"), [("/chaos", Outcome.FAIL), ("/sheets", Outcome.INCONCLUSIVE)])
def test_what_broke_the_gateway_fails_its_own_rule_alone(pointer: str, outcome: Outcome, invented: Contract) -> None:
    broken = replace(with_status(order(chaos=100), 500), essential=frozenset({pointer}))
    found = finding(invented, "chaos/maximum", broken)
    assert found is not None
    assert found.outcome is outcome


def test_a_time_out_shows_nothing_of_a_value(invented: Contract) -> None:
    gave_up = NoAnswer("no complete response within 60 s", 60.0, timed_out=True)
    for name, asked in (("chaos/maximum", order(chaos=100)), ("request/accepted", order())):
        found = finding(invented, name, replace(asked, answer=gave_up))
        assert found is not None
        assert (found.outcome, found.observed.partition(",")[0]) == (Outcome.INCONCLUSIVE, gave_up.problem)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, REFUSED),
        (499, REFUSED),
        (200, failing("100 refused with 4xx", "accepted (HTTP 200)", FindingKind.ACCEPTED)),
        (500, failing("100 refused with 4xx", "HTTP 500", FindingKind.BROKE)),
        (302, failing("100 refused with 4xx", "HTTP 302", FindingKind.BROKE)),
    ],
)
def test_out_of_range_is_refused(status: int, expected: Finding, invented: Contract) -> None:
    assert finding(invented, "chaos/maximum", with_status(order(chaos=100), status)) == expected


def test_no_answer_is_no_refusal(invented: Contract) -> None:
    broken = replace(order(chaos=100), answer=NoAnswer("closed", 1.0))
    assert finding(invented, "chaos/maximum", broken) == failing("100 refused with 4xx", "closed", FindingKind.BROKE)
    missing = Exchange(post({"engine": "quick"}), NoAnswer("closed", 1.0))
    assert finding(invented, "wish/required", missing) == failing("refused with 4xx", "closed", FindingKind.BROKE)


def test_a_refusal_of_what_is_broken_twice_proves_nothing_but_accepting_it_fails_both(invented: Contract) -> None:
    twice = order(chaos=100, sheets=5)
    names = ("chaos/maximum", "sheets/maximum")
    assert [finding(invented, name, with_status(twice, 400)) for name in names] == [None, None]
    found = [finding(invented, name, twice) for name in names]
    assert [one is not None and one.outcome for one in found] == [Outcome.FAIL, Outcome.FAIL]


def test_nothing_is_proven_without_the_right_token_or_by_another_method(invented: Contract) -> None:
    exchange = sent_as(order(chaos=100), method="PUT")
    for name in ("chaos/maximum", "request/accepted", "body/json"):
        assert finding(invented, name, exchange) is None


@pytest.mark.parametrize("status", [401, 200])
def test_a_body_that_is_not_json_proves_nothing_without_the_right_token(status: int, invented: Contract) -> None:
    exchange = Exchange(post(ABSENT, credential=Credential.WRONG), answered(ERROR, status))
    assert finding(invented, "body/json", exchange) is None


@pytest.mark.parametrize(("status", "outcome"), [(400, Outcome.PASS), (200, Outcome.FAIL), (500, Outcome.FAIL)])
def test_content_that_is_no_json_is_refused(status: int, outcome: Outcome, invented: Contract) -> None:
    found = finding(invented, "body/json", Exchange(post(ABSENT), answered(ERROR, status)))
    assert found is not None
    assert found.outcome is outcome


def test_content_that_is_no_json_needs_an_answer(invented: Contract) -> None:
    found = finding(invented, "body/json", Exchange(post(ABSENT), NoAnswer("closed", 1.0)))
    assert found == failing("refused with 4xx", "closed", FindingKind.BROKE)


LONG: Body = {"unwanted": 41 * "a"}


def test_text_may_be_cut_to_its_limit(invented: Contract) -> None:
    exchange = order(**LONG)
    name = "unwanted/max-length"
    for text in (40 * "a", 39 * "a", 30 * "a"):
        cut = with_call(exchange, placed(call_body(exchange), "/settings/avoid", text))
        assert finding(invented, name, cut) == REFUSED
    for dropped in (
        removed(call_body(exchange), "/settings/avoid"),
        placed(call_body(exchange), "/settings/avoid", None),
    ):
        assert finding(invented, name, with_call(exchange, dropped)) == REFUSED
    for text in (41 * "a", 40 * "b"):
        spoilt = with_call(exchange, placed(call_body(exchange), "/settings/avoid", text))
        found = finding(invented, name, spoilt)
        assert found is not None
        assert found.outcome is Outcome.FAIL
        assert found.observed.startswith("passed on: ")


@pytest.mark.parametrize("unseen", [UNOBSERVED, ()])
def test_whether_text_was_cut_is_not_known_without_a_call(unseen: object, invented: Contract) -> None:
    exchange = replace(order(**LONG), upstream=unseen)  # type: ignore[arg-type] # either of the two
    found = finding(invented, "unwanted/max-length", exchange)
    assert found is not None
    assert found.outcome is Outcome.INCONCLUSIVE


TOO_MANY: Body = {"engine": "fine", "sheets": 3}
NAME = "sheets/maximum-for-the-fine-engine"


def test_a_number_may_be_answered_as_if_it_were_its_bound(invented: Contract) -> None:
    call = PAINTBOX.call(ORDER | TOO_MANY)
    coerced = PAINTBOX.conforming(ORDER | TOO_MANY, images=2, call=placed(call, "/settings/copies", 2))
    assert finding(invented, NAME, coerced) == REFUSED
    without = with_call(coerced, removed(call, "/settings/copies"))
    assert finding(invented, NAME, without) == REFUSED
    assert finding(invented, NAME, replace(coerced, upstream=UNOBSERVED)) == REFUSED
    three = PAINTBOX.conforming(ORDER | TOO_MANY, images=3, call=placed(call, "/settings/copies", 2))
    wanted = "3 refused with 4xx, or answered as if it were 2"
    assert finding(invented, NAME, three) == failing(wanted, "3 in pages", FindingKind.ACCEPTED)
    asked_for_three = PAINTBOX.conforming(ORDER | TOO_MANY, images=2)
    assert finding(invented, NAME, asked_for_three) == failing(wanted, "3 at /settings/copies", FindingKind.ACCEPTED)
    no_list = with_answer(coerced, "/album", {})
    assert finding(invented, NAME, no_list) == failing(wanted, "0 in pages", FindingKind.ACCEPTED)


def test_a_number_that_shows_nowhere_is_taken_as_coerced(invented: Contract) -> None:
    without = replace(invented, images=None, mapped=())
    taken = Exchange(post(ORDER | TOO_MANY), answered({}), (called({}),), ())
    assert finding(without, NAME, taken) == REFUSED


def test_the_pages_example_is_judged_with_a_right_text_of_any_kind(invented: Contract) -> None:
    example = invented.examples[0].body
    assert isinstance(example, dict)
    name = "example/accepts-first-order"
    assert finding(invented, name, PAINTBOX.conforming(example)) == PASS
    assert finding(invented, name, with_status(PAINTBOX.conforming(example), 400)) == failing(
        "accepted", "HTTP 400", FindingKind.REJECTED
    )
    assert finding(invented, name, PAINTBOX.conforming(example | {"sheets": 1})) is None
    for words, judged in (("a boat", PASS), ("", None), ("a" * 201, None)):
        assert finding(invented, name, PAINTBOX.conforming(example | {"wish": {"words": words}})) == judged
