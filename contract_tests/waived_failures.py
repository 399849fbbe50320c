"""Waivers applied to what a run found, and those that are not needed any more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from contract_tests.results import Conformance, RuleVerdict, Run, Verdict
from contract_tests.waivers import Waiver


def waive(
    verdicts: Sequence[RuleVerdict], waivers: Sequence[Waiver], gateway: str, day: date
) -> tuple[RuleVerdict, ...]:
    """The verdicts, without the failures that are waived. A rule of which all failures are waived is itself."""
    return tuple(_waived(one, [w for w in waivers if w.is_about(one.rule.id, gateway)], day) for one in verdicts)


def _waived(verdict: RuleVerdict, waivers: Sequence[Waiver], day: date) -> RuleVerdict:
    left = tuple(
        one for one in verdict.failures if not any(waiver.covers(one.finding.observed, day) for waiver in waivers)
    )
    if verdict.verdict is not Verdict.FAIL or left == verdict.failures:
        return verdict
    if left:
        return replace(verdict, failures=left)
    first = verdict.failures[0].finding.observed
    applied = next(waiver for waiver in waivers if waiver.covers(first, day))
    return replace(verdict, verdict=Verdict.WAIVED, waiver=applied)


def expired(run: Run) -> list[Waiver]:
    """The waivers of failing rules whose day has passed."""
    failing = [one.rule.id for one in run.verdicts if one.verdict is Verdict.FAIL]
    return [
        waiver
        for waiver in run.waivers
        if waiver.until < run.started_at.date() and any(waiver.is_about(rule, run.name) for rule in failing)
    ]


def with_stale_waivers(runs: Mapping[str, Run]) -> dict[str, Run]:
    """Runs by their labels, each with those of its waivers that no run needs."""
    stale = _without_use(runs.values())
    return {
        label: replace(run, stale_waivers=tuple(waiver for waiver in run.waivers if waiver in stale))
        for label, run in runs.items()
    }


def _without_use(runs: Iterable[Run]) -> list[Waiver]:
    """The waivers of which every rule was judged and passed, in all runs that they are about.

    A run that was not a whole test says nothing of them.
    """
    found: dict[Waiver, list[Verdict]] = {}
    open_waivers: set[Waiver] = set()
    for run in runs:
        for waiver in run.waivers:
            of_rules = [one.verdict for one in run.verdicts if waiver.is_about(one.rule.id, run.name)]
            found.setdefault(waiver, []).extend(of_rules)
            if run.selection.is_partial or run.conformance is Conformance.NOT_TESTED:
                open_waivers.add(waiver)
    return [
        waiver
        for waiver, verdicts in found.items()
        if waiver not in open_waivers and verdicts and set(verdicts) == {Verdict.PASS}
    ]
