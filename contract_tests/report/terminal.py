"""What a person reads of a run: the verdict, one entry for each cause of failures, and the verdict again."""

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from contract_tests.report import wording
from contract_tests.report.causes import causes
from contract_tests.report.command_line import command
from contract_tests.report.entry import Entry, EntryWriter
from contract_tests.report.json_report import exchange_names
from contract_tests.report.wording import GAP, one_line, print_wrapped
from contract_tests.results import Conformance, Run
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.curl import VARIABLE
from gateway_contract.traffic.redaction import all_secrets, redact, redact_url

FAIL, WARN = "FAIL", "WARN"
STYLES = {FAIL: "bold red", WARN: "bold yellow"}
ENDS = {
    Conformance.CONFORMS: ("CONFORMS", "bold green"),
    Conformance.VIOLATES: ("VIOLATES", "bold red"),
    Conformance.NOT_TESTED: ("NOT TESTED", "bold yellow"),
}
IN_PART = " in part"
INDENT = 6
MOST_IN_FULL = 4  # failures; of further ones the titles, so that all stay on one screen of about 50 lines
MOST_TITLES = 8
MOST_WARNINGS = 4  # that are shown one by one where nothing fails; each failure in full takes the place of one
JUDGED = (Level.DOCUMENTED, Level.EXPECTED)


def print_run(run: Run, console: Console, folder: Path | None, secrets: Sequence[str]) -> None:
    """Prints what a reader wants to know of one run: the verdict first and last, the worst cause before others.

    `folder` holds the reports, where they are written.
    """
    known = all_secrets((failure.exchange for one in run.verdicts for failure in one.failures[:1]), secrets)
    if run.verdicts:
        _print_verdict(run, console, known)
        _print_head(run, console, known)
    writer = EntryWriter(run, folder, exchange_names(run), known)
    entries = {level: [writer.write(cause) for cause in causes(run, level)] for level in JUDGED}
    every = [entry for level in JUDGED for entry in entries[level]]
    in_full = choose_in_full(every, has_report=folder is not None)
    for level, written in entries.items():
        _print_entries(level, written, in_full, run, console)
    _print_rows(((label, redact(told, known)) for label, told in wording.undecided_reasons(run)), console)
    _print_rows(((label, redact(told, known)) for label, told in wording.waiver_rows(run)), console)
    _print_rows((("ERROR", redact(error, known)) for error in run.our_errors), console)
    _print_rows(_tail(run, folder, every, in_full, known), console)
    console.print()
    _print_verdict(run, console, known)


def _print_verdict(run: Run, console: Console, secrets: Sequence[str]) -> None:
    word, style = ENDS[run.conformance]
    if run.selection.is_partial and run.conformance is Conformance.CONFORMS:
        word += IN_PART
    said = one_line(" ".join(redact(wording.conclusion(run), secrets).split()))
    console.print(Text.assemble((word, style), f"  {said}"), soft_wrap=True)


def _print_head(run: Run, console: Console, secrets: Sequence[str]) -> None:
    """What was tested, and how much of it."""
    strict = ", strict" if run.strict else ""
    address = redact_url(run.gateway, secrets)
    if run.name:
        address = f"{run.name}{GAP}{address}"
    rows = [
        ("gateway", f"{address}{GAP}{wording.SIDES.get(run.observed, run.observed)}{strict}"),
        ("rules", wording.counts(run)),
    ]
    if covered := wording.covered(run):
        rows.append(("covered", covered))
    _print_rows(rows, console)


def choose_in_full(entries: Sequence[Entry], *, has_report: bool) -> list[Entry]:
    """The entries that are shown in full: those that make the gateway fail before others; without a report all such."""
    counting = [entry for entry in entries if entry.counts][: MOST_IN_FULL if has_report else None]
    warnings = [entry for entry in entries if not entry.counts]
    return [*counting, *warnings[: max(1, MOST_WARNINGS - len(counting))]]


def _print_entries(
    level: Level, entries: Sequence[Entry], in_full: Sequence[Entry], run: Run, console: Console
) -> None:
    if entries:
        console.print()
        console.print(Text(wording.heading(run, level, len(entries)), style="dim"), soft_wrap=True)
    counting, warnings = ([entry for entry in entries if entry.counts is counts] for counts in (True, False))
    titles = [entry for entry in counting if entry not in in_full]
    for entry in counting:
        if entry in in_full:
            _print_failure(entry, console)
    for entry in titles[:MOST_TITLES]:
        line = Text.assemble((FAIL, STYLES[FAIL]), "  ", f"{entry.rule}{GAP}{entry.title}")
        line.truncate(max(console.width, wording.NARROWEST), overflow="ellipsis")
        console.print(line, soft_wrap=True)
    _print_rest(FAIL, titles[MOST_TITLES:], console)
    for entry in warnings:
        if entry in in_full:
            print_wrapped(console, Text(WARN, style=STYLES[WARN]), f"{entry.title}{GAP}{entry.rules}", INDENT)
            print_wrapped(console, Text(), entry.seen, INDENT)
    _print_rest(WARN, [entry for entry in warnings if entry not in in_full], console)


def _print_rest(label: str, entries: Sequence[Entry], console: Console) -> None:
    if entries:
        more = f"and {wording.counted(len(entries), 'more cause')}: {wording.first_of([one.rule for one in entries])}"
        print_wrapped(console, Text(label, style=STYLES[label]), more, INDENT)


def _print_failure(entry: Entry, console: Console) -> None:
    print_wrapped(console, Text(FAIL, style=STYLES[FAIL]), entry.title, INDENT)
    print_wrapped(console, Text(), entry.seen, INDENT)
    console.print(Text(" " * INDENT + entry.command, style="dim"), soft_wrap=True)
    print_wrapped(console, Text(" " * INDENT + "rules", style="dim"), entry.rules, INDENT + len("rules") + 1)


def _tail(
    run: Run, folder: Path | None, entries: Sequence[Entry], in_full: Sequence[Entry], secrets: Sequence[str]
) -> Iterator[tuple[str, str]]:
    if run.untested:
        yield "untested", wording.untested_summary(run)
    if run.beyond_upstream:
        yield "beyond", wording.beyond_summary(run)
    for one in run.information:
        yield "note", redact(one, secrets)
    if run.slow:
        yield "slow", wording.slow_summary(run)
    if run.fuzzed is not None:
        yield "fuzzed", wording.fuzzing_summary(run.fuzzed)
    yield from wording.excluded_faults(run)
    yield from wording.cost_rows(run)
    if run.cost.foreign_calls:
        yield (
            "foreign",
            f"{wording.counted(run.cost.foreign_calls, 'upstream call was', 'upstream calls were')} not ours",
        )
    yield "time", wording.time(run)
    if folder is not None:
        yield "report", str(folder)
    if folder is not None and entries:
        left = len(entries) - len(in_full)
        also = f"{GAP}{wording.counted(left, 'cause is', 'causes are')} not shown in full above" if left else ""
        yield "details", command("show", "RULE", f"{shlex.quote(str(folder))}{also}")
    if (
        any(f"${VARIABLE}" in entry.command for entry in in_full if entry.counts)
        and os.environ.get(VARIABLE) not in secrets
    ):
        yield "token", f"export {VARIABLE} before you run a curl line; the run had its token from elsewhere"


def _print_rows(rows: Iterable[tuple[str, str]], console: Console) -> None:
    """Labels and texts in two columns, after an empty line."""
    listed = list(rows)
    indent = max((len(label) for label, _ in listed), default=0) + len(GAP)
    if listed:
        console.print()
    for label, told in listed:
        print_wrapped(console, Text(label, style="dim"), one_line(told), indent)
