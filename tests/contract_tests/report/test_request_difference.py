"""A request is told by what is special about it."""

from dataclasses import replace

import pytest

from contract_tests.report.request_difference import request_difference
from gateway_contract.traffic.exchange import CarriedValue, Credential, Exchange, FaultCause, PlayedFault, Request
from gateway_contract.values.json_value import Json
from tests.contract_tests.report_examples import asking, carrying, exchange, upstream_call

BODY: dict[str, Json] = {"model": "m", "prompt": "k012345678 a fox", "input": {"messages": [{"text": "b"}]}}
BASELINE = asking(BODY)
RIGHT = Credential.RIGHT


@pytest.mark.parametrize(
    ("request_", "difference"),
    [
        (BASELINE, "the plain request"),
        (asking({**BODY, "prompt": "kabcdef012 a fox"}), "the plain request"),
        (asking({**BODY, "n": "2"}), '"n": "2"'),
        (asking({**BODY, "n": True, "model": 1}), '"model": 1, "n": true'),
        (asking({key: BODY[key] for key in ("model", "input")}), 'without "prompt"'),
        (asking({**BODY, "input": {"messages": 3}}), "/input/messages: 3"),
        (asking({**BODY, "input": {"messages": [{}]}}), "without /input/messages/0/text"),
        (asking({**BODY, "input": {"messages": []}}), "/input/messages: []"),
        (asking(7), "the body: 7"),
        (asking({**BODY, **dict.fromkeys("abcdef", 1)}), '"a": 1, "b": 1, "c": 1, "d": 1, and 2 more changes'),
        (asking({**BODY, "a": "y" * 50, "b": "z" * 50}), f'"a": "{"y" * 50}", and 1 more change'),
        (replace(BASELINE, content=BASELINE.content.replace(b'"prompt"', b'"n":1e0,"prompt"')), '"n": 1e0'),
        (carrying(b"", credential=RIGHT), "no body"),
        (carrying(b"{x", credential=RIGHT), 'not JSON: "{x"'),
        (replace(BASELINE, credential=Credential.MISSING), "no Authorization header"),
        (replace(BASELINE, method="PUT"), "PUT"),
    ],
)
def test_what_is_special_about_a_request(request_: Request, difference: str) -> None:
    assert request_difference(Exchange(request_, exchange().answer), BASELINE) == difference


def test_a_long_value_is_cut() -> None:
    assert len(request_difference(Exchange(asking({**BODY, "a": "x" * 5000}), exchange().answer), BASELINE)) < 100


def test_a_failure_of_the_upstream_on_purpose_is_special() -> None:
    played = PlayedFault("reset", FaultCause.VENDOR)
    call = replace(upstream_call({}), played=played)
    assert request_difference(Exchange(BASELINE, exchange().answer, (call,)), BASELINE) == "upstream plays reset"
    after = Exchange(BASELINE, exchange().answer, follows=played)
    assert request_difference(after, BASELINE) == "after the upstream played reset"


def test_another_request_whose_values_came_up_is_told() -> None:
    carried = CarriedValue("/seed", "7", "at /parameters/seed upstream", "row 3", b"{}")
    other = replace(carried, pointer="/size", source="row 4")
    told = request_difference(Exchange(asking({**BODY, "n": 2}), exchange().answer, carried=(carried, other)), BASELINE)
    assert told == '"n": 2, after another request (row 3)'
