"""The words of a report that a person reads, without their arrangement."""

import math
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.text import Text

from contract_tests.chance import REPEATED_KINDS, Repeated, rarest_excluded
from contract_tests.images_needed import ImagesNeeded
from contract_tests.report.command_line import command
from contract_tests.results import Conformance, Fuzzed, RuleVerdict, Run, Selection, Verdict
from contract_tests.waived_failures import expired
from gateway_contract.rules.rule import FindingKind
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Observation

GAP = "   "
SIDES = {
    Observation.TWO_SIDED: "two-sided: its upstream calls were observed",
    Observation.NORTH_ONLY: "north-only: its upstream calls were not observed",
}
MOST_NAMES = 3
UNDECIDED = {
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.NOT_RUN: "not run",
}
TO_READ = {Verdict.PASS: "passed", Verdict.FAIL: "failed", Verdict.WAIVED: "waived", **UNDECIDED}


def one_line(text: str) -> str:
    """A text on one line. What would move the cursor, colour the screen or turn the reading direction is spelt out."""
    return "".join(letter if letter.isprintable() or letter == "\u3000" else _escape(letter) for letter in text)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def failed(run: Run, level: Level) -> list[RuleVerdict]:
    return [one for one in run.verdicts if one.verdict is Verdict.FAIL and one.rule.level == level]


def heading(run: Run, level: Level, number: int) -> str:
    """What stands above the entries of a level."""
    rules = counted(len(failed(run, level)), "rule fails", "rules fail")
    entries = counted(number, "cause")
    if level is Level.DOCUMENTED:
        return f"documented by the page: {rules}, {entries}"
    note = "" if run.strict else "; they count only with --strict"
    return f"expected by clients: {rules}, {entries}{note}"


def undecided_reasons(run: Run) -> Iterable[tuple[str, str]]:
    """What was not decided and why, one row per reason: `12 not run` and `reason: some of their names`.

    Nothing where there was no test at all: its one reason stands in the end.
    """
    for verdict, word in () if run.not_tested else UNDECIDED.items():
        by_reason: dict[str, list[str]] = {}
        for one in run.verdicts:
            if one.verdict is verdict:
                by_reason.setdefault(one.reason, []).append(one.rule.id.removeprefix(f"{run.contract}/"))
        for reason, names in by_reason.items():
            yield f"{len(names)} {word}", f"{reason or 'no reason given'}: {first_of(names)}"


def waiver_rows(run: Run) -> Iterable[tuple[str, str]]:
    """Each waived rule with its waiver; then the waivers that hold no more, and those that no rule needs."""
    for one in run.verdicts:
        if one.waiver is not None:
            yield "waived", f"{one.rule.id}: {one.waiver.why}"
    for waiver in expired(run):
        yield "EXPIRED", f"{waiver} was accepted until {waiver.until}: its failures count"
    for waiver in run.stale_waivers:
        yield "STALE", f"{waiver} no longer fails: remove it"


def first_of(names: Sequence[str]) -> str:
    left = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {left} more" if left > 0 else "")


def counts(run: Run) -> str:
    """How many rules have which verdict, for example `76: 61 passed, 3 failed, 12 not run`."""
    seen = [one.verdict for one in run.verdicts]
    found = ", ".join(f"{seen.count(verdict)} {word}" for verdict, word in TO_READ.items() if verdict in seen)
    return f"{len(seen)}: {found}" if found else "none"


def untested_summary(run: Run) -> str:
    """How many statements of the contract no rule tests, with the first of them."""
    return f"{counted(len(run.untested), 'statement')}, for example {run.untested[0]}; `{command('check')}` lists all"


def beyond_summary(run: Run) -> str:
    """What the contract allows and no run can test, because the upstream refuses it; with the first of it."""
    first, *others = run.beyond_upstream
    more = f" (and {len(others)} more; `{command('check')}` lists all)" if others else ""
    return f"{first}{more}"


def slow_summary(run: Run) -> str:
    """How many answers took too long for a verdict, with the first of them."""
    return f"{counted(len(run.slow), 'response')} took too long and may only be slow, for example {run.slow[0]}"


def cost(run: Run) -> str:
    """For example `86 requests; images: 118 asked for, 9 received, 100 of a budget of 100 may be billed`."""
    cost = run.cost
    upstream = f", {counted(cost.upstream_calls, 'upstream call')}" if run.observed is Observation.TWO_SIDED else ""
    of_budget = "" if cost.budget is None else f" of a budget of {cost.budget:,}"
    billed = f"{cost.images_billed:,}{of_budget} may be billed"
    images = f"{cost.images_asked:,} asked for, {cost.images:,} received, {billed}"
    return f"{counted(cost.requests, 'request')}{upstream}; images: {images}"


def cost_rows(run: Run) -> Iterable[tuple[str, str]]:
    """What a run cost and, where somebody pays for images, what they are for."""
    yield "cost", cost(run)
    if run.images_needed is not None:
        yield "images", images_needed(run.images_needed, run.cost.budget)


def images_needed(needed: ImagesNeeded, budget: int | None) -> str:
    """What the images of a run are for, and what a larger budget would add.

    For example `9 judge all 46 documented rules that responses show; 7 more, with --budget 24, would judge 2 expected
    ones: a, b`.
    """

    def judge(images: str, least: int) -> str:
        return (
            f"{images} judge" if budget is None or budget >= least else f"{images}, with --budget {least}, would judge"
        )

    rules = counted(needed.documented_rules, "documented rule")
    told = f"{judge(f'{needed.documented:,}', needed.documented_budget)} all {rules} that responses show"
    names = first_of([name.partition("/")[2] for name in needed.expected])
    more = f"{counted(len(needed.expected), 'expected one')}: {names}" if names else "further values of them"
    return f"{told}; {judge(f'{needed.more:,} more', needed.budget)} {more}" if needed.more else told


def fuzzing_summary(found: Fuzzed) -> str:
    """What fuzzing cost and brought: `512 requests at random in 2 rounds, which broke no further rule`."""
    if found.requests == 0:
        return "no request at random was sent"
    sent = f"{counted(found.requests, 'request')} at random in {counted(found.rounds, 'round')}"
    return f"{sent}, which broke {counted(found.found, 'further rule') if found.found else 'no further rule'}"


CALLS_UNSEEN = "upstream calls were not observed, so no mapping or preservation was judged by them"


def excluded_faults(run: Run) -> Iterable[tuple[str, str]]:
    """The rarest fault of mapping that would have shown, in the most and in the least tested rule; one row or none."""
    passed = [one for one in run.verdicts if one.rule.kind in REPEATED_KINDS and one.verdict is Verdict.PASS]
    if run.observed is Observation.NORTH_ONLY and run.verdicts:
        yield "chance", CALLS_UNSEEN + ("" if run.repeated is None else "; --confidence repeated no request")
    elif passed:
        ordered = sorted(passed, key=lambda one: one.judged)
        least, most = (_excluded_by(one, run.confidence) for one in (ordered[0], ordered[-1]))
        told = f"with {100 * run.confidence:g} % confidence a fault would have shown in {most}, but only in {least}"
        yield "chance", told + ("" if run.repeated is None else f"; {_repeated_requests(run.repeated)}")


def _repeated_requests(repeated: Repeated) -> str:
    """What was repeated, and whether it was enough: `150 requests were repeated to exclude faults in 5 %`."""
    short = [name.partition("/")[2] for name in repeated.short]
    sent = f"{counted(repeated.requests, 'request was', 'requests were')} repeated to exclude faults in"
    return f"{sent} {percent(repeated.confidence.rare)}" + (f", too few for {first_of(short)}" if short else "")


def _excluded_by(one: RuleVerdict, confidence: float) -> str:
    rate, name = percent(rarest_excluded(one.judged, confidence)), one.rule.id.partition("/")[2]
    return f"{rate} of the calls for {name} ({one.judged:,} judged)"


def excluded_fault(rate: float, confidence: float) -> str:
    """What a number of exchanges excludes: `at 99 % this excludes a fault in 5 % of them`."""
    return f"at {100 * confidence:g} % this excludes a fault in {percent(rate)} of them"


def percent(share: float) -> str:
    """A share, rounded up so that no more is claimed than holds: `5 %`."""
    return f"{math.ceil(round(share * 1000, 6)) / 10:g} %"


def time(run: Run) -> str:
    """The duration, and the seed with which the same requests come again."""
    minutes, seconds = divmod(run.seconds, 60)
    spent = f"{minutes:.0f} min {seconds:.0f} s" if minutes else f"{seconds:.1f} s"
    return f"{spent}, seed {run.seed}"


def conclusion(run: Run) -> str:
    """The overall verdict in words."""
    return _CONCLUSIONS[run.conformance](run)


def selection(selected: Selection) -> str:
    """What part of the rules was selected: `1 of 88 rules, selected by -k "seed and type"`."""
    return f'{selected.selected} of {counted(selected.of, "rule")}, selected by -k "{selected.keyword}"'


def _part(run: Run) -> str:
    return f"{selection(run.selection)}: " if run.selection.is_partial else ""


def _named(run: Run) -> str:
    return f"{run.name}: " if run.name else ""


def _not_tested(run: Run) -> str:
    if run.not_tested:
        return f"{_named(run)}{run.contract} could not be tested: {run.not_tested}"
    errors = counted(len(run.our_errors), "error")
    return (
        f"{_named(run)}{run.contract} could not be tested: {errors} in the suite itself, listed above, "
        "not of the gateway. Please report this with the report's folder."
    )


def _violates(run: Run) -> str:
    documented, expected = len(failed(run, Level.DOCUMENTED)), len(failed(run, Level.EXPECTED))
    said = [f"{counted(documented, 'rule')} that its page documents" if documented else ""]
    said += [
        f"{counted(expected, 'rule')} that {'is' if expected == 1 else 'are'} expected of it"
        if run.strict and expected
        else ""
    ]
    broken = " and ".join(filter(None, said))
    return f"{_part(run)}{run.name or 'the gateway'} violates {run.contract}: it breaks {broken}."


def _conforms(run: Run) -> str:
    open_rules = sum(one.verdict is Verdict.INCONCLUSIVE for one in run.verdicts)
    warned = len(failed(run, Level.EXPECTED))
    said = f"{_part(run)}{run.name or 'the gateway'} conforms to {run.contract}"
    said += f", as far as could be seen ({counted(open_rules, 'rule')} inconclusive)" if open_rules else ""
    waived = sum(one.verdict is Verdict.WAIVED for one in run.verdicts)
    said += f", {counted(waived, 'failing rule')} waived" if waived else ""
    if run.stale_waivers:
        said += (
            f", but {counted(len(run.stale_waivers), 'waiver is', 'waivers are')} not needed any more (exit status 3)"
        )
    if warned:
        said += f". {counted(warned, 'expected rule fails', 'expected rules fail')}, which counts only with --strict"
    return f"{said}."


_CONCLUSIONS: dict[Conformance, Callable[[Run], str]] = {
    Conformance.CONFORMS: _conforms,
    Conformance.VIOLATES: _violates,
    Conformance.NOT_TESTED: _not_tested,
}

UNNOTICED = "a fault that needs {} fields together could go unnoticed"
_COVERED = {
    1: ("every valid value", UNNOTICED.format("two")),
    2: ("every valid pair of values", UNNOTICED.format("three")),
    3: ("every valid triple of values", UNNOTICED.format("four")),
}
"""What the valid requests had, by the number of fields of which all combinations of values were sent."""


def covered(run: Run) -> str:
    """Which combinations of values the valid requests had, and what that leaves open; empty where some were not sent.

    What a gateway rejects was sent, but shows nothing about the rest.
    """
    if not run.strength:
        return ""
    combinations, left = _COVERED[run.strength]
    if any(one.finding.kind is FindingKind.REJECTED for verdict in run.verdicts for one in verdict.failures):
        combinations += " was sent, but some valid requests were rejected"
    return f"{combinations}; {left}"


NARROWEST = 24


def print_wrapped(console: Console, label: Text, told: str, indent: int) -> None:
    """Prints a label and, from `indent` on, a text. Lines end where their words end, so that they can be copied."""
    room = max(NARROWEST, console.width - indent)
    lines = Text(told).wrap(console, room, overflow="fold") or [Text()]
    label = label.copy()
    label.pad_right(indent - label.cell_len)
    for line in lines:
        line.rstrip()
        console.print(label + line, soft_wrap=True)
        label = Text(" " * indent)
