"""The reports in Markdown: the verdict on each gateway and contract, and a table of the rules that fail."""

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape

from contract_tests.report.stored_report import WARN, Listed, StoredReport
from contract_tests.report.wording import counted, one_line

LONGEST = 200  # characters of one cell
SHOWN = ("fail", WARN, "waived")
_SPECIAL = {ord(letter): f"&#{ord(letter)};" for letter in "\\`*_{}[]()#+-.!|~@:"}


def markdown_text(text: str) -> str:
    """A text that neither Markdown nor HTML takes for anything else."""
    return escape(one_line(text), quote=False).translate(_SPECIAL)


def render_markdown(reports: Iterable[StoredReport]) -> bytes:
    """One document about all reports."""
    return "\n".join(line for report in reports for line in _lines(report)).encode("utf-8", "backslashreplace") + b"\n"


def _lines(report: StoredReport) -> Iterator[str]:
    listed = report.listed
    subject = " ".join(filter(None, (listed.get("name"), listed["contract"])))
    verdict = str(listed["verdict"]).replace("-", " ").upper()
    in_part = " in part" if report.is_partial and listed["verdict"] == "conforms" else ""
    yield f"### {markdown_text(subject)}: {verdict}{in_part}\n"
    if report.reason:
        yield f"{markdown_text(report.reason)}\n"
    outcomes = Counter(report.outcome(rule) for rule in listed["rules"]).most_common()
    counts = ", ".join(f"{number} {outcome.replace('-', ' ')}" for outcome, number in outcomes)
    began = listed["started_at"][:16].replace("T", " ")
    yield f"{': '.join(filter(None, (counted(len(listed['rules']), 'rule'), counts)))}; {began} UTC\n"
    if report.images_needed:
        yield f"Images: {markdown_text(report.images_needed)}\n"
    rows = [(SHOWN.index(report.outcome(rule)), rule) for rule in listed["rules"] if report.outcome(rule) in SHOWN]
    if rows:
        yield "| | rule | clause | expected | observed |"
        yield "| --- | --- | --- | --- | --- |"
        for rank, rule in sorted(rows, key=lambda row: row[0]):
            yield f"| {' | '.join(_cells(SHOWN[rank], rule))} |"
        yield ""
    for label, key in (("STALE", "stale_waivers"), ("EXPIRED", "expired_waivers")):
        for waiver in listed[key]:
            yield f"- **{label}** {markdown_text(waiver)}"


def _cells(outcome: str, rule: Listed) -> Iterator[str]:
    first = rule["failures"][0]
    waiver = rule.get("waiver")
    until = f" until {waiver['until']}: {_reason(waiver)}" if waiver else ""
    yield f"**{outcome.upper()}**{until}"
    for text in (rule["id"], rule["clause"] or "", first["expected"], first["observed"]):
        yield markdown_text(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def _reason(waiver: Listed) -> str:
    ticket = f" ({waiver['ticket']})" if "ticket" in waiver else ""
    return markdown_text(f"{waiver['reason']}{ticket}")
