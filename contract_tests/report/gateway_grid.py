"""Several gateways side by side in the terminal: the rules on which they differ, or that one of them breaks."""

from collections.abc import Collection, Iterator, Sequence
from itertools import compress

from rich.console import Console
from rich.table import Table
from rich.text import Text

from contract_tests.report.wording import counted, one_line
from contract_tests.results import Conformance, RuleVerdict, Run, Verdict

MOST_ROWS = 20  # of one contract
WARNS = "warns"
_STYLES = {
    Verdict.FAIL.value: "bold red",
    WARNS: "yellow",
    Verdict.WAIVED.value: "magenta",
    Verdict.PASS.value: "green",
}
_ALIKE = ({Verdict.PASS.value}, {Verdict.NOT_RUN.value}, {Verdict.INCONCLUSIVE.value})  # on which they do not differ


def print_grid(runs: Collection[Run], console: Console) -> None:
    """A table for each contract that several gateways were judged by; nothing of others."""
    for contract in dict.fromkeys(run.contract for run in runs):
        asked = [run for run in runs if run.contract == contract]
        if sum(map(_was_test, asked)) > 1:
            _print_contract(contract, asked, console)


def _was_test(run: Run) -> bool:
    return run.conformance is not Conformance.NOT_TESTED


def _print_contract(contract: str, runs: Sequence[Run], console: Console) -> None:
    rows = list(_rows(runs))
    table = Table(box=None, pad_edge=False, header_style="")
    table.add_column(Text(contract, style="bold"), overflow="fold")
    for run in runs:
        table.add_column(Text(one_line(run.name or run.gateway)), overflow="fold")
    table.add_row("", *(run.conformance.value.replace("-", " ").upper() for run in runs))
    for rule, cells in rows[:MOST_ROWS]:
        table.add_row(Text(rule), *(Text(cell.replace("-", " "), style=_STYLES.get(cell, "dim")) for cell in cells))
    console.print()
    console.print(table)
    if len(rows) > MOST_ROWS:
        console.print(f"and {counted(len(rows) - MOST_ROWS, 'more rule')}: see index.html")


def _rows(runs: Sequence[Run]) -> Iterator[tuple[str, list[str]]]:
    """The rules to show, with a word for each gateway. One that was not tested differs from none."""
    found = [{one.rule.id: _word(run, one) for one in run.verdicts} for run in runs]
    tested = [_was_test(run) for run in runs]
    for rule in dict.fromkeys(name for one in found for name in one):
        cells = [one.get(rule, "not selected") for one in found]
        if set(compress(cells, tested)) not in _ALIKE:
            yield rule.partition("/")[2], cells


def _word(run: Run, one: RuleVerdict) -> str:
    return WARNS if one.verdict is Verdict.FAIL and not run.counts(one) else one.verdict.value
