"""The folder of the reports: one run at a time, nothing left of an earlier one, and nothing written outside."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

JUNIT, PAGE, SUMMARY, BADGE = "junit.xml", "index.html", "summary.md", "badge.json"


class ReportFolderError(Exception):
    """A folder that cannot hold the reports of a run; says why."""


@contextmanager
def locked_folder(folder: Path) -> Iterator[Path]:
    """The folder, made if need be, for this run alone. Raises ReportFolderError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ReportFolderError(f"--report must be a writable folder; got {folder}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            told = f"another run writes its reports to {folder}. Wait for it, or choose another folder by --report."
            raise ReportFolderError(told) from error
        yield folder
    finally:
        os.close(opened)


def own_folder(path: Path) -> Path:
    """A folder of ours, made if need be; a link in its place is removed, for it may lead anywhere."""
    if path.is_symlink():
        path.unlink()
    path.mkdir(parents=True, exist_ok=True)
    return path


def remove_results(folder: Path, gateway: str, contract: str) -> None:
    """Remove an earlier run's results: they would be taken for this one's. `regressions.json` and `history/` stay.

    `gateway` is its name, or empty.
    """
    home = own_folder(folder / gateway) / contract if gateway else folder / contract
    remove_exchanges(home)
    for path in (*(folder / name for name in (JUNIT, PAGE, SUMMARY, BADGE)), home / "report.json"):
        path.unlink(missing_ok=True)


def remove_exchanges(home: Path) -> None:
    """Remove the stored exchanges of one contract."""
    for path in own_folder(own_folder(home) / "exchanges").glob("[0-9]*.json"):
        path.unlink()
