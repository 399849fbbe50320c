"""A value that only another request sent is traced to that request; a request's own values are never blamed."""

from dataclasses import replace

import orjson
import pytest

from contract_tests.client.case import Case, json_case
from contract_tests.client.correlation import correlation_id, trace_of
from contract_tests.execution.carry_over import CarryOver
from contract_tests.planning.fields import base_request
from contract_tests.planning.plan import with_own_id
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.traffic.exchange import Answer, Exchange, UpstreamCall
from gateway_contract.values.json_value import Json, read_json
from gateway_contract.values.pointer import placed
from tests.gateway_contract.exchanges import DIALECTS, Body

UNIQUE = 2147483601
OTHER = correlation_id("another request")
EARLIER: Body = {
    "model": "qwen-image-2.0-pro",
    "prompt": f"{OTHER} a kite",
    "negative_prompt": f"{trace_of(OTHER)} blur",
    "seed": UNIQUE,
    "watermark": True,
    "response_format": "b64_json",
}


def exchange(name: str, body: Body, call: Json = None) -> Exchange:
    return replace(DIALECTS["powertokens"].conforming(body, call=call), name=name)


def plain(contract: Contract, name: str) -> Body:
    case = with_own_id(contract, json_case(name, base_request(contract)), 1, name)
    body = read_json(case.content)
    assert isinstance(body, dict)
    return body


@pytest.fixture(scope="module")
def powertokens() -> Contract:
    return load_contract(contract_path("powertokens"))


@pytest.fixture
def after_earlier(powertokens: Contract) -> CarryOver:
    """After a plain request, and one with a value in each field."""
    planned = [Case("row 3", orjson.dumps(EARLIER)), Case("row 4", orjson.dumps({**EARLIER, "seed": 2147483647}))]
    carry_over = CarryOver(powertokens, planned)
    for one in (exchange("look", plain(powertokens, "look")), exchange("row 3", EARLIER)):
        carry_over.note(one)
        assert carry_over.trace(one).carried == ()
    return carry_over


def called_with(contract: Contract, pointer: str, value: Json) -> Exchange:
    """A plain request in whose upstream call a value stands that it does not say."""
    body = plain(contract, "later")
    return exchange("later", body, placed(DIALECTS["powertokens"].call(body), pointer, value))


@pytest.mark.parametrize(
    ("field", "upstream", "value"),
    [
        ("/negative_prompt", "/parameters/negative_prompt", f"{trace_of(OTHER)} blur"),
        ("/negative_prompt", "/parameters/negative_prompt", f"BLUR, {trace_of(OTHER).upper()}"),
        ("/seed", "/parameters/seed", UNIQUE),
        ("/seed", "/parameters/somewhere", UNIQUE),
        ("/prompt", "/parameters/history", f"before: {OTHER} a kite"),
    ],
)
def test_a_value_of_another_request_is_traced_to_it(
    field: str, upstream: str, value: Json, after_earlier: CarryOver, powertokens: Contract
) -> None:
    carried = after_earlier.trace(called_with(powertokens, upstream, value)).carried
    assert carried is not None
    assert [(one.pointer, one.place, one.source) for one in carried] == [(field, f"at {upstream} upstream", "row 3")]
    assert orjson.loads(carried[0].content) == EARLIER


@pytest.mark.parametrize(
    ("upstream", "value"),
    [
        ("/parameters/seed", 42),  # a gateway's own choice
        ("/parameters/seed", 2147483647),  # more than one request sends it
        ("/parameters/watermark", False),  # no request sent it
        ("/parameters/watermark", True),  # it may be what the gateway always sends
        ("/parameters/negative_prompt", trace_of(correlation_id("nobody"))),
    ],
)
def test_what_cannot_be_told_from_the_gateways_own_values_is_not_blamed(
    upstream: str, value: Json, after_earlier: CarryOver, powertokens: Contract
) -> None:
    assert after_earlier.trace(called_with(powertokens, upstream, value)).carried == ()


def test_a_value_that_plain_requests_get_by_turns_is_the_gateways_own_unless_it_changes(
    after_earlier: CarryOver, powertokens: Contract
) -> None:
    first, absent, again = (
        called_with(powertokens, "/parameters/watermark", value=False),
        exchange("later", plain(powertokens, "later")),
        called_with(powertokens, "/parameters/watermark", value=False),
    )
    assert [after_earlier.trace(one).carried for one in (first, absent, again)] == [(), (), ()]
    assert after_earlier.trace(called_with(powertokens, "/parameters/watermark", value=True)).carried == ()
    after_earlier.note(exchange("row 5", {**EARLIER, "watermark": False}))
    carried = after_earlier.trace(called_with(powertokens, "/parameters/watermark", value=True)).carried
    assert carried is not None
    assert [(one.pointer, one.source) for one in carried] == [("/watermark", "row 3")]


def test_values_that_nobody_sent_show_that_the_gateway_makes_its_own(
    after_earlier: CarryOver, powertokens: Contract
) -> None:
    after_earlier.note(exchange("row 5", {**EARLIER, "seed": 1}))
    after_earlier.note(exchange("row 6", {**EARLIER, "seed": 2}))
    for seed in (44, 46, 1, 2):
        assert after_earlier.trace(called_with(powertokens, "/parameters/seed", seed)).carried == ()


def test_bounds_of_the_contract_tell_nothing_wherever_they_come_up(powertokens: Contract) -> None:
    bodies: list[Body] = [{**EARLIER, "seed": seed} for seed in (UNIQUE, 2147483646, 2147483647, 2147483648)]
    carry_over = CarryOver(powertokens, [Case(str(body["seed"]), orjson.dumps(body)) for body in bodies])
    assert carry_over.unique == {UNIQUE}


def test_the_same_request_again_holds_its_own_values(after_earlier: CarryOver) -> None:
    assert after_earlier.trace(exchange("row 3, again", EARLIER)).carried == ()


def test_values_show_in_responses_as_well(after_earlier: CarryOver, powertokens: Contract) -> None:
    quiet = exchange("later", plain(powertokens, "later"))
    assert isinstance(quiet.answer, Answer)
    told = replace(quiet, answer=replace(quiet.answer, body={"data": [], "last": [EARLIER["prompt"], UNIQUE]}))
    carried = after_earlier.trace(told).carried
    assert carried is not None
    assert {(one.pointer, one.place) for one in carried} == {
        ("/prompt", "in the response"),
        ("/seed", "in the response"),
    }


def test_images_that_come_as_another_client_wanted_them_are_traced(
    after_earlier: CarryOver, powertokens: Contract
) -> None:
    wanted = exchange("later", {**plain(powertokens, "later"), "response_format": "b64_json"})
    as_before = replace(exchange("later", plain(powertokens, "later")), images=wanted.images)
    carried = after_earlier.trace(as_before).carried
    assert carried is not None
    assert [(one.pointer, one.source) for one in carried] == [("/response_format", "row 3")]


def test_without_calls_nothing_is_traced_but_the_response(after_earlier: CarryOver, powertokens: Contract) -> None:
    calls: tuple[UpstreamCall, ...] = ()
    assert after_earlier.trace(replace(exchange("later", plain(powertokens, "later")), upstream=calls)).carried == ()
