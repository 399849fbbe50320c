"""A gateway of no vendor: one YAML file, no Python, and every rule of it finds what it is there for."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import BrokenImage, Credential, Exchange, NoAnswer
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import leaf_name, placed, removed
from tests.gateway_contract.exchanges import (
    Body,
    answered,
    call_body,
    called,
    drawn,
    first_call,
    judged,
    rules_of,
    sent_as,
    short_id,
    with_answer,
    with_call,
    with_images,
    with_status,
)
from tests.gateway_contract.invented import PAINTBOX

REFUSAL: Json = {"reason": "no"}
ORDER: Body = {
    "engine": "quick",
    "wish": {"words": "a kite over the dunes"},
    "sheets": 2,
    "canvas": "640x480",
    "delivery": "inline",
    "chaos": 0,
    "strength": 0.5,
    "look": {"colours": ["red", "blue"]},
    "unwanted": "fog",
    "signed": False,
}
LEAST: Body = {"engine": "fine", "wish": {"words": "a kite"}}


def upstream(pointer: str, value: Json) -> Callable[[Exchange], Exchange]:
    return lambda exchange: with_call(exchange, placed(call_body(exchange), pointer, value))


def lost(pointer: str) -> Callable[[Exchange], Exchange]:
    return lambda exchange: with_call(exchange, removed(call_body(exchange), pointer))


def test_it_shares_no_field_with_the_real_contracts(
    invented: Contract, powertokens: Contract, powerbuyin: Contract
) -> None:
    own, *others = (field_names(contract) for contract in (invented, powertokens, powerbuyin))
    assert len(own) > 10
    assert all(not own & other for other in others)


def field_names(contract: Contract) -> set[str]:
    operation = contract.operation
    schemas = (schema for schema in (operation.request, operation.answer, operation.refusal) if schema is not None)
    return {leaf_name(part.pointer) for schema in schemas for part in schema.parts} - {"", "*"}


@pytest.mark.parametrize("order", [ORDER, LEAST, LEAST | {"sheets": 2}, ORDER | {"chaos": 99, "strength": 1.5}])
def test_a_gateway_that_keeps_to_it_breaks_no_rule(order: Body, invented: Contract) -> None:
    assert judged(invented, PAINTBOX.conforming(order)).failed() == set()


@pytest.mark.parametrize(
    ("spoil", "blamed"),
    [
        (lost("/settings/dice"), {"chaos/preserves-0"}),
        (upstream("/settings/dice", 7), {"chaos/preserves-0"}),
        (lost("/settings/force"), {"strength/mapped"}),
        (upstream("/settings/force", 0), {"strength/mapped"}),
        (lost("/settings/signature"), {"signed/preserves-false"}),
        (upstream("/settings/area", "640x480"), {"canvas/normalized", "engine/valid-call"}),
        (upstream("/settings/inks", ["red"]), {"colours/mapped"}),
        (lost("/settings/inks"), {"colours/mapped"}),
        (upstream("/settings/avoid", "fog "), {"unwanted/mapped"}),
        (upstream("/job/tool", "fine"), {"engine/mapped"}),
        (upstream("/settings/copies", 1), {"sheets/mapped"}),
        (upstream("/settings/zeal", 1), {"engine/nothing-unknown"}),
        (upstream("/job/kind", "poster"), {"engine/valid-call"}),
        (lambda exchange: with_answer(exchange, "/drawn_at", 1_700_000_000_000), {"drawn_at/now"}),
        (lambda exchange: with_answer(exchange, "/drawn_at", "now"), {"drawn_at/type"}),
        (lambda exchange: with_answer(exchange, "/album/pages", [{"picture": "one"}]), {"pages/length"}),
        (lambda exchange: with_answer(exchange, "/album/pages/1", {"address": "two"}), {"picture/present"}),
        (lambda exchange: with_answer(exchange, "/album/pages/1/title", None), {"title/type"}),
        (lambda exchange: with_answer(exchange, "/album", {}), {"pages/required"}),
        (lambda exchange: with_images(exchange, drawn("picture", "640*480"), drawn("picture", "640*481", 1)),
         {"pages/pixels"}),
        (lambda exchange: with_images(exchange, drawn("picture", "640*480"), drawn("picture", "640*480")),
         {"sheets/distinct"}),
        (lambda exchange: with_images(exchange, drawn("picture", "640*480"), drawn("picture", "640*480", 9)),
         {"sheets/own"}),
        (lambda exchange: with_images(exchange, BrokenImage("picture", "", "no image")), {"picture/usable"}),
        (lambda exchange: replace(exchange, upstream=2 * (first_call(exchange),)), {"engine/one-call"}),
        (lambda exchange: with_status(exchange, 400), {"request/accepted", "reason/required"}),
        (lambda exchange: replace(exchange, answer=NoAnswer("closed", 1.0)), {"request/accepted", "answer/given"}),
        (lambda exchange: replace(exchange, answer=answered({}, headers=())),
         {"answer/content-type", "drawn_at/required", "album/required"}),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found_and_blamed_on_what_it_breaks(
    spoil: Callable[[Exchange], Exchange], blamed: set[str], invented: Contract
) -> None:
    assert judged(invented, spoil(PAINTBOX.conforming(ORDER))).failed() == blamed


@pytest.mark.parametrize(
    ("more", "blamed"),
    [
        ({"chaos": -1}, "chaos/minimum"),
        ({"chaos": 100}, "chaos/maximum"),
        ({"chaos": "1"}, "chaos/type"),
        ({"strength": 1.51}, "strength/maximum"),
        ({"strength": -0.1}, "strength/minimum"),
        ({"sheets": 0}, "sheets/minimum"),
        ({"engine": "slow"}, "engine/enum"),
        ({"engine": "fine", "sheets": 3}, "sheets/maximum-for-the-fine-engine"),
        ({"canvas": "255*256"}, "canvas/minimum-pixels"),
        ({"canvas": "1024*1025"}, "canvas/maximum-pixels"),
        ({"canvas": "200*900"}, "canvas/minimum-aspect"),
        ({"canvas": "big"}, "canvas/format"),
        ({"look": {"colours": []}}, "colours/min-items"),
        ({"look": {"colours": ["red", "blue", "teal", "grey"]}}, "colours/max-items"),
        ({"look": {"colours": ["red", 5]}}, "colours/item-type"),
        ({"look": {"colours": "red"}}, "colours/type"),
        ({"wish": {"words": ""}}, "words/min-length"),
        ({"wish": {"words": 201 * "a"}}, "words/max-length"),
        ({"unwanted": 41 * "a"}, "unwanted/max-length"),
        ({"surprise": 1}, "body/forbidden"),
    ],
)
def test_what_is_out_of_range_must_be_refused(more: Body, blamed: str, invented: Contract) -> None:
    refused = PAINTBOX.refusing(ORDER | more)
    good = replace(refused, answer=answered(REFUSAL, 400))
    assert judged(invented, good).failed() == set()
    assert judged(invented, good).outcome(blamed) is not None
    calls = (called(PAINTBOX.call(ORDER | more)),)
    assert blamed in judged(invented, replace(refused, answer=answered({}), upstream=calls)).failed()


@pytest.mark.parametrize(
    ("credential", "blamed"),
    [
        (Credential.MISSING, "authorization/required"),
        (Credential.EMPTY, "authorization/empty"),
        (Credential.OTHER_SCHEME, "authorization/scheme"),
        (Credential.WRONG, "authorization/token"),
    ],
)
def test_without_the_pass_nothing_is_drawn(credential: Credential, blamed: str, invented: Contract) -> None:
    taken = sent_as(PAINTBOX.conforming(ORDER), credential)
    assert judged(invented, taken).failed() == {blamed}
    refused = sent_as(replace(PAINTBOX.refusing(ORDER), answer=answered(REFUSAL, 401)), credential)
    assert judged(invented, refused).failed() == set()


@pytest.mark.parametrize(
    ("pointer", "value", "blamed"),
    [
        ("/settings/dice", 5, "chaos/not-invented"),
        ("/settings/avoid", "fog", "unwanted/not-invented"),
        ("/settings/copies", 2, "sheets/default"),
        ("/settings/signature", True, "signed/default"),
    ],
)
def test_what_was_left_out_is_not_made_up(pointer: str, value: Json, blamed: str, invented: Contract) -> None:
    exchange = PAINTBOX.conforming(LEAST)
    assert judged(invented, upstream(pointer, value)(exchange)).failed() == {blamed}


def test_a_carrier_that_was_not_asked_for_is_the_default(invented: Contract) -> None:
    pages: Json = [{"picture": "carried"}]
    failed = judged(invented, with_answer(PAINTBOX.conforming(LEAST), "/album/pages", pages)).failed()
    assert failed == {"delivery/default"}


def test_its_own_example_must_work(invented: Contract) -> None:
    (example,) = invented.examples
    assert isinstance(example.body, dict)
    good = judged(invented, PAINTBOX.conforming(example.body))
    assert (good.failed(), "example/accepts-first-order" in good.findings) == (set(), True)
    bad = judged(invented, with_status(PAINTBOX.conforming(example.body), 500))
    assert bad.failed() == {"example/accepts-first-order", "request/accepted"}


def test_its_rules_are_listed_in_the_order_of_its_document(invented: Contract) -> None:
    names = [short_id(rule) for rule in rules_of(invented)]
    assert len(names) == len(set(names)) > 80
    assert {rule.kind for rule in rules_of(invented)} == {
        *("range", "default", "mapping", "preservation", "authorization", "response", "error", "isolation"),
    }
    assert names.index("engine/enum") < names.index("chaos/minimum") < names.index("answer/type")
