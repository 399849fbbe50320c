"""How far a run has come: one line that changes on a terminal, and nothing elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from contract_tests.report import wording
from contract_tests.report.wording import counted, one_line, print_wrapped
from contract_tests.results import Conformance, RuleVerdict, Run
from gateway_contract.rules.rule import Rule
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.curl import curl
from gateway_contract.traffic.redaction import all_secrets, redact, redact_url


class ProgressBar(Protocol):
    def step(self, done: int, planned: int, what: str) -> None:
        """So many of the planned requests are done, and this is under way."""


@dataclass(frozen=True, slots=True)
class NoProgress:
    """For output that is kept: nobody watches it."""

    def step(self, done: int, planned: int, what: str) -> None:
        pass


@dataclass(frozen=True, slots=True)
class RichProgress:
    """A bar on a terminal, drawn over and over on the same line."""

    bar: Bar
    task: TaskID

    def step(self, done: int, planned: int, what: str) -> None:
        self.bar.update(self.task, completed=done, total=planned, description=one_line(what))


@contextmanager
def show_progress(console: Console) -> Iterator[ProgressBar]:
    """What to tell the progress to; the line is gone when the block ends."""
    if not console.is_terminal:
        yield NoProgress()
        return
    columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    told = TextColumn("{task.description}", markup=False)
    with Bar(*columns, told, console=console, transient=True) as bar:
        yield RichProgress(bar, bar.add_task("", total=None))


GAP = "   "
RULE_INDENT = 4
UNTESTABLE = "untestable: "


def print_rules(rules: Sequence[Rule], console: Console) -> None:
    """Each rule with its clause, its level and its sentence; an untestable one with what it lacks."""
    names = max((len(rule.id) for rule in rules), default=0)
    clauses = max((len(rule.clause or "") for rule in rules), default=0)
    for rule in rules:
        head = f"{rule.id:<{names}}{GAP}{rule.clause or '':<{clauses}}{GAP}{rule.level}"
        console.print(Text(head, style="bold" if rule.untestable is None else "dim"), soft_wrap=True)
        print_wrapped(console, Text(), one_line(rule.statement), RULE_INDENT)
        if rule.untestable is not None:
            print_wrapped(
                console,
                Text(" " * RULE_INDENT + "untestable: ", style="yellow"),
                one_line(rule.untestable),
                RULE_INDENT + 9,
            )
    console.print(Text(f"\n{_summary(rules)}", style="dim"))


def _summary(rules: Sequence[Rule]) -> str:
    documented = sum(rule.level is Level.DOCUMENTED for rule in rules)
    untestable = sum(rule.untestable is not None for rule in rules)
    said = f"{counted(len(rules), 'rule')}: {documented} documented, {len(rules) - documented} expected"
    return f"{said}; {untestable} untestable" if untestable else said


FAIL, WARN = "FAIL", "WARN"
STYLES = {FAIL: "bold red", WARN: "bold yellow"}
ENDS = {
    Conformance.CONFORMS: ("CONFORMS", "bold green"),
    Conformance.VIOLATES: ("VIOLATES", "bold red"),
    Conformance.NOT_TESTED: ("NOT TESTED", "bold yellow"),
}
INDENT = 6
WIDEST = 60  # of a column; a longer text pushes its own line only


class FailureLine(NamedTuple):
    """A failed rule as it is shown."""

    label: str
    name: str
    clause: str
    expected: str
    observed: str
    curl: str


def print_run(run: Run, console: Console, report: Path | None, secrets: Sequence[str]) -> None:
    """Prints what a reader wants to know of one run, worst first, with the verdict on the last line."""
    known = all_secrets((failure.exchange for one in run.verdicts for failure in one.failures[:1]), secrets)
    _print_head(run, console, known)
    documented, expected = wording.failed(run, Level.DOCUMENTED), wording.failed(run, Level.EXPECTED)
    lines = [_line(run, one, known) for one in (*documented, *expected)]
    columns = _columns(lines, console)
    _print_failures(_heading(Level.DOCUMENTED, len(documented)), lines[: len(documented)], columns, console)
    note = "" if run.strict else "; this counts only in a strict run"
    _print_failures(_heading(Level.EXPECTED, len(expected), note), lines[len(documented) :], columns, console)
    _print_rows(((label, redact(told, known)) for label, told in wording.undecided_reasons(run)), console)
    _print_rows((("ERROR", redact(error, known)) for error in run.our_errors), console)
    _print_rows(_tail(run, report), console)
    _print_end(run, console, known)


def _print_head(run: Run, console: Console, secrets: Sequence[str]) -> None:
    gateway = one_line(redact_url(run.gateway, secrets))
    sides = wording.SIDES.get(run.observed, run.observed)
    strict = ", strict" if run.strict else ""
    console.print(
        Text.assemble((run.contract, "bold"), f"{GAP}{gateway}{GAP}", (f"{sides}{strict}", "dim")), soft_wrap=True
    )


def _heading(level: Level, number: int, note: str = "") -> str:
    return f"{level}: {wording.counted(number, 'rule fails', 'rules fail')}{note}"


def _line(run: Run, verdict: RuleVerdict, secrets: Sequence[str]) -> FailureLine:
    smallest = verdict.failures[0]
    seen = redact(smallest.finding.told, secrets)
    return FailureLine(
        label=FAIL if run.counts(verdict) else WARN,
        name=verdict.rule.id,
        clause=verdict.rule.clause or "",
        expected=one_line(redact(smallest.finding.expected, secrets)),
        observed=one_line(", ".join(filter(None, (seen, wording.failing_share(verdict))))),
        curl=curl(smallest.exchange.request, run.gateway, secrets),
    )


def _columns(lines: Sequence[FailureLine], console: Console) -> tuple[int, ...]:
    """The widths of the columns that all failures share: two on a screen that is too narrow for four."""
    widths = [max(map(cell_len, column)) for column in zip(*(line[1:5] for line in lines), strict=True)]
    too_narrow = console.is_terminal and INDENT + sum(widths) + 3 * len(GAP) > console.width
    return tuple(min(width, WIDEST) for width in (widths[:2] if too_narrow else widths))


def _print_failures(heading: str, lines: Sequence[FailureLine], columns: Sequence[int], console: Console) -> None:
    if lines:
        console.print()
        console.print(Text(heading, style="dim"))
    for line in lines:
        cells = [_padded(text, width) for text, width in zip(line[1:5], columns, strict=False)]
        console.print(_labelled(line).append(GAP.join(cells).rstrip()), soft_wrap=True)
        if len(cells) == 2:
            told = f"expected {line.expected}; observed {line.observed}"
            print_wrapped(console, Text(), told, INDENT)
        console.print(Text(" " * INDENT + line.curl, style="dim"), soft_wrap=True)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _labelled(line: FailureLine) -> Text:
    return Text.assemble((line.label, STYLES[line.label]), " " * (INDENT - len(line.label)))


def _tail(run: Run, report: Path | None) -> Iterable[tuple[str, str]]:
    yield "rules", wording.counts(run)
    if run.untested:
        yield "untested", wording.untested_summary(run)
    if run.fuzzed is not None:
        yield "fuzzed", wording.fuzzing_summary(run.fuzzed)
    yield "cost", wording.cost(run)
    yield "time", wording.time(run)
    if report is not None:
        yield "report", str(report)


def _print_rows(rows: Iterable[tuple[str, str]], console: Console) -> None:
    """Labels and texts in two columns, after an empty line."""
    listed = list(rows)
    indent = max((len(label) for label, _ in listed), default=0) + len(GAP)
    if listed:
        console.print()
    for label, told in listed:
        print_wrapped(console, Text(label, style="dim"), one_line(told), indent)


def _print_end(run: Run, console: Console, secrets: Sequence[str]) -> None:
    word, style = ENDS[run.conformance]
    said = one_line(" ".join(redact(wording.conclusion(run), secrets).split()))
    console.print()
    console.print(Text.assemble((word, style), f"  {said}"), soft_wrap=True)
