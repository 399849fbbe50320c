"""A gateway that accepts none of the plainest requests is quoted, and sent nothing more."""

import pytest
from starlette.responses import HTMLResponse, Response

from contract_tests.execution.nothing_accepted import MOST_TRIED
from contract_tests.results import Conformance, Verdict
from gateway_contract.values.json_value import Json
from tests.contract_tests.gateways import as_json, failing, generated, replying, run_against, verdict_on

pytestmark = pytest.mark.slow


def error(message: str) -> dict[str, Json]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": None, "param": None}}


@pytest.mark.parametrize("status", [400, 422])
def test_a_gateway_that_rejects_everything_violates_one_rule_about_requests(status: int) -> None:
    with replying(lambda *_: as_json(error("no"), status)) as gateway:
        found = run_against(gateway.url)
    assert found.conformance is Conformance.VIOLATES
    assert failing(found) == {"request/accepted", "example/accepts-documented"}
    assert verdict_on(found, "seed/minimum").reason == f'no valid request was accepted: {status} "no"'
    assert len(gateway.asked) <= MOST_TRIED


def test_a_gateway_for_which_every_body_is_too_long_says_from_where_on() -> None:
    with replying(lambda *_: HTMLResponse("<h1>413 Request Entity Too Large</h1>", 413)) as gateway:
        found = run_against(gateway.url)
    (first, *_) = verdict_on(found, "request/accepted").failures
    shortest = min(map(len, gateway.asked))
    assert first.finding.observed == f"413: bodies from {shortest} bytes on are refused"


@pytest.mark.parametrize("status", [403, 409, 500, 502])
def test_a_gateway_that_answers_nothing_for_another_reason_is_not_tested(status: int) -> None:
    with replying(lambda *_: as_json(error("model not enabled"), status)) as gateway:
        found = run_against(gateway.url)
    assert found.conformance is Conformance.NOT_TESTED
    assert found.not_tested == f'no valid request was accepted: {status} "model not enabled"'
    assert len(gateway.asked) <= MOST_TRIED


def test_a_gateway_that_accepts_another_model_is_tested() -> None:
    def reply(_request: object, content: bytes) -> Response:
        return generated({"url": "http://127.0.0.1/1.png"}) if b"wan2.7" in content else as_json(error("no"), 403)

    with replying(reply) as gateway:
        found = run_against(gateway.url)
    assert found.not_tested == ""
    assert len(gateway.asked) > MOST_TRIED
    assert verdict_on(found, "request/accepted").verdict is Verdict.FAIL
