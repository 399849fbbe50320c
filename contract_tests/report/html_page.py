"""The report as one page for people, made from report.json and the exchanges beside it. It loads nothing else."""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from contract_tests.report.page_failures import Room, ShownFailure, shown_failures
from contract_tests.report.stored_report import WARN, Listed, StoredReport
from contract_tests.report.wording import counted, one_line

SOURCES = Path(__file__).parent / "page"


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
    images: tuple[str, ...]  # what they were for, by report
    rows: tuple[RuleRow, ...]


STATES = ("fail", WARN, "waived", "inconclusive", "not-run", "pass")
"""What a rule may be, the most interesting first."""


def render_page(reports: Sequence[StoredReport]) -> bytes:
    """The page, from what was written: it holds no secret that the reports do not hold."""
    contracts = dict.fromkeys(report.listed["contract"] for report in reports)
    room = Room()
    sections = [_section(name, [one for one in reports if one.listed["contract"] == name], room) for name in contracts]
    rows = [row for section in sections for row in section.rows]
    style, script = (_source(name) for name in ("page.css", "page.js"))
    template = _environment().get_template("page.html")
    page: str = template.render(
        sections=sections,
        totals=Counter(state for row in rows for state in row.states),
        states=STATES,
        style=Markup(style),  # noqa: S704 # our own files
        script=Markup(script),  # noqa: S704 # as above
        policy=f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'",
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
    found.filters["counted"] = counted
    found.filters["words"] = lambda state: state.replace("-", " ")
    return found


def _source(name: str) -> str:
    return (SOURCES / name).read_text("utf-8")


def _digest(text: str) -> str:
    """For a Content-Security-Policy: only this text is applied."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _section(contract: str, reports: Sequence[StoredReport], room: Room) -> Section:
    by_report = [(report, {rule["id"]: rule for rule in report.listed["rules"]}) for report in reports]
    rules: dict[str, Listed] = {}
    for _, found in by_report:
        rules = {**found, **rules}
    states = {
        name: sorted({report.outcome(found[name]) for report, found in by_report if name in found}, key=STATES.index)
        for name in rules
    }
    rows = [
        RuleRow(
            rules[name],
            tuple(_cell(report, found.get(name), room) for report, found in by_report),
            tuple(states[name]),
        )
        for name in sorted(rules, key=lambda name: STATES.index(states[name][0]))
    ]
    counts = tuple(Counter(map(report.outcome, report.listed["rules"])) for report in reports)
    images = tuple(report.images_needed for report in reports)
    return Section(contract, tuple(report.listed for report in reports), counts, images, tuple(rows))


def _cell(report: StoredReport, rule: Listed | None, room: Room) -> Cell | None:
    if rule is None:
        return None
    return Cell(report.gateway, report.outcome(rule), rule, tuple(shown_failures(report.home, rule, room)))
