"""A part is blamed for a response only where the same request without it works, before and after."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest

from contract_tests.blame.counterfactual import CauseFinder, is_suspect, reset_part
from contract_tests.client.case import Case
from contract_tests.planning.plan import with_own_id
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.traffic.exchange import Credential, Exchange, NoAnswer
from gateway_contract.values.json_value import ABSENT, Json, read_json
from tests.contract_tests.three_contracts import POWERBUYIN, POWERTOKENS, base, exchange, request

Status = Callable[[object, int], int]
CONTENT = "/input/messages/0/content"


class Gateway:
    """Answers with a status for a body and the number of the request, and remembers what it was asked."""

    def __init__(self, status: Status, contract: Contract = POWERTOKENS) -> None:
        self.status = status
        self.asked: list[object] = []
        self.finder = CauseFinder(contract, self.send)

    async def send(self, case: Case) -> Exchange:
        body = read_json(with_own_id(self.finder.contract, case, 1, len(self.asked)).content)
        self.asked.append(body)
        answered = exchange(None, self.status(body, len(self.asked)))
        return replace(answered, request=request(case.content, case.credential), name=case.name)

    def causes(self, *suspects: Exchange) -> list[frozenset[str] | None]:
        return [found.essential for found in asyncio.run(self.finder.find(suspects))]


def spoilt(**more: Json) -> dict[str, Json]:
    return {**base(POWERTOKENS), **more}


def field(body: object, name: str) -> Json:
    assert isinstance(body, dict)
    value: Json = body.get(name)
    return value


def test_of_two_odd_parts_only_the_one_that_breaks_the_gateway_is_blamed() -> None:
    gateway = Gateway(lambda body, _: 500 if not isinstance(field(body, "model"), str) else 200)
    body: dict[str, Json] = {"model": [[]], "prompt": "x", "size": "1024*1024"}
    assert gateway.causes(exchange(body, 500)) == [frozenset({"/model"})]


def test_a_gateway_that_breaks_on_everything_has_no_part_to_blame() -> None:
    assert Gateway(lambda *_: 500).causes(exchange(spoilt(n=0), 500)) == [frozenset()]


def test_a_gateway_that_breaks_once_has_no_part_to_blame() -> None:
    assert Gateway(lambda *_: 200).causes(exchange(spoilt(n=0), 500)) == [frozenset()]


def test_a_gateway_that_no_longer_works_afterwards_has_no_part_to_blame() -> None:
    gateway = Gateway(lambda _, number: 200 if number == 1 else 500)
    assert gateway.causes(exchange(spoilt(n=0), 500)) == [frozenset()]


def test_requests_with_the_same_valid_one_share_it() -> None:
    gateway = Gateway(lambda body, _: 500 if "seed" in str(body) else 200)
    values: list[Json] = ["a", [], {}]
    suspects = [exchange(spoilt(seed=value), 500) for value in values]
    assert gateway.causes(*suspects) == [frozenset({"/seed"})] * 3
    assert sum("seed" not in str(body) for body in gateway.asked) == 2


def test_one_request_that_breaks_the_gateway_for_a_while_is_told_from_the_others() -> None:
    def status(body: object, number: int) -> int:
        before = gateway.asked[number - 2] if number > 1 else {}
        return 500 if "seed" in str(body) or "poison" in str(before) else 200

    gateway = Gateway(status)
    found = gateway.causes(*(exchange(spoilt(seed=value), 500) for value in ("a", "b", "c", "poison")))
    assert found == [*[frozenset({"/seed"})] * 3, frozenset()]


def test_content_that_is_no_json_is_compared_with_a_valid_request() -> None:
    gateway = Gateway(lambda body, _: 500 if body is ABSENT else 200)
    assert gateway.causes(Exchange(request(b"{"), exchange(None, 500).answer)) == [frozenset({""})]


def test_a_wrong_token_is_compared_with_the_right_one() -> None:
    gateway = Gateway(lambda *_: 200)
    wrong = Exchange(request(orjson.dumps(base(POWERTOKENS)), Credential.WRONG), exchange(None, 500).answer)
    assert gateway.causes(wrong) == [frozenset()]


def test_a_status_about_the_transport_that_a_value_causes_is_blamed_on_it() -> None:
    gateway = Gateway(lambda body, _: 403 if field(body, "n") == 7 else 200)
    assert gateway.causes(exchange(spoilt(n=7), 403)) == [frozenset({"/n"})]


def test_nothing_is_blamed_where_nothing_more_may_be_sent() -> None:
    gateway = Gateway(lambda *_: 200)
    gateway.finder.may_send = lambda _: False
    assert gateway.causes(exchange(spoilt(n=0), 500)) == [frozenset()]


@pytest.mark.parametrize(("status", "suspect"), [(400, False), (200, False), (403, True), (413, True), (502, True)])
def test_only_some_responses_show_nothing_alone(status: int, suspect: bool) -> None:  # noqa: FBT001 # the table
    assert is_suspect(exchange(spoilt(n=0), status)) is suspect


def test_a_time_out_is_no_suspect() -> None:
    gave_up = Exchange(request(b"{}"), NoAnswer("no complete response within 1 s", 1.0, timed_out=True))
    assert not is_suspect(gave_up)
    assert is_suspect(replace(gave_up, answer=NoAnswer("connection refused", 1.0)))


@pytest.mark.parametrize(
    ("part", "pointer"),
    [([], CONTENT), ([None], f"{CONTENT}/0"), ([{"text": 1}], f"{CONTENT}/0/text")],
)
def test_the_smallest_part_around_a_fault_is_reset(part: list[Json], pointer: str) -> None:
    plain = base(POWERBUYIN)
    body = orjson.loads(orjson.dumps(plain))
    body["input"]["messages"][0]["content"] = part
    broken = validity_of(POWERBUYIN, body).broken
    reset = [reset_part(POWERBUYIN, body, constraint) for constraint in broken]
    assert {where for where, _ in reset} == {pointer}
    assert all(validity_of(POWERBUYIN, there).valid for _, there in reset)


def test_that_a_proxy_gave_up_is_not_the_fault_of_a_number_of_images() -> None:
    gateway = Gateway(lambda body, _: 504 if field(body, "n") == 7 or field(body, "seed") == -1 else 200)
    assert gateway.causes(exchange(spoilt(n=7), 504)) == [frozenset()]
    assert gateway.causes(exchange(spoilt(seed=-1), 504)) == [frozenset({"/seed"})]
