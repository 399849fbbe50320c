"""One rule of a report in full: what was sent, what went upstream, what was answered, and how to see it again."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from contract_tests.report.command_line import command
from contract_tests.report.entry import ABOUT_UPSTREAM
from contract_tests.report.exchange_file import NOT_JSON
from contract_tests.report.wording import GAP, counted, excluded_fault, one_line, print_wrapped

LABEL = 10  # columns
MOST_LINES = 60  # of one JSON value


class NoSuchRuleError(Exception):
    """There is no report, or none with that rule; says what to give instead."""


@dataclass(frozen=True, slots=True)
class ReportedRule:
    """A rule as a report lists it, with the report's folder and its gateway: a name in the configuration, or a URL."""

    home: Path
    gateway: str
    rule: Mapping[str, Any]


def find_rule(name: str, folder: Path) -> list[ReportedRule]:
    """The rule of that id, with or without the contract's name, in the report of a folder, else in those of its runs.

    A file that is no report is passed over where there are others.

    Raises NoSuchRuleError.
    """
    below = (path for pattern in ("*/report.json", "*/*/report.json") for path in sorted(folder.glob(pattern)))
    paths = [folder / "report.json"] if (folder / "report.json").is_file() else list(below)
    if not paths:
        raise NoSuchRuleError(f"No report in {folder}. Run `{command('run')}` first, or name the folder of its report.")
    listed, problems = _listed(paths)
    if len(problems) == len(paths):
        raise problems[0]
    found = [one for one in listed if name in (one.rule["id"], str(one.rule["id"]).partition("/")[2])]
    if not found:
        ids = {str(one.rule["id"]) for one in listed}
        known = sorted(ids | {one.partition("/")[2] for one in ids})
        nearest = get_close_matches(name, known, n=3, cutoff=0.4)
        advice = f"Nearest: {', '.join(nearest)}" if nearest else f"`{command('rules')}` lists them"
        raise NoSuchRuleError(f"Unknown rule '{one_line(name)}'. {advice}")
    return found


def _listed(paths: Sequence[Path]) -> tuple[list[ReportedRule], list[NoSuchRuleError]]:
    """The rules of the files that are reports, and what is wrong with the others."""
    listed: list[ReportedRule] = []
    problems: list[NoSuchRuleError] = []
    for path in paths:
        try:
            listed += _rules(path)
        except NoSuchRuleError as error:
            problems.append(error)
    return listed, problems


def _rules(path: Path) -> list[ReportedRule]:
    try:
        report = json.loads(path.read_bytes())
        gateway = str(report.get("name") or report["gateway"])
        return [ReportedRule(path.parent, gateway, {**rule, "id": str(rule["id"])}) for rule in report["rules"]]
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise NoSuchRuleError(f"{path} is not a report ({error})") from error


def print_rule(found: ReportedRule, console: Console) -> None:
    """The rule, and its first failure with the whole exchange. Raises NoSuchRuleError for a report that is damaged."""
    try:
        _print_rule(found, console)
        for failure in found.rule["failures"][:1]:
            _print_failure(failure, found.rule, found.home, console)
        for failure in found.rule["failures"][1:]:
            _line(console, "also", f"{failure['observed']}{GAP}{found.home / failure['exchange']}")
    except (ValueError, KeyError, TypeError, OSError, AttributeError) as error:
        raise NoSuchRuleError(f"The report in {found.home} is damaged ({error})") from error


def _print_rule(found: ReportedRule, console: Console) -> None:
    rule = found.rule
    told = GAP.join(("", str(rule["verdict"]), one_line(found.gateway)))
    console.print(Text.assemble((one_line(rule["id"]), "bold"), told), soft_wrap=True)
    clause = f", {rule['clause']}" if rule["clause"] else ""
    _row(console, "rule", f"{rule['statement']} ({rule['level']}{clause})")
    _row(console, "tested by", _exchanges(rule))
    if "reason" in rule:
        _row(console, "reason", rule["reason"])
    if "waiver" in rule:
        waiver = rule["waiver"]
        _row(console, "waived", f"until {waiver['until']}: {waiver['reason']} ({waiver['at']})")


def _exchanges(rule: Mapping[str, Any]) -> str:
    """How many bear on a rule and judged it, and how rare a fault that excludes."""
    told = f"{counted(rule['exchanges'], 'exchange')}, {rule['judged']} of which judged it"
    if rule["failed"]:
        return f"{told}; it failed in {rule['failed']}"
    excluded = rule.get("excludes")
    return told if excluded is None else f"{told}: {excluded_fault(excluded['rate'], excluded['confidence'])}"


def _print_failure(failure: Mapping[str, Any], rule: Mapping[str, Any], home: Path, console: Console) -> None:
    path = home / failure["exchange"]
    exchange = json.loads(path.read_bytes())
    console.print()
    _row(console, "expected", failure["expected"])
    note = f" ({failure['note']})" if "note" in failure else ""
    _row(console, "observed", f"{failure['observed']}{note}")
    for label, head, value in _parts(exchange):
        console.print()
        _row(console, label, head)
        _print_json(console, value)
    console.print()
    _line(console, "again", command("rerun", shlex.quote(str(path))))
    if is_shown_by_curl(rule, exchange):
        _line(console, "or", failure["curl"])


def is_shown_by_curl(rule: Mapping[str, Any], exchange: Mapping[str, Any]) -> bool:
    """Whether the response to the stored request alone shows a failure: no upstream call, and no failure of that."""
    calls = exchange["upstream"]
    if exchange["previous"] is not None or any(call.get("played") for call in calls or ()):
        return False
    return calls is None or rule["kind"] not in ABOUT_UPSTREAM


def _parts(exchange: Mapping[str, Any]) -> Iterator[tuple[str, str, object]]:
    """The request, each upstream call and the answer: a label, a first line and what it carried."""
    request, answer, calls = exchange["request"], exchange["answer"], exchange["upstream"]
    shown = request.get("body", request.get("base64", ""))
    yield "request", f"{request['method']} {request['path']}{GAP}credential: {request['credential']}", shown
    if calls is None:
        yield "upstream", "not observed", None
    elif not calls:
        yield "upstream", "no call", None
    for call in calls or ():
        played = f"{GAP}played on purpose: {call['played']}" if call.get("played") else ""
        yield "upstream", f"{call['method']} {call['path']}{GAP}HTTP {call['status']}{played}", call.get("body")
    if "error" in answer:
        yield "answer", f"{answer['error']} after {answer['seconds']:.1f} s", None
    else:
        carried = answer.get("body", answer.get(NOT_JSON))
        yield "answer", f"HTTP {answer['status']} after {answer['seconds']:.1f} s", carried


def _print_json(console: Console, value: object) -> None:
    if value is None or value == "":
        return
    lines = json.dumps(value, ensure_ascii=False, indent=2).splitlines()
    for line in _first(lines):
        console.print(Text(" " * LABEL + one_line(line)), soft_wrap=True)


def _first(lines: Sequence[str]) -> list[str]:
    return [*lines[:MOST_LINES], *([f"... {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else [])]


def _line(console: Console, label: str, text: str) -> None:
    """A row that is never broken, so that it can be copied."""
    console.print(Text.assemble((f"{label:<{LABEL}}", "dim"), one_line(text)), soft_wrap=True)


def _row(console: Console, label: str, text: str) -> None:
    print_wrapped(console, Text(label, style="dim"), one_line(str(text)), LABEL)
