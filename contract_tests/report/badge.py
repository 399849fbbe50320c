"""The verdict of a run as a badge, in the form that shields.io reads from an endpoint."""

import json
from collections.abc import Sequence

from contract_tests.report.stored_report import StoredReport
from contract_tests.results import DEMAND_UNMET

COLORS = {"conforms": "brightgreen", "violates": "red", "not-tested": "lightgrey"}
UNMET = "yellow"  # conforms, and leaves a demand unmet: a stale waiver, a rule that was to be judged


def render_badge(reports: Sequence[StoredReport]) -> bytes | None:
    """One badge about all reports; none where one is about a selection of the rules."""
    if any(report.is_partial for report in reports):
        return None
    verdict = _worst(reports)
    unmet = any(report.listed["exit_status"] == DEMAND_UNMET for report in reports)
    badge = {
        "schemaVersion": 1,
        "label": _label(reports),
        "message": ", ".join([verdict.replace("-", " "), *_counts(reports, verdict)]),
        "color": UNMET if verdict == "conforms" and unmet else COLORS[verdict],
    }
    return json.dumps(badge, ensure_ascii=False).encode() + b"\n"


def _worst(reports: Sequence[StoredReport]) -> str:
    """The verdict that decides the exit status: an error of the suite, violates, not tested, conforms."""
    if any("errors" in report.listed for report in reports):
        return "not-tested"
    verdicts = {str(report.listed["verdict"]) for report in reports}
    return next(verdict for verdict in ("violates", "not-tested", "conforms") if verdict in verdicts)


def _label(reports: Sequence[StoredReport]) -> str:
    """The contracts, after the gateway's name where all are about one that has a name."""
    names = {str(report.listed.get("name", "")) for report in reports}
    contracts = ", ".join(dict.fromkeys(str(report.listed["contract"]) for report in reports))
    return f"{names.pop()} {contracts}".strip() if len(names) == 1 else contracts


def _counts(reports: Sequence[StoredReport], verdict: str) -> list[str]:
    if verdict == "not-tested":
        return []
    outcomes = [report.outcome(rule) for report in reports for rule in report.listed["rules"]]
    counted = (("fail", "failing"), ("waived", "waived"))
    return [f"{outcomes.count(outcome)} {word}" for outcome, word in counted if outcome in outcomes]
