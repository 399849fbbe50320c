"""One item per rule: what the run said of it."""

import pytest

from contract_tests.plugin import Redacted, VerdictOn
from contract_tests.results import Verdict
from gateway_contract.rules.rule import Rule
from gateway_contract.traffic.exchange import Answer
from gateway_contract.traffic.response_message import quoted_rejection


def test_gateway_keeps(run_label: str, rule: Rule, verdict_on: VerdictOn, redacted: Redacted) -> None:
    run, verdict = verdict_on(run_label, rule)
    if run.not_tested or verdict is None:
        why = run.not_tested or "; ".join(run.our_errors)
        pytest.fail(redacted(run_label, verdict, f"could not be tested: {why}"), pytrace=False)
    if verdict.verdict is Verdict.FAIL:
        first, answer = verdict.failures[0].finding, verdict.failures[0].exchange.answer
        text = f"{rule.statement}: expected {first.expected}, observed {first.told}"
        if isinstance(answer, Answer) and not answer.successful:
            text += f"; the gateway responded {quoted_rejection(verdict.failures[0].exchange)}"
        text = redacted(run_label, verdict, text)
        if run.counts(verdict):
            pytest.fail(text, pytrace=False)
        pytest.xfail(text)  # an expectation, which fails only a strict run
    if verdict.waiver is not None:
        pytest.skip(redacted(run_label, verdict, f"waived: {verdict.waiver.why}"))
    if verdict.verdict is not Verdict.PASS:
        pytest.skip(redacted(run_label, verdict, f"{verdict.verdict.value}: {verdict.reason}"))
