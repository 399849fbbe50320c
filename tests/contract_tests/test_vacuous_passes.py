"""A gateway that validates nothing passes no rule about what requests may hold."""

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from contract_tests.results import Run, Verdict
from contract_tests.run import PreparedRun, prepare
from contract_tests.selftest.trials import run_against, without_failures
from contract_tests.settings import Settings
from gateway_contract.rules.rule import RuleKind
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway

pytestmark = pytest.mark.slow

KEYWORDS = str(Path(__file__).parents[2] / "fixtures" / "contracts" / "keywords.yaml")


def lax(gateway: Gateway) -> ASGIApp:
    """The gateway without its validation."""
    return gateway_app(replace(gateway, validate=lambda _, body: body))


def limits(found: Run) -> dict[str, Verdict]:
    """The verdicts on limits of the fields that no upstream checks in the gateway's place; a notation is no limit."""
    return {
        one.rule.id: one.verdict
        for one in found.verdicts
        if one.rule.kind is RuleKind.RANGE
        and one.rule.pointer not in {None, "", "/words", "/copies"}
        and not one.rule.id.endswith("/other-notation")
    }


def test_no_limit_passes_for_a_gateway_that_checks_none() -> None:
    found = limits(run_against(without_failures(KEYWORDS), lax))
    assert "keywords/tags/max-items" in found
    assert {name: verdict for name, verdict in found.items() if verdict is not Verdict.FAIL} == {}


@pytest.fixture
def ready(tmp_path: Path) -> PreparedRun:
    """A contract with a limit that no value breaks alone, and one whose bound the upstream refuses."""
    source = Path(KEYWORDS)
    for name in ("engine.yaml", "keywords.yaml"):
        text = source.with_name(name).read_text(encoding="utf-8")
        text = text.replace("maxItems: 3", f"maxItems: 3\n{18 * ' '}not: {{type: array, minItems: 4}}")
        (tmp_path / name).write_text(text.replace("maximum: 4", "maximum: 10"), encoding="utf-8")
    return prepare(Settings(contract=str(tmp_path / "keywords.yaml")))


def test_what_no_request_shows_is_not_passed(ready: PreparedRun) -> None:
    kept = frozenset(rule.id for rule in ready.rules if rule.kind is not RuleKind.RESILIENCE)
    verdicts = {one.rule.id: one for one in run_against(replace(ready, selected=kept)).verdicts}
    never_broken = verdicts["keywords/tags/max-items"]
    assert (never_broken.verdict, never_broken.reason) == (Verdict.NOT_RUN, "no value breaks this alone")
    assert verdicts["keywords/copies/maximum"].verdict is Verdict.INCONCLUSIVE
