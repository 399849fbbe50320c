"""A valid request that is refused is made smaller, so that no field is blamed for the fault of another."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import orjson
import pytest

from contract_tests.blame.minimize import MOST_REQUESTS, RejectionMinimizer, case_with_field_alone
from contract_tests.client.case import Case
from contract_tests.client.correlation import text_with_id_within
from contract_tests.planning.fields import base_request
from contract_tests.planning.plan import with_own_id
from gateway_contract.contract.validity import validity_of
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.values.json_value import ABSENT, Json, read_json
from gateway_contract.values.pointer import placed, read
from gateway_contract.values.sample_texts import CHINESE, of_length
from tests.contract_tests.three_contracts import POWERTOKENS, base, exchange, request

Refuses: TypeAlias = Callable[[dict[str, Json]], bool]

LONG = text_with_id_within(of_length(800, CHINESE))
FULL: dict[str, Json] = {
    **base(POWERTOKENS),
    "prompt": LONG,
    "n": 6,
    "size": "512*512",
    "response_format": "b64_json",
    "seed": 0,
    "watermark": True,
    "prompt_extend": False,
    "negative_prompt": "fog",
}
WAN: dict[str, Json] = {**FULL, "model": "wan2.7-image-pro", "size": "4096*4096", "n": 1}


class Gateway:
    """Refuses what it is told to, and remembers what it was asked."""

    def __init__(self, refuses: Refuses) -> None:
        self.refuses = refuses
        self.asked: list[Json] = []
        self.minimizer = RejectionMinimizer(POWERTOKENS, self.send)

    async def send(self, case: Case) -> Exchange:
        body = read_json(with_own_id(POWERTOKENS, case, 1, len(self.asked)).content)
        assert isinstance(body, dict)
        self.asked.append(body)
        return replace(exchange(body, 400 if self.refuses(body) else 200), name=case.name)

    def minimize(self, body: Json) -> Exchange:
        marked = read_json(with_own_id(POWERTOKENS, Case("", request_of(body)), 2, len(self.asked)).content)
        return asyncio.run(self.minimizer.minimize(exchange(marked, 400)))  # type: ignore[arg-type] # it is JSON


def request_of(body: Json) -> bytes:
    return exchange(body).request.content


def fields_beside_the_base(found: Exchange) -> set[str]:
    body = found.request.body
    assert isinstance(body, dict)
    plain = base(POWERTOKENS)
    return {name for name in body if name != "prompt" and body[name] != plain.get(name)}


@pytest.mark.parametrize("name", ["n", "size", "response_format", "seed", "watermark", "prompt_extend"])
def test_a_gateway_that_refuses_one_value_is_asked_for_nothing_else_in_the_end(name: str) -> None:
    gateway = Gateway(lambda body: body.get(name) == FULL[name])
    found = gateway.minimize(FULL)
    assert found.essential == frozenset({f"/{name}"})
    assert fields_beside_the_base(found) == {name}
    assert found.refused
    assert found.name == "row 1, made smaller"


def test_a_gateway_that_refuses_a_pair_of_values_has_both_in_the_smallest_request() -> None:
    gateway = Gateway(lambda body: body.get("n") == 6 and body.get("seed") == 0)
    found = gateway.minimize(FULL)
    assert found.essential == frozenset({"/n", "/seed"})
    assert fields_beside_the_base(found) == {"n", "seed"}


def test_a_gateway_that_counts_bytes_is_blamed_for_the_text_alone() -> None:
    gateway = Gateway(lambda body: len(str(body["prompt"]).encode()) > 800)
    found = gateway.minimize(FULL)
    assert found.essential == frozenset({"/prompt"})
    assert fields_beside_the_base(found) == set()
    assert len(str(read(found.request.body, "/prompt"))) == 800


def test_a_value_that_others_need_is_taken_away_once_they_are_gone() -> None:
    gateway = Gateway(lambda body: body["model"] == "wan2.7-image-pro")
    found = gateway.minimize(WAN)
    assert found.essential == frozenset({"/model"})
    assert fields_beside_the_base(found) == {"model"}


def test_what_a_value_needs_stays_but_is_not_blamed() -> None:
    gateway = Gateway(lambda body: body.get("size") == "4096*4096")
    found = gateway.minimize(WAN)
    assert found.essential == frozenset({"/size"})
    assert fields_beside_the_base(found) == {"size", "model"}


def test_a_gateway_that_refuses_everything_has_no_field_to_blame() -> None:
    found = Gateway(lambda _: True).minimize(FULL)
    assert found.essential == frozenset()
    assert fields_beside_the_base(found) == set()


def test_a_refusal_that_does_not_come_again_blames_no_field() -> None:
    found = Gateway(lambda _: False).minimize(FULL)
    assert found.essential == frozenset()
    assert found.request.body is not ABSENT
    assert found.refused


def test_a_refusal_that_takes_many_fields_blames_none_of_them() -> None:
    gateway = Gateway(lambda body: all(body.get(name) == FULL[name] for name in ("n", "size", "seed", "watermark")))
    assert gateway.minimize(FULL).essential == frozenset()


def test_a_refusal_is_tried_more_often_once_one_has_come_by_chance() -> None:
    gateway = Gateway(lambda body: body.get("seed") == 0 and len(gateway.asked) < 14)
    gateway.minimizer.is_intermittent = True
    assert gateway.minimize(FULL).essential == frozenset()
    assert len(gateway.asked) == 14


def test_every_request_on_the_way_is_valid() -> None:
    gateway = Gateway(lambda body: body.get("seed") == 0 or body["model"] == "wan2.7-image-pro")
    gateway.minimize(FULL)
    gateway.minimize(WAN)
    assert all(validity_of(POWERTOKENS, body).valid for body in gateway.asked)


def test_what_is_known_to_be_refused_is_not_narrowed_again() -> None:
    gateway = Gateway(lambda body: len(str(body["prompt"]).encode()) > 800)
    gateway.minimize(FULL)
    before = len(gateway.asked)
    again = gateway.minimize({**FULL, "n": 2, "seed": 7})
    assert again.essential == frozenset({"/prompt"})
    assert len(gateway.asked) == before


@pytest.mark.parametrize("seed", range(3))
def test_a_gateway_that_refuses_at_random_costs_no_more_than_any_other(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 # no secret
    gateway = Gateway(lambda _: dice.random() < 0.7)
    for number in range(60):
        found = gateway.minimize({**FULL, "seed": number})
        assert found.essential is not None
    assert len(gateway.asked) <= MOST_REQUESTS


def test_narrowing_stops_when_it_may_send_no_more() -> None:
    gateway = Gateway(lambda body: body.get("negative_prompt") == "fog")
    gateway.minimizer.may_send = lambda _: len(gateway.asked) < 4
    found = gateway.minimize(FULL)
    assert len(gateway.asked) == 4
    assert gateway.minimizer.blamed == []
    assert found.essential == frozenset()


@pytest.mark.parametrize("left", [0, 3])
def test_what_may_not_be_narrowed_blames_a_field_that_is_known_and_no_other(left: int) -> None:
    gateway = Gateway(lambda body: "seed" in body)
    gateway.minimize(FULL)
    ends = len(gateway.asked) + left
    gateway.minimizer.may_send = lambda _: len(gateway.asked) < ends
    assert gateway.minimize({**FULL, "seed": 7}).essential == frozenset({"/seed"})
    assert gateway.minimize({**base(POWERTOKENS), "n": 6}).essential == frozenset()


def test_a_request_that_is_no_json_is_not_narrowed() -> None:
    gateway = Gateway(lambda _: True)
    refused = Exchange(request(b"{"), exchange(None).answer)
    assert asyncio.run(gateway.minimizer.minimize(refused)) is refused
    assert gateway.asked == []


def test_a_value_without_which_a_request_is_rejected_too_in_the_end_is_not_blamed() -> None:
    gateway = Gateway(lambda body: body.get("seed") == 0 or len(gateway.asked) > 16)
    found = gateway.minimize({**base(POWERTOKENS), "seed": 0})
    assert found.essential == frozenset({"/seed"})
    gateway = Gateway(lambda body: body.get("seed") == 0 or len(gateway.asked) > 4)
    found = gateway.minimize({**base(POWERTOKENS), "seed": 0})
    assert found.essential == frozenset()


def test_one_field_is_isolated_in_the_smallest_valid_request() -> None:
    case = case_with_field_alone(POWERTOKENS, FULL, "/n")
    assert case is not None
    assert read_json(case.content) == placed(base_request(POWERTOKENS), "/n", 6)
    assert (case.name, case.images) == ("/n 6 alone", 6)


@pytest.mark.parametrize(
    ("body", "pointer"), [(FULL, "/colour"), (WAN, "/size"), ({**base(POWERTOKENS), "n": 6}, "/n")], ids=str
)
def test_a_field_that_is_missing_or_needs_others_or_is_alone_is_not_isolated(body: Json, pointer: str) -> None:
    assert case_with_field_alone(POWERTOKENS, body, pointer) is None


def test_a_spelling_that_is_rejected_each_time_is_no_failure_by_chance() -> None:
    spelled = orjson.dumps(FULL, option=orjson.OPT_INDENT_2)

    async def send(case: Case) -> Exchange:
        return replace(exchange(FULL, 400 if b"\n" in case.content else 200), name=case.name)

    minimizer = RejectionMinimizer(POWERTOKENS, send)
    refused = exchange(FULL, 400)
    refused = replace(refused, request=replace(refused.request, content=spelled))
    found = asyncio.run(minimizer.minimize(refused))
    assert found == replace(refused, essential=frozenset(), spelling_refused=True)
    assert not minimizer.is_intermittent
    assert asyncio.run(minimizer.minimize(exchange(FULL, 400))).essential == frozenset()
    assert minimizer.is_intermittent
