"""A valid request may be rejected for what the contract does not judge, or because its images take too long."""

from dataclasses import replace

import pytest

from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.rules.rule import Outcome
from gateway_contract.traffic.exchange import Exchange
from tests.gateway_contract.exchanges import DIALECTS, Body, finding

GATEWAY = DIALECTS["powertokens"]
CONTRACT = load_contract(contract_path("powertokens"))
WAN, QWEN = "wan2.7-image-pro", "qwen-image-2.0-pro"


def outcome(rule: str, exchange: Exchange) -> Outcome | None:
    found = finding(CONTRACT, rule, exchange)
    return None if found is None else found.outcome


@pytest.mark.parametrize(("model", "expected"), [(WAN, Outcome.INCONCLUSIVE), (QWEN, Outcome.FAIL)])
def test_a_field_whose_arrival_is_not_judged_for_a_model_may_be_rejected_there(model: str, expected: Outcome) -> None:
    body: Body = {"model": model, "prompt": "a kite", "prompt_extend": True}
    rejected = replace(GATEWAY.refusing(body), essential=frozenset({"/model", "/prompt_extend"}))
    assert outcome("prompt_extend/type", rejected) is expected
    assert outcome("model/enum", rejected) is expected


@pytest.mark.parametrize(
    ("count", "status", "expected"),
    [(2, 504, Outcome.INCONCLUSIVE), (1, 504, Outcome.FAIL), (2, 500, Outcome.FAIL)],
)
def test_a_proxy_may_give_up_on_several_images(count: int, status: int, expected: Outcome) -> None:
    body: Body = {"model": QWEN, "prompt": "a kite", "n": count}
    given_up = replace(GATEWAY.refusing(body, status), essential=frozenset())
    assert outcome("request/accepted", given_up) is expected
