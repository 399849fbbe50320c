"""A gateway that does with an idempotency key what it should not is found, and one that does it right is not blamed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from math import inf
from pathlib import Path

import pytest

from contract_tests.client.case import Case
from contract_tests.execution.call_ownership import Calls
from contract_tests.execution.idempotency_check import IdempotencyCheck
from contract_tests.execution.ledger import BudgetUsedUpError
from contract_tests.planning.plan import with_own_id
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.rules.rule import Outcome
from gateway_contract.traffic.exchange import Answer, Comparison, Credential, Exchange, Relation, Request
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, read_json
from mock_server.defects.catalogue import defects
from mock_server.defects.conforming_upstream import key_for_several_requests
from mock_server.gateway.stages import Gateway, GatewayRequest, handle
from mock_server.serving.signing import Signer
from mock_server.upstream.client import InProcessTransport, UpstreamClient
from mock_server.upstream.in_process import image_in_process, respond_in_process
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import UpstreamStub
from tests.gateway_contract.exchanges import DIALECTS, drawn, finding, with_images, with_status

OVERLAY = Path(__file__).parents[3] / "fixtures" / "overlays" / "idempotency-key.yaml"
KEYED = load_contract(contract_path("powertokens"), [OVERLAY])
BASE = "http://127.0.0.1:1"
RULE = "request/idempotency-key"
WRONG = {defect.operator.name: defect.apply for defect in defects(KEYED) if "idempotency" in defect.operator.module}


def checked(
    contract: Contract, variant: Callable[[Gateway], Gateway], *, observed: bool = True, budget: float = inf
) -> list[Exchange]:
    """What the check sends to a gateway in this process, at most `budget` requests, with the calls of each exchange."""
    assert contract.upstream is not None
    stub, numbers, sent = UpstreamStub(contract.upstream, protocol_of(contract.upstream)), count(), count()
    transport = InProcessTransport(
        lambda outbound: respond_in_process(stub, BASE, outbound), lambda link: image_in_process(stub, link)
    )
    url = BASE + contract.upstream.base
    gateway = variant(
        Gateway(contract, UpstreamClient(contract.upstream, stub.protocol, url, transport, Signer(b"links")))
    )

    async def send(case: Case) -> Exchange:
        if next(sent) >= budget:
            raise BudgetUsedUpError
        before = stub.calls.arrived
        key = {} if case.idempotency_key is None else {"idempotency-key": case.idempotency_key}
        headers = {"authorization": "Bearer sk-client"} | key
        response = await handle(gateway, GatewayRequest("POST", headers, case.content, BASE))
        request = Request("POST", "/", (), case.content, read_json(case.content), Credential.RIGHT)
        answer = Answer(response.status, (), b"", ABSENT, 0.1, 0.0)
        calls: Calls = stub.calls.since(before) if observed else UNOBSERVED
        return Exchange(request, answer, calls, name=case.name)

    async def send_again(case: Case) -> Exchange:
        return await send(with_own_id(contract, case, 1, next(numbers)))

    async def send_twice(case: Case) -> tuple[Exchange, Exchange]:
        case, before = with_own_id(contract, case, 1, next(numbers)), stub.calls.arrived
        one, other = await asyncio.gather(send(case), send(case))
        calls = stub.calls.since(before)
        return replace(one, upstream=calls), replace(other, upstream=calls)

    return asyncio.run(IdempotencyCheck(contract, send, send_again, send_twice, lambda _: True).run())


def outcomes(exchanges: list[Exchange]) -> dict[Relation, Outcome]:
    found = {one.compared.relation: finding(KEYED, RULE, one) for one in exchanges if one.compared is not None}
    return {relation: one.outcome for relation, one in found.items() if one is not None}


def test_the_bundled_gateway_pays_once() -> None:
    found = checked(KEYED, lambda gateway: gateway)
    assert outcomes(found) == dict.fromkeys(
        (Relation.SAME_KEY, Relation.OTHER_KEY, Relation.OTHER_REQUEST, Relation.SAME_KEY_AT_ONCE), Outcome.PASS
    )
    assert [len(one.upstream) for one in found if one.upstream is not UNOBSERVED] == [0, 1, 0, 1]
    assert found[2].refused


def test_what_was_sent_before_the_budget_was_used_up_counts() -> None:
    found = checked(KEYED, WRONG["idempotency-key-ignored"], budget=3)
    assert outcomes(found) == {Relation.SAME_KEY: Outcome.FAIL, Relation.OTHER_KEY: Outcome.PASS}


def test_a_gateway_that_serves_another_request_with_the_same_key_is_right() -> None:
    found = checked(KEYED, key_for_several_requests)
    assert set(outcomes(found).values()) == {Outcome.PASS}
    assert found[2].accepted


@pytest.mark.parametrize(
    ("defect", "relations"),
    [
        ("idempotency-key-ignored", {Relation.SAME_KEY, Relation.SAME_KEY_AT_ONCE}),
        ("paid-again-while-under-way", {Relation.SAME_KEY_AT_ONCE}),
        ("replayed-for-other-key", {Relation.OTHER_KEY}),
        ("replayed-for-other-request", {Relation.OTHER_REQUEST}),
        ("idempotency-key-rejected", {Relation.WITHOUT_KEY}),
    ],
)
def test_a_wrong_gateway_is_found_by_one_rule(defect: str, relations: set[Relation]) -> None:
    found = outcomes(checked(KEYED, WRONG[defect]))
    assert {which for which, outcome in found.items() if outcome is Outcome.FAIL} == relations


def test_each_defect_is_tried() -> None:
    assert len(WRONG) == 5


def test_a_gateway_that_rejects_plain_requests_as_well_is_not_blamed_for_its_keys() -> None:
    rejecting = WRONG["idempotency-key-rejected"]
    without_token = checked(KEYED, lambda gateway: replace(rejecting(gateway), token="sk-other"))
    assert without_token == []


def test_what_is_not_observed_is_not_judged() -> None:
    assert set(outcomes(checked(KEYED, lambda gateway: gateway, observed=False)).values()) == {Outcome.INCONCLUSIVE}


def test_a_replay_is_no_ordinary_exchange() -> None:
    replayed = checked(KEYED, lambda gateway: gateway)[0]
    assert finding(KEYED, "upstream/one-call", replayed) is None


def test_without_a_documented_key_nothing_is_sent() -> None:
    assert checked(load_contract(contract_path("powertokens")), lambda gateway: gateway) == []


def by_responses(relation: Relation, digest: str, status: int = 200) -> Outcome | None:
    """What is found where no upstream call is seen, and the first request got the image `a`."""

    def unseen(image: str) -> Exchange:
        made = DIALECTS["powertokens"].conforming({"model": "qwen-image-2.0-pro", "prompt": "a kite"})
        return replace(with_images(made, replace(drawn("url", "1024*1024"), digest=image)), upstream=UNOBSERVED)

    again = unseen(digest) if status == 200 else replace(with_status(unseen(digest), status), upstream=UNOBSERVED)
    found = finding(KEYED, RULE, replace(again, compared=Comparison(relation, unseen("a"))))
    return None if found is None else found.outcome


def test_responses_alone_show_what_is_wrong_but_not_that_a_request_is_paid_once() -> None:
    assert by_responses(Relation.SAME_KEY, "a") is Outcome.INCONCLUSIVE
    assert by_responses(Relation.SAME_KEY, "b") is Outcome.FAIL
    assert by_responses(Relation.SAME_KEY, "a", status=500) is Outcome.FAIL
    assert by_responses(Relation.OTHER_REQUEST, "a") is Outcome.FAIL
    assert by_responses(Relation.OTHER_REQUEST, "b") is Outcome.INCONCLUSIVE
    assert by_responses(Relation.OTHER_KEY, "a") is Outcome.INCONCLUSIVE  # the same request may get the same image
    assert by_responses(Relation.WITHOUT_KEY, "a", status=400) is Outcome.FAIL
