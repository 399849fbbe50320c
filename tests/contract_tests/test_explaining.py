"""A failure says what it takes: a field alone, a field together with others, or chance."""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from contract_tests.running import Loaded, loaded, run
from contract_tests.settings import Settings
from contract_tests.trial import serving_instead
from contract_tests.verdicts import Failure, Run, Verdict
from gateway_contract.pointer import read, removed
from gateway_contract.values import Json
from mock_server.gateway import Gateway, map_body
from mock_server.gateway_app import gateway_app

SEED = "powerbuyin/seed/mapped"


@cache
def ready() -> Loaded:
    found = loaded(Settings("powerbuyin"))
    return replace(found, selected=frozenset({SEED}))


def run_with(mapping: Callable[[Gateway, Json], Json]) -> Run:
    return run(ready(), lambda *_: None, serving_instead(lambda gateway: gateway_app(replace(gateway, map=mapping))))


def smallest_failure(found: Run) -> Failure:
    (verdict,) = [one for one in found.verdicts if one.rule.id == SEED]
    assert verdict.verdict is Verdict.FAIL
    return verdict.failures[0]


def without_seed(call: Json) -> Json:
    return removed(call, "/parameters/seed")


def test_a_field_that_is_lost_alone_is_shown_alone() -> None:
    failure = smallest_failure(run_with(lambda gateway, body: without_seed(map_body(gateway, body))))
    assert failure.finding.observed == "dropped"
    assert isinstance(failure.exchange.request.body, dict)
    assert failure.exchange.request.body.keys() == {"model", "input", "seed"}


def test_a_field_that_is_lost_beside_another_names_the_other() -> None:
    def lost_beside_several(gateway: Gateway, body: Json) -> Json:
        call = map_body(gateway, body)
        count = read(call, "/parameters/n")
        return without_seed(call) if isinstance(count, int) and count > 1 else call

    failure = smallest_failure(run_with(lost_beside_several))
    assert failure.finding.observed in {"dropped, with n 6", "dropped, with n 2"}
    assert isinstance(failure.exchange.request.body, dict)
    assert failure.exchange.request.body.keys() == {"model", "input", "seed", "n"}


def test_a_field_that_is_lost_by_chance_is_counted() -> None:
    calls = itertools.count()

    def lost_now_and_then(gateway: Gateway, body: Json) -> Json:
        call = map_body(gateway, body)
        seeded = isinstance(read(call, "/parameters/seed"), int)
        return without_seed(call) if seeded and next(calls) % 7 == 0 else call

    (verdict,) = [one for one in run_with(lost_now_and_then).verdicts if one.rule.id == SEED]
    assert any(" of 10 tries" in failure.finding.observed for failure in verdict.failures)


def test_a_field_that_is_lost_twice_in_a_row_and_then_no_more_is_lost_by_chance() -> None:
    calls = itertools.count()

    def lost_in_pairs(gateway: Gateway, body: Json) -> Json:
        call = map_body(gateway, body)
        seeded = isinstance(read(call, "/parameters/seed"), int)
        return without_seed(call) if seeded and next(calls) % 4 < 2 else call

    (verdict,) = [one for one in run_with(lost_in_pairs).verdicts if one.rule.id == SEED]
    assert any(re.search(r"dropped, in [3-7] of 10 tries", failure.finding.observed) for failure in verdict.failures)


@pytest.mark.parametrize("most", [0, 3])
def test_explaining_has_a_bound(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.explaining.MOST_REQUESTS", most)
    plain = run_with(map_body).cost.requests
    lossy = run_with(lambda gateway, body: without_seed(map_body(gateway, body))).cost.requests
    assert lossy <= plain + most
