"""Gateways that people wrote are judged by what is wrong with them."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contract_tests.report.json_report import SCHEMA
from tests.end_to_end.check_gateway import check_gateway
from tests.end_to_end.gateways.started import expected_failures, started
from tests.ports import free_port

VALIDATOR = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
PATIENCE = "15"  # seconds; one of the gateways waits forever when its upstream says nothing
GATEWAYS = [
    ("fastapi", "powerbuyin"),
    ("fastapi", "powertokens"),
    ("flask", "powerbuyin"),
    pytest.param("express", "powerbuyin", marks=pytest.mark.clients),
    pytest.param("express", "powertokens", marks=pytest.mark.clients),
    pytest.param("next", "powerbuyin", marks=pytest.mark.clients),
]

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("framework", "contract"), GATEWAYS)
def test_a_run_blames_a_gateway_for_its_faults_alone(framework: str, contract: str, tmp_path: Path) -> None:
    upstream = f"127.0.0.1:{free_port()}"
    with started(framework, contract, upstream, tmp_path / "gateway.log") as url:
        options = ("--upstream", upstream, "--timeout", PATIENCE, "--fuzz", "0")
        outcome = check_gateway(url, contract, tmp_path, *options)
    expected, failing = expected_failures(framework, contract), outcome.rules("fail")
    assert outcome.status in {0, 1}, outcome.output
    VALIDATOR.validate(outcome.report)
    assert expected.faults - failing == set()
    assert failing - expected.faults - expected.missed - expected.falsely_blamed == set()
