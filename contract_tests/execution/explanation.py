"""For each failing rule the smallest request that breaks it, as long as that may be looked for."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from contract_tests.blame.explain import Explainer
from contract_tests.execution.findings import Findings
from contract_tests.execution.time_bound import TimeUsedUpError
from gateway_contract.rules.judge import Judgement
from gateway_contract.rules.rule import Outcome
from gateway_contract.traffic.exchange import Exchange, RequestForm
from gateway_contract.traffic.statuses import is_no_evidence, is_timed_out


def may_be_explained(exchange: Exchange) -> bool:
    """Whether smaller requests could explain a failure: not a time-out, nor a failure that no value causes."""
    is_plain = exchange.request.form is RequestForm.PLAIN
    is_plain &= not exchange.is_about_keys
    return is_plain and not (is_timed_out(exchange.answer) or is_no_evidence(exchange))


async def explain_failures(
    findings: Findings, judgements: Sequence[Judgement], explainer: Explainer, is_cut_short: Callable[[], bool]
) -> None:
    """For each failing rule the smallest request that breaks it, and what that takes; then its failure counts."""
    failing = [one for one in judgements if one.finding.outcome is Outcome.FAIL and may_be_explained(one.exchange)]
    failing.sort(
        key=lambda one: (explainer.depends_on_earlier_requests(one), len(one.exchange.request.content)),
        reverse=True,
    )
    for one in {one.rule.id: one for one in failing}.values():
        with findings.errors.catch(one.exchange.name), suppress(TimeUsedUpError):
            explained = await explainer.explain(one)
            if explained is not None:
                findings.replace(one, explained)
        if is_cut_short():
            return
        findings.confirm([one])
    if not is_cut_short():
        findings.confirm(judgements)
