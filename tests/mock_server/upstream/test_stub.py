"""Calls are judged by the upstream's document, whoever answered them."""

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json
from mock_server.upstream.stub import problems
from tests.mock_server.tasks_served import GENERATION, SYNTHESIS, TASKS, generation, synthesis

AT_ONCE = "/api/v1/services/aigc/multimodal-generation/generation"
MAX = "qwen-image-max"


def found(contract: Contract, path: str, body: Json, method: str = "POST") -> list[str]:
    assert contract.upstream is not None
    return problems(contract.upstream, UpstreamCall(method, path, (), body, 0.0, 200))


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (AT_ONCE, generation(MAX, size="1664*928", n=1), []),
        (f"{AT_ONCE}?debug=1", generation(MAX, size="1664*928", n=2), ["n must be at most 1 for qwen-image"]),
        (
            AT_ONCE,
            generation(MAX, size=None, seed=-1, style="oil"),
            ["seed must be at least 0", "unknown field of dashscope: /parameters/style"],
        ),
        (AT_ONCE, {"model": MAX}, ["input is required"]),
        (GENERATION, generation(), []),
        (SYNTHESIS, synthesis(), []),
        (
            SYNTHESIS,
            synthesis("wan2.7-image"),
            ["model must match ^qwen-image(-plus)?(-[0-9]{4}-[0-9]{2}-[0-9]{2})?$"],
        ),
        ("/elsewhere", {"a": 1}, []),
    ],
)
def test_a_call_is_told_what_is_wrong_with_it(powertokens: Contract, path: str, body: Json, said: list[str]) -> None:
    assert found(powertokens, path, body) == said


def test_a_poll_has_nothing_to_be_judged(powertokens: Contract) -> None:
    assert found(powertokens, f"{TASKS}/a", None, "GET") == []


def test_a_body_that_is_no_json_is_told(powertokens: Contract) -> None:
    assert powertokens.upstream is not None
    call = UpstreamCall("POST", AT_ONCE, (), ABSENT, 0.0, 400)
    assert problems(powertokens.upstream, call) == ["the body is not JSON"]
