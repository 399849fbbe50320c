"""A failure says what it takes: a field alone, a field together with others, or chance."""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from contract_tests.results import FailingExchange, Run, Verdict
from contract_tests.run import PreparedRun, prepare, run
from contract_tests.selftest.trials import AppOf, calling_in_process, failing, replace_gateway
from contract_tests.settings import Settings
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import read, removed
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.openai_errors import NOT_JSON
from mock_server.gateway.stages import (
    Gateway,
    GatewayRequest,
    GatewayResponse,
    answer,
    authenticate,
    map_body,
    validate,
)
from mock_server.serving.error_response import ErrorResponse

pytestmark = pytest.mark.slow

SEED = "powerbuyin/seed/mapped"


@cache
def ready() -> PreparedRun:
    found = prepare(Settings("powerbuyin"))
    return replace(found, selected=frozenset({SEED}))


def run_with(mapping: Callable[[Gateway, Json], Json]) -> Run:
    """A run against a gateway that calls its upstream in this process: it gives no call up, however slow that is."""
    app_of = replace_gateway(lambda gateway: gateway_app(replace(gateway, map=mapping)), calling_in_process)
    return run(ready(), lambda *_: None, app_of)


def smallest_failure(found: Run) -> FailingExchange:
    (verdict,) = [one for one in found.verdicts if one.rule.id == SEED]
    assert verdict.verdict is Verdict.FAIL
    return verdict.failures[0]


def without_seed(call: Json) -> Json:
    return removed(call, "/parameters/seed")


def test_a_field_that_is_lost_alone_is_shown_alone() -> None:
    failure = smallest_failure(run_with(lambda gateway, body: without_seed(map_body(gateway, body))))
    assert failure.finding.told == "dropped"
    assert isinstance(failure.exchange.request.body, dict)
    assert failure.exchange.request.body.keys() == {"model", "input", "seed"}


def test_a_field_that_is_lost_beside_another_names_the_other() -> None:
    def lost_beside_several(gateway: Gateway, body: Json) -> Json:
        call = map_body(gateway, body)
        count = read(call, "/parameters/n")
        return without_seed(call) if isinstance(count, int) and count > 1 else call

    failure = smallest_failure(run_with(lost_beside_several))
    assert failure.finding.told in {"dropped, with n 6", "dropped, with n 2"}
    assert failure.exchange.name.count("again") == 1
    assert isinstance(failure.exchange.request.body, dict)
    assert failure.exchange.request.body.keys() == {"model", "input", "seed", "n"}


def test_a_field_that_is_lost_by_chance_is_counted() -> None:
    calls = itertools.count()

    def lost_now_and_then(gateway: Gateway, body: Json) -> Json:
        call = map_body(gateway, body)
        seeded = isinstance(read(call, "/parameters/seed"), int)
        return without_seed(call) if seeded and next(calls) % 7 == 0 else call

    assert re.search(r"dropped, in [1-3] of 10 tries", smallest_failure(run_with(lost_now_and_then)).finding.told)


def test_a_field_that_is_lost_twice_in_a_row_and_then_no_more_is_lost_by_chance() -> None:
    calls = itertools.count()

    def lost_in_pairs(gateway: Gateway, body: Json) -> Json:
        call = map_body(gateway, body)
        seeded = isinstance(read(call, "/parameters/seed"), int)
        return without_seed(call) if seeded and next(calls) % 4 < 2 else call

    assert re.search(r"dropped, in [3-7] of 10 tries", smallest_failure(run_with(lost_in_pairs)).finding.told)


def told_of(name: str, rule: str, app_of: AppOf) -> str:
    """What is told first of a rule that fails."""
    return all_told_of(name, rule, app_of)[0]


def all_told_of(name: str, rule: str, app_of: AppOf) -> list[str]:
    found = run(only(name, rule), lambda *_: None, replace_gateway(app_of, calling_in_process))
    (verdict,) = [one for one in found.verdicts if one.rule.id == f"{name}/{rule}"]
    assert verdict.verdict is Verdict.FAIL
    return [failure.finding.told for failure in verdict.failures]


def only(name: str, rule: str) -> PreparedRun:
    return replace(prepare(Settings(name)), selected=frozenset({f"{name}/{rule}"}))


def few_images(now: Callable[[Json], bool]) -> AppOf:
    """A gateway that keeps an image back where that is so of a request."""

    async def short(gateway: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        return await answer(gateway, body, links[:-1] if now(body) and len(links) > 1 else links, request)

    return lambda gateway: gateway_app(replace(gateway, answer=short))


def test_of_several_fields_only_those_are_named_without_which_the_rule_is_kept() -> None:
    inline = few_images(lambda body: read(body, "/response_format") == "b64_json")
    told = told_of("powerbuyin", "data/length", inline)
    assert re.fullmatch(r'[15], with response_format "b64_json"', told)


def test_what_is_the_business_of_the_rule_itself_is_not_named() -> None:
    assert re.fullmatch(r"\d", told_of("powerbuyin", "data/length", few_images(lambda _: True)))


def test_an_answer_that_breaks_by_chance_is_counted() -> None:
    calls = itertools.count()
    told = all_told_of("powerbuyin", "data/length", few_images(lambda _: next(calls) % 3 == 2))
    assert any(re.fullmatch(r"\d, in [2-5] of 10 tries", one) for one in told)


def refusing(now: Callable[[Json], bool]) -> AppOf:
    def picky(gateway: Gateway, body: Json) -> Json | ErrorResponse:
        return NOT_JSON if now(body) else validate(gateway, body)

    return lambda gateway: gateway_app(replace(gateway, validate=picky))


def test_a_refusal_of_two_fields_together_names_the_other() -> None:
    both = refusing(lambda body: read(body, "/n") == 6 and read(body, "/response_format") == "b64_json")
    assert told_of("powerbuyin", "n/maximum", both) == 'HTTP 400, with response_format "b64_json"'
    assert told_of("powerbuyin", "response_format/enum", both) == "HTTP 400, with n 6"


def test_a_refusal_by_chance_is_counted_and_blames_the_request_alone() -> None:
    dice = Random(3)  # noqa: S311 # no secret
    app_of = refusing(lambda _: dice.random() < 0.3)
    found = run(prepare(Settings("powerbuyin")), lambda *_: None, replace_gateway(app_of))
    assert failing(found) == {"request/accepted"}
    assert re.fullmatch(r"HTTP 400, in [1-7] of 10 tries", first_told(found, "powerbuyin/request/accepted"))


def first_told(found: Run, rule: str) -> str:
    return next(one.failures[0].finding.told for one in found.verdicts if one.rule.id == rule)


def test_what_is_taken_by_chance_though_it_is_wrong_is_counted() -> None:
    calls = itertools.count()

    def careless(gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
        return authenticate(gateway, request) if request.headers.get("authorization") or next(calls) % 2 else None

    told = told_of("powerbuyin", "authorization/required", lambda one: gateway_app(replace(one, authenticate=careless)))
    assert told == "HTTP 200, in 5 of 10 tries"


@pytest.mark.parametrize("most", [0, 3])
def test_explaining_has_a_bound(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.blame.explain.MOST_REQUESTS", most)
    plain = run_with(map_body).cost.requests
    lossy = run_with(lambda gateway, body: without_seed(map_body(gateway, body))).cost.requests
    assert lossy <= plain + most


def test_a_bad_request_that_breaks_the_gateway_is_tried_again_as_it_was() -> None:
    def breaks_above(gateway: Gateway, body: Json) -> Json | ErrorResponse:
        count = read(body, "/n")
        above = isinstance(count, int) and count > 6
        return ErrorResponse(500, "server_error", "internal", "It broke.") if above else validate(gateway, body)

    broken = told_of("powertokens", "n/maximum", lambda gateway: gateway_app(replace(gateway, validate=breaks_above)))
    assert broken == "HTTP 500"
