"""One item per rule: what the run said of it."""

import pytest

from contract_tests.plugin import VerdictOn
from contract_tests.verdicts import Verdict
from gateway_contract.rules.rule import Rule


def test_gateway_keeps(contract_name: str, rule: Rule, verdict_on: VerdictOn) -> None:
    run, verdict = verdict_on(contract_name, rule)
    if run.not_tested or verdict is None:
        pytest.fail(f"could not be tested: {run.not_tested}", pytrace=False)
    if verdict.verdict is Verdict.FAIL:
        first = verdict.failures[0].finding
        text = f"{rule.statement}: expected {first.expected}, observed {first.observed}"
        if run.counts(verdict):
            pytest.fail(text, pytrace=False)
        pytest.xfail(text)  # an expectation, which fails only a strict run
    if verdict.verdict is not Verdict.PASS:
        pytest.skip(f"{verdict.verdict.value}: {verdict.reason}")
