"""A gateway that accepts none of the plainest requests is quoted, and sent nothing more."""

from pathlib import Path

import pytest
from starlette.responses import HTMLResponse, Response

from contract_tests.execution.nothing_accepted import MOST_TRIED, nothing_accepted
from contract_tests.execution.observer import serve_upstream
from contract_tests.execution.upstream_certificate import upstream_certificate
from contract_tests.results import Conformance, Verdict
from gateway_contract.values.json_value import Json
from tests.contract_tests.gateways import as_json, failing, generated, replying, run_against, verdict_on
from tests.contract_tests.report_examples import CONTRACT, answering, exchange

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
        found = run_against(gateway.url, budget=20)
    assert not found.not_tested.startswith("no valid request was accepted")
    assert len(gateway.asked) > MOST_TRIED
    assert verdict_on(found, "request/accepted").verdict is Verdict.FAIL


def test_a_gateway_that_does_not_trust_the_upstream_is_told_whom_to_trust(tmp_path: Path) -> None:
    certificate = upstream_certificate(tmp_path, ("127.0.0.1",))
    refused = exchange(answer=answering(error("no upstream"), 502))
    with serve_upstream(CONTRACT, "127.0.0.1", 0, certificate=certificate) as seen:
        told = nothing_accepted([refused], (), seen)
    assert told == (
        f'no valid request was accepted: 502 "no upstream"; nothing reached the upstream at {seen.address}. '
        f"Set the gateway's upstream to https://{seen.address}/api/v1, and let it trust {tmp_path / 'ca.pem'}, "
        "or omit --upstream."
    )
