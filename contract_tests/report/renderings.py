"""The forms of a report that are made from report.json: a file of each in the folder of the reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from contract_tests.report.badge import render_badge
from contract_tests.report.exchange_file import write_whole
from contract_tests.report.folder import BADGE, JUNIT, PAGE, SUMMARY
from contract_tests.report.html_page import render_page
from contract_tests.report.junit import render_junit
from contract_tests.report.markdown_summary import render_markdown
from contract_tests.report.stored_report import NoReportError, StoredReport, find_reports


class ReportFormat(StrEnum):
    HTML = "html"
    MARKDOWN = "md"
    JUNIT = "junit"
    BADGE = "badge"


@dataclass(frozen=True, slots=True)
class Rendering:
    """`render` gives None where the reports have no such form."""

    file: str
    render: Callable[[Sequence[StoredReport]], bytes | None]


RENDERINGS: Mapping[ReportFormat, Rendering] = {
    ReportFormat.HTML: Rendering(PAGE, render_page),
    ReportFormat.MARKDOWN: Rendering(SUMMARY, render_markdown),
    ReportFormat.JUNIT: Rendering(JUNIT, render_junit),
    ReportFormat.BADGE: Rendering(BADGE, render_badge),
}


def write_renderings(folder: Path, reports: Sequence[StoredReport]) -> None:
    """Writes each form that the reports have."""
    for rendering in RENDERINGS.values():
        content = rendering.render(reports)
        if content is not None:
            write_whole(folder / rendering.file, content)


def render_again(folder: Path, form: ReportFormat) -> bytes:
    """A form of the reports in a folder. Raises NoReportError."""
    reports = find_reports(folder)
    try:
        content = RENDERINGS[form].render(reports)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise NoReportError(f"The exchanges in {folder} are damaged ({error})") from error
    if content is None:
        raise NoReportError(f"{folder} has no badge: a run judged only the rules that -k selects.")
    return content
