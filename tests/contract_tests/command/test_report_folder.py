"""Reports are of one run, are written whatever ends it, and never outside their folder."""

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest

from contract_tests.client.limits import Limits
from contract_tests.command import session
from contract_tests.report.folder import ReportFolderError, locked_folder
from contract_tests.results import Run
from contract_tests.settings import Settings
from contract_tests.waived_failures import with_stale_waivers
from tests.contract_tests import hostile
from tests.contract_tests.gateways import as_json, generated, replying, settings_for

pytestmark = pytest.mark.slow


def settings(folder: Path) -> Settings:
    return Settings("powertokens", report=folder)


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "powertokens" / "report.json").read_text("utf-8"))
    return found


def plant_old_results(folder: Path) -> Path:
    """Results of an earlier run, and what outlives it. Gives the path of an old exchange."""
    home = folder / "powertokens"
    (home / "exchanges").mkdir(parents=True)
    for name in ("report.json", "regressions.json", "exchanges/0099.json"):
        (home / name).write_text("[]", "utf-8")
    (folder / "junit.xml").write_text("old", "utf-8")
    return home / "exchanges" / "0099.json"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_with_its_status_and_a_report(ending: signal.Signals, tmp_path: Path) -> None:
    old = plant_old_results(tmp_path)
    command = [sys.executable, "-m", "contract_tests", "run", "--contract", "powertokens", "--report", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 # our own command
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(ending)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + ending
    assert f"interrupted by {ending.name}" in output
    assert report(tmp_path)["verdict"] == "not-tested"
    assert report(tmp_path)["reason"] == f"interrupted by {ending.name}"
    assert report(tmp_path)["exit_status"] == 128 + ending
    assert report(tmp_path)["ended"] == "interrupted"
    assert not old.exists()
    assert (tmp_path / "powertokens" / "regressions.json").exists()


def test_an_interrupted_run_keeps_the_verdicts_so_far_and_failures_not_tried_again_are_none(tmp_path: Path) -> None:
    """The gateway accepts everything; the signal comes while the rows are sent."""
    numbers = count(1)
    reports: list[dict[str, Any]] = []

    def accept(*_: object) -> Any:  # noqa: ANN401 # a response
        number = next(numbers)
        if number == 40:
            reports.append(report(tmp_path))
            os.kill(os.getpid(), signal.SIGINT)
        return generated({"url": "http://127.0.0.1/1.png"})

    with replying(accept) as gateway:
        assert session.test_gateways([settings_for(gateway.url, report=tmp_path)], None, None) == 130
    during, after = *reports, report(tmp_path)
    assert (during["ended"], during["verdict"], "cause" in during) == ("running", "not-tested", False)
    assert during["rules"]
    assert (after["ended"], after["verdict"], after["reason"]) == ("interrupted", "not-tested", "interrupted by SIGINT")
    verdicts = {one["verdict"] for one in after["rules"]}
    assert "fail" not in verdicts
    assert verdicts >= {"pass", "not-run", "inconclusive"}
    assert "failed, and was not tried again" in {one.get("reason") for one in after["rules"]}
    assert after["cost"]["requests"] >= 30


def test_a_signal_is_not_kept_waiting_by_requests_that_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway answers the first request; the signal comes while four others wait, and again before the report."""

    def signalled_again(runs: Mapping[str, Run]) -> Mapping[str, Run]:
        os.kill(os.getpid(), signal.SIGINT)
        return with_stale_waivers(runs)

    monkeypatch.setattr(session, "with_stale_waivers", signalled_again)
    numbers = count(1)
    good = orjson.dumps({"created": 1, "data": [{"url": "http://127.0.0.1/1.png"}], "metadata": {}})

    async def fall_silent(head: bytes, writer: asyncio.StreamWriter) -> None:
        number = next(numbers)
        if number == 1:
            await hostile.answering(good, b"Content-Type: application/json")(head, writer)
            return
        if number == 5:
            os.kill(os.getpid(), signal.SIGTERM)
        await hostile.never_answers(head, writer)

    with hostile.serving(fall_silent) as gateway:
        asked = settings_for(gateway.base, report=tmp_path, limits=Limits(answer=60.0))
        assert session.test_gateways([asked], None, None) == 143
    assert report(tmp_path)["ended"] == "interrupted"
    assert report(tmp_path)["cost"]["requests"] == 1  # no other was waited for


def test_the_report_says_that_the_run_has_not_ended(tmp_path: Path) -> None:
    plant_old_results(tmp_path)
    seen: list[dict[str, Any]] = []

    def refuse(*_: object) -> Any:  # noqa: ANN401 # a response
        seen.append(report(tmp_path))
        return as_json({}, 401)

    with replying(refuse) as gateway:
        assert session.test_gateways([settings_for(gateway.url, report=tmp_path)], "seed", None) == 2
    assert (seen[0]["verdict"], seen[0]["reason"]) == ("not-tested", "the run has not ended")
    assert (seen[0]["ended"], report(tmp_path)["ended"], report(tmp_path)["cause"]) == ("running", "stopped", "token")
    assert (seen[0]["exit_status"], seen[0]["selection"]["selected"]) == (2, 0)
    assert "rejects the token" in report(tmp_path)["reason"]


def test_a_contract_of_which_no_rule_is_selected_says_so(tmp_path: Path) -> None:
    with replying(lambda *_: as_json({}, 401)) as gateway:
        both = [settings_for(gateway.url, report=tmp_path, contract=name) for name in ("powerbuyin", "powertokens")]
        assert session.test_gateways(both, "powerbuyin and seed and type", None) == 2
    assert report(tmp_path)["reason"] == "-k matches no rule of this contract"


def test_a_second_run_does_not_use_the_folder(tmp_path: Path) -> None:
    with locked_folder(tmp_path), pytest.raises(ReportFolderError, match="another run writes its reports to"):
        session.test_gateways([settings(tmp_path)], "seed", None)


def test_links_in_the_folder_lead_nowhere(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "report"
    kept = plant_old_results(outside)
    (folder / "powertokens").mkdir(parents=True)
    (folder / "powertokens" / "exchanges").symlink_to(kept.parent)
    (folder / "powertokens" / "report.json").symlink_to(outside / "powertokens" / "report.json")
    (folder / "junit.xml").symlink_to(outside / "junit.xml")
    (folder / "history").symlink_to(outside)
    with replying(lambda *_: as_json({}, 401)) as gateway:
        session.test_gateways([settings_for(gateway.url, report=folder)], "seed", None)
    assert kept.read_text("utf-8") == "[]"
    assert (outside / "powertokens" / "report.json").read_text("utf-8") == "[]"
    assert (outside / "junit.xml").read_text("utf-8") == "old"
    assert len(list((folder / "history" / "powertokens").iterdir())) == 1
    assert {path.name for path in (outside / "powertokens").iterdir()} == {
        "exchanges",
        "report.json",
        "regressions.json",
    }
    written = [folder / "junit.xml", folder / "powertokens" / "report.json"]
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}


def test_a_link_in_the_place_of_a_contracts_folder_leads_nowhere(tmp_path: Path) -> None:
    kept = plant_old_results(tmp_path / "outside")
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "powertokens").symlink_to(tmp_path / "outside" / "powertokens")
    with replying(lambda *_: as_json({}, 401)) as gateway:
        session.test_gateways([settings_for(gateway.url, report=folder)], "seed", None)
    assert kept.exists()
    assert report(folder)["verdict"] == "not-tested"


def test_a_full_disk_hides_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(session, "write_report", fail)
    assert session.test_gateways([settings(tmp_path)], "seed and preserves", None) == 2
    said = capsys.readouterr().out
    assert "CONFORMS in part  " in said
    assert "NOT TESTED  no report: No space left on device" in said
