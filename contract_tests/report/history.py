"""Copies of earlier reports, which runs leave alone: what changed can be seen by `check-gateway compare`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from contract_tests.report.exchange_file import write_whole
from contract_tests.report.folder import own_folder
from contract_tests.report.stored_report import FILE, StoredReport

HISTORY = "history"
MOST_COPIES = 50  # of each gateway and contract


def keep_copies(folder: Path, reports: Iterable[StoredReport]) -> None:
    """Copies each report.json to history/, below its gateway and contract, and drops the oldest copies.

    A link in the place of a folder is removed, not followed.
    """
    for report in reports:
        home = own_folder(folder / HISTORY)
        for name in filter(None, (report.listed.get("name"), report.listed["contract"])):
            home = own_folder(home / name)
        began = datetime.fromisoformat(report.listed["started_at"]).astimezone(UTC)
        write_whole(home / began.strftime("%Y-%m-%dT%H-%M-%SZ.json"), (report.home / FILE).read_bytes())
        for old in sorted(home.glob("[0-9]*Z.json"))[:-MOST_COPIES]:
            old.unlink()
