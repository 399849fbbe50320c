"""The forms of a report that are made from report.json: a file of each in the folder of the reports."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from contract_tests.report.exchange_file import write_whole
from contract_tests.report.folder import JUNIT, PAGE
from contract_tests.report.html_page import render_page
from contract_tests.report.junit import render_junit
from contract_tests.report.stored_report import StoredReport, read_reports


class Form(StrEnum):
    HTML = "html"
    JUNIT = "junit"


def _page(reports: Sequence[StoredReport]) -> bytes:
    return render_page(reports).encode("utf-8", "backslashreplace")


RENDER: Mapping[Form, Callable[[Sequence[StoredReport]], bytes]] = {Form.HTML: _page, Form.JUNIT: render_junit}
FILES: Mapping[Form, str] = {Form.HTML: PAGE, Form.JUNIT: JUNIT}


def write_renderings(folder: Path, homes: Sequence[Path]) -> None:
    """Writes every form in a folder, of the reports in some folders below it."""
    reports = read_reports(homes)
    for form, name in FILES.items():
        write_whole(folder / name, RENDER[form](reports))
