"""The report as one page for people, made from report.json and the exchanges beside it. It loads nothing else."""

import base64
import hashlib
import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from contract_tests.report.exchange_file import NOT_JSON
from contract_tests.report.show_rule import is_shown_by_curl
from contract_tests.report.stored_report import WARN, Listed, StoredReport
from contract_tests.report.wording import one_line

SOURCES = Path(__file__).parent / "page"
MOST_SHOWN = 2  # failures of a rule that are shown in full; of the others one line and the file
LONGEST = 4000  # characters of one JSON value
LONGEST_LINE = 240  # likewise of a line that the rule is not about, such as a signed link
_AT = re.compile(r" at (/\S+)")  # where a finding expects a value in the upstream call


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the three messages of an exchange, side by side."""

    title: str
    head: str
    lines: tuple[tuple[str, bool], ...]  # the text of a line, and whether it is what the rule is about
    missed: str = ""  # what the rule is about, where no line is


@dataclass(frozen=True, slots=True)
class ShownFailure:
    listed: Listed
    panels: tuple[Panel, ...]  # none beyond the first failures
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one gateway makes of one rule. `state` is the verdict, or `warn` for a failure that does not count."""

    gateway: str
    state: str
    listed: Listed
    failures: tuple[ShownFailure, ...]


@dataclass(frozen=True, slots=True)
class RuleRow:
    rule: Listed
    cells: tuple[Cell | None, ...]  # in the order of the gateways; None where it was not selected
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One contract, and all gateways that were tested against it."""

    contract: str
    reports: tuple[Listed, ...]
    counts: tuple[Mapping[str, int], ...]  # of states, by report
    rows: tuple[RuleRow, ...]


STATES = ("fail", WARN, "waived", "inconclusive", "not-run", "pass")
"""What a rule may be, the most interesting first."""


def render_page(reports: Sequence[StoredReport]) -> bytes:
    """The page, from what was written: it holds no secret that the reports do not hold."""
    contracts = dict.fromkeys(report.listed["contract"] for report in reports)
    sections = [_section(name, [one for one in reports if one.listed["contract"] == name]) for name in contracts]
    style, script = (_source(name) for name in ("page.css", "page.js"))
    template = _environment().get_template("page.html")
    page: str = template.render(
        sections=sections,
        states=STATES,
        style=Markup(style),  # noqa: S704 # our own files
        script=Markup(script),  # noqa: S704 # as above
        policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'",
    )
    return page.encode("utf-8", "backslashreplace")


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(SOURCES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["line"] = lambda text: one_line(str(text))
    found.filters["code"] = _code
    return found


def _source(name: str) -> str:
    return (SOURCES / name).read_text("utf-8")


def _digest(text: str) -> str:
    """For a Content-Security-Policy: only this text is applied."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _code(panel: Panel) -> Markup:
    return Markup("\n").join(
        Markup("<mark>{}</mark>").format(text) if marked else escape(text) for text, marked in panel.lines
    )


def _section(contract: str, reports: Sequence[StoredReport]) -> Section:
    rules: dict[str, Listed] = {}
    for report in reports:
        for rule in report.listed["rules"]:
            rules.setdefault(rule["id"], rule)
    by_report = [(report, {rule["id"]: rule for rule in report.listed["rules"]}) for report in reports]
    rows = []
    for name, rule in rules.items():
        cells = tuple(_cell(report, found.get(name)) for report, found in by_report)
        rows.append(RuleRow(rule, cells, tuple(sorted({cell.state for cell in cells if cell}, key=STATES.index))))
    columns = [[row.cells[index] for row in rows] for index in range(len(reports))]
    counts = tuple(Counter(cell.state for cell in column if cell) for column in columns)
    rows.sort(key=lambda row: STATES.index(row.states[0]))
    return Section(contract, tuple(report.listed for report in reports), counts, tuple(rows))


def _cell(report: StoredReport, rule: Listed | None) -> Cell | None:
    if rule is None:
        return None
    return Cell(report.gateway, report.outcome(rule), rule, tuple(_failures(report.home, rule)))


def _failures(home: Path, rule: Listed) -> Iterator[ShownFailure]:
    for number, listed in enumerate(rule["failures"]):
        file = home / listed["exchange"]
        exchange = json.loads(file.read_bytes())
        rerun = f"check-gateway rerun {shlex.quote(str(file))}"
        commands = (rerun, listed["curl"]) if is_shown_by_curl(rule, exchange) else (rerun,)
        panels = tuple(_panels(exchange, rule, listed)) if number < MOST_SHOWN else ()
        yield ShownFailure(listed, panels, commands if panels else (rerun,))


def _panels(exchange: Listed, rule: Listed, failure: Listed) -> Iterator[Panel]:
    request, answer, calls = exchange["request"], exchange["answer"], exchange["upstream"]
    subject = f'"{rule["field"]}":' if rule["field"] else ""
    yield Panel("request", f"{request['method']} {request['path']}", _lines(_body(request), subject))
    if calls is None:
        yield Panel("upstream call", "not observed", ())
    elif not calls:
        yield Panel("upstream call", "none was made", ())
    else:
        more = f", the first of {len(calls)}" if len(calls) > 1 else ""
        if calls[0].get("played"):
            more += f"; the suite answered with a failure on purpose: {calls[0]['played']}"
        place = _AT.search(failure["expected"])
        key = place[1].rpartition("/")[2] if place else rule["field"]
        head = f"{calls[0]['method']} {calls[0]['path']}{more}"
        lines = _lines(_body(calls[0]), f'"{key}":' if key else "")
        shown = any(marked for _, marked in lines)
        missed = f"{place[1]}: {failure['observed']}" if place and not shown else ""
        yield Panel("upstream call", head, lines, missed)
    if "error" in answer:
        yield Panel("response", str(answer["error"]), ())
    else:
        yield Panel("response", f"{answer['status']} after {answer['seconds']:.2f} s", _lines(_body(answer), subject))


def _body(message: Listed) -> str:
    if "body" in message:
        return json.dumps(message["body"], ensure_ascii=False, indent=2)
    carried = message.get(NOT_JSON)
    if carried is not None:
        return carried if isinstance(carried, str) else json.dumps(carried)
    return base64.b64decode(message.get("base64", "")).decode("utf-8", "backslashreplace")


def _lines(text: str, subject: str) -> tuple[tuple[str, bool], ...]:
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}\n... {len(text) - LONGEST:,} characters more in the file"
    return tuple(_line(line, marked=bool(subject) and subject in line) for line in cut.split("\n"))


def _line(text: str, *, marked: bool) -> tuple[str, bool]:
    left = len(text) - LONGEST_LINE
    told = f"{text[:LONGEST_LINE]}... {left:,} characters more" if left > 0 and not marked else text
    return one_line(told), marked
