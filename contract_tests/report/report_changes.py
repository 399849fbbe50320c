"""What changed from one report to another: new failures, fixed ones, and rules that are not judged any more."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

from rich.console import Console

from contract_tests.report.wording import first_of, one_line, selection
from contract_tests.results import Selection
from gateway_contract.schema.constraint import Level

Report: TypeAlias = Mapping[str, Any]
"""A report.json as its schema describes it."""
Subject: TypeAlias = tuple[str, str]
"""The name of a gateway, "" without one, and that of a contract."""

JUDGED = frozenset({"pass", "fail", "waived"})
ABSENT = "absent"
NEW_FAILURES, NOT_COMPARED, LESS_JUDGED = 1, 2, 3


class Change(Enum):
    """In the order in which they are told."""

    NEW = "NEW"
    STILL_FAILING = "STILL FAILING"
    FIXED = "FIXED"
    NO_LONGER_JUDGED = "NO LONGER JUDGED"
    CHANGED = "CHANGED"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """`counts` is whether a failure of the rule makes the gateway fail, or would."""

    change: Change
    rule: str
    clause: str
    before: str
    now: str
    counts: bool


class NotComparableError(Exception):
    """Two reports that cannot be compared; says why."""


def compare_reports(old: Path, new: Path, console: Console) -> int:
    """Prints what changed between two reports, or folders of them; gives the exit status.

    Raises NotComparableError.
    """
    before, after = _reports(old), _reports(new)
    missing = sorted(set(before) ^ set(after))
    if not set(before) & set(after):
        raise NotComparableError(f"{old} and {new} have no gateway and contract in common")
    status = {_compare(before[subject], after[subject], console) for subject in sorted(set(before) & set(after))}
    if any(subject in before for subject in missing):
        status.add(LESS_JUDGED)
    for subject in missing:
        console.print(f"{_named(subject)}: only in {old if subject in before else new}", markup=False, soft_wrap=True)
    return min(status - {0}, default=0)


def _compare(old: Report, new: Report, console: Console) -> int:
    subject = _named((new.get("name", ""), new["contract"]))
    if new["verdict"] == "not-tested":
        raise NotComparableError(f"{subject}: the new report is of no test: {new.get('reason') or 'see its errors'}")
    found = list(rule_changes(old, new))
    verdicts = one_line(f"{subject}: {_verdict(old)} -> {_verdict(new)}")
    console.print(verdicts, markup=False, soft_wrap=True)
    for label, told in _lines(old, new, found):
        console.print(f"  {label.value:<18}{one_line(told)}", markup=False, soft_wrap=True)
    if any(one.change is Change.NEW and one.counts for one in found):
        return NEW_FAILURES
    lost = [one for one in found if one.change is Change.NO_LONGER_JUDGED and one.counts]
    return LESS_JUDGED if lost else 0


def rule_changes(old: Report, new: Report) -> Iterator[RuleChange]:
    """Every rule whose verdict tells of a change, or which still fails."""
    before = {rule["id"]: rule for rule in old["rules"]}
    after = {rule["id"]: rule for rule in new["rules"]}
    strict = new["options"].get("strict", {}).get("value") is True
    for name in dict.fromkeys([*after, *before]):
        rule = after.get(name) or before[name]
        verdicts = [rules[name]["verdict"] if name in rules else ABSENT for rules in (before, after)]
        change = _change(*verdicts)
        if change is not None:
            counts = strict or rule["level"] == Level.DOCUMENTED
            yield RuleChange(change, name, rule["clause"] or "", verdicts[0], verdicts[1], counts)


def _change(before: str, now: str) -> Change | None:
    """A failing rule that is not judged any more is not fixed."""
    if now == "fail":
        return Change.STILL_FAILING if before == "fail" else Change.NEW
    if before in JUDGED and now not in JUDGED:
        return Change.NO_LONGER_JUDGED
    if before in {"fail", "waived"} and now == "pass":
        return Change.FIXED
    return Change.CHANGED if before != now and {before, now} & {ABSENT, "waived"} else None


def _lines(old: Report, new: Report, found: Sequence[RuleChange]) -> Iterator[tuple[Change, str]]:
    for change in (Change.NEW, Change.STILL_FAILING, Change.FIXED):
        for one in found:
            if one.change is change:
                warns = "" if one.counts else "  (warns only)"
                yield change, f"{one.rule}  {one.clause}  {one.before} -> {one.now}{warns}"
    lost = [one.rule for one in found if one.change is Change.NO_LONGER_JUDGED]
    if lost:
        sides = "" if old["observed"] == new["observed"] else f"  {old['observed']} -> {new['observed']}"
        yield Change.NO_LONGER_JUDGED, f"{len(lost)} rule{'s' if len(lost) > 1 else ''}{sides}: {first_of(lost)}"
    if old["contract_digest"] != new["contract_digest"]:
        yield Change.CHANGED, "the contract's documents"
    for one in found:
        if one.change is Change.CHANGED:
            yield Change.CHANGED, f"{one.rule}  {one.before} -> {one.now}"


def _verdict(report: Report) -> str:
    """The verdict, and of which rules it is where only some were selected: those say nothing about the rest."""
    selected = Selection(**report["selection"])
    return f"{report['verdict']} ({selection(selected)})" if selected.is_partial else str(report["verdict"])


def _named(subject: Subject) -> str:
    return "/".join(filter(None, subject))


def _reports(path: Path) -> dict[Subject, Report]:
    """The reports in a folder, or the one in a file."""
    files = [path] if path.is_file() else sorted(path.glob("**/report.json"))
    if not files:
        raise NotComparableError(f"no report.json in {path}")
    return dict(_report(file) for file in files)


def _report(file: Path) -> tuple[Subject, Report]:
    try:
        report = json.loads(file.read_bytes())
        if report["schema_version"] != 2:
            raise NotComparableError(f"{file} is of version {report['schema_version']}; the version must be 2")
        for key in ("rules", "options", "verdict", "observed", "contract_digest"):
            report[key]
        Selection(**report["selection"])
        return (str(report.get("name", "")), str(report["contract"])), report
    except (ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise NotComparableError(f"{file} is not a report ({error})") from error
