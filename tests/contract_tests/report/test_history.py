"""Copies of reports outlive runs, are few, and are never written outside of the folder."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from contract_tests.report.folder import remove_results
from contract_tests.report.history import MOST_COPIES, keep_copies
from contract_tests.report.json_report import write_report
from contract_tests.report.stored_report import read_reports
from contract_tests.results import Run
from tests.contract_tests.report_examples import LOST_SEED, run_of

RUN = run_of(LOST_SEED)


def keep(folder: Path, run: Run) -> None:
    home = write_report(run, folder, ()).parent
    keep_copies(folder, read_reports([home]))


def test_a_copy_stays_when_the_results_are_removed(tmp_path: Path) -> None:
    keep(tmp_path, RUN)
    remove_results(tmp_path, "", "powerbuyin")
    (copy,) = (tmp_path / "history" / "powerbuyin").iterdir()
    assert copy.name == "2026-01-02T03-04-05Z.json"
    assert json.loads(copy.read_bytes())["verdict"] == "violates"
    assert copy.stat().st_mode & 0o777 == 0o600


def test_the_oldest_copies_of_a_gateway_are_dropped(tmp_path: Path) -> None:
    keep(tmp_path, replace(RUN, name="canary"))
    for number in range(MOST_COPIES + 2):
        keep(tmp_path, replace(RUN, name="staging", started_at=RUN.started_at + timedelta(days=number)))
    kept = sorted(path.name for path in (tmp_path / "history" / "staging" / "powerbuyin").iterdir())
    assert len(kept) == MOST_COPIES == 50
    assert kept[0] == "2026-01-04T03-04-05Z.json"
    assert len(list((tmp_path / "history" / "canary" / "powerbuyin").iterdir())) == 1


def test_links_in_the_place_of_its_folders_lead_nowhere(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "report"
    (outside / "powerbuyin").mkdir(parents=True)
    old = outside / "powerbuyin" / "2020-01-01T00-00-00Z.json"
    old.write_text("old", "utf-8")
    folder.mkdir()
    (folder / "history").symlink_to(outside)
    keep(folder, RUN)
    (folder / "history" / "powerbuyin" / "2026-01-02T03-04-05Z.json").unlink()
    (folder / "history" / "powerbuyin" / "2026-01-02T03-04-05Z.json").symlink_to(old)
    keep(folder, RUN)
    (folder / "history" / "powerbuyin").rename(folder / "history" / "away")
    (folder / "history" / "powerbuyin").symlink_to(outside / "powerbuyin")
    keep(folder, RUN)
    assert [path.name for path in (outside / "powerbuyin").iterdir()] == [old.name]
    assert old.read_text("utf-8") == "old"
