"""The matrix of known defects for people to read: who was found out, by what, and how soon."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from rich.console import Console
from rich.text import Text

from contract_tests.report.wording import counted, one_line
from gateway_contract.schema.constraint import Level

GAP = "   "
INDENT = 6
SHOWN = 3  # rules of a row
LEVEL_WIDTH = len("documented")


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """What came of one gateway. `after` is the number of requests until it was found out; `seconds` are of the CPU."""

    contract: str
    kind: str
    name: str
    level: str  # documented or expected; empty for a gateway that is right
    broken: tuple[str, ...]
    blamed: tuple[str, ...]
    after: int | None
    requests: int
    seconds: float
    problems: tuple[str, ...]


def print_row(row: MatrixRow, console: Console, width: int) -> None:
    """One gateway in a line, and below it what is wrong with how the suite took it."""
    label = Text("FAIL  ", "bold red") if row.problems else Text("ok    ", "green")
    after = f"{'-' if row.after is None else row.after} of {row.requests}"
    level = row.level or "right"
    line = f"{row.contract}{GAP}{row.name:<{width}}{GAP}{level:<{LEVEL_WIDTH}}{GAP}{after:>10}{GAP}{caught_by(row)}"
    console.print(label.append(line.rstrip(), "default"), soft_wrap=True)
    for problem in row.problems:
        console.print(Text(" " * INDENT + one_line(problem), "red"), soft_wrap=True)


def caught_by(row: MatrixRow) -> str:
    """How many rules broke and the first of them, then who is blamed."""
    if not row.broken:
        return ""
    shown = ", ".join(row.broken[:SHOWN]) + (", ..." if len(row.broken) > SHOWN else "")
    return f"{counted(len(row.broken), 'rule')}: {shown}{GAP}blamed: {', '.join(row.blamed)}"


def write_rows(rows: Sequence[MatrixRow], path: Path) -> None:
    """Writes the rows as JSON, with a row's fields as keys. Creates the folder where it does not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def print_unbroken(rules: Sequence[str], console: Console) -> None:
    """Rules of which no defect shows that they can fail."""
    for rule in rules:
        console.print(Text("FAIL  ", "bold red").append(f"{rule} is broken by no defect", "default"), soft_wrap=True)


def print_sums(rows: Sequence[MatrixRow], seconds: float, console: Console) -> None:
    """What went wrong, to be found without scrolling, and the sums of each contract, then the time."""
    console.print()
    for row in rows:
        if row.problems:
            console.print(Text("FAIL  ", "bold red").append(one_line(row_to_text(row)), "default"), soft_wrap=True)
    for contract in dict.fromkeys(row.contract for row in rows):
        console.print(contract_sums([row for row in rows if row.contract == contract]), soft_wrap=True)
    used = sum(row.seconds for row in rows)
    console.print(
        f"time  {seconds:.0f} s for {counted(len(rows), 'run')}; {used / len(rows):.1f} s of the CPU for each",
        soft_wrap=True,
    )


def row_to_text(row: MatrixRow) -> str:
    return f"{row.contract} {row.name}: {'; '.join(row.problems)}"


def contract_sums(rows: Sequence[MatrixRow]) -> str:
    wrong = [row for row in rows if row.level]
    right = [row for row in rows if not row.level]
    found, taken = (sum(not row.problems for row in some) for some in (wrong, right))
    documented = sum(row.level == Level.DOCUMENTED and not row.problems for row in wrong)
    return (
        f"{rows[0].contract}: {found} of {counted(len(wrong), 'defect')} detected ({documented} of them documented);"
        f" {taken} of {counted(len(right), 'right gateway')} blamed for nothing that a page says"
    )
