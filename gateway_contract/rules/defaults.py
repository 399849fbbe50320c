"""A field that is left out counts as its default: upstream, and in the answer."""

from typing import cast

from gateway_contract.rules.examined import Examined
from gateway_contract.rules.finding import Finding, Outcome
from gateway_contract.rules.mappings import judge_absence
from gateway_contract.rules.responses import judge_default_by_answer
from gateway_contract.schema import Part
from gateway_contract.values import ABSENT, Json


def judge_default(part: Part, examined: Examined) -> Finding | None:
    """Left out, a field is its default wherever it shows."""
    if not (examined.standing.valid and examined.accepted) or examined.sent(part.pointer) is not ABSENT:
        return None
    default = part.schema["default"]
    if examined.effective(part.pointer) != default:
        return None
    findings = [judge_default_by_answer(part.pointer, examined)]
    field = examined.contract.mapping_of(part.pointer)
    if field is not None and field.judged_for(cast("Json", examined.body)):
        findings.append(judge_absence(field, examined, default))
    return worst([finding for finding in findings if finding is not None])


def worst(findings: list[Finding]) -> Finding | None:
    """A failure before all, then what passes; inconclusive only where nothing else is known."""
    for outcome in (Outcome.FAIL, Outcome.PASS):
        found = next((finding for finding in findings if finding.outcome is outcome), None)
        if found is not None:
            return found
    return findings[0] if findings else None
