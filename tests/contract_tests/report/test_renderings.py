"""Every form of a report comes from report.json, again and again the same."""

import json
import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from contract_tests.command.cli import main
from contract_tests.images_needed import ImagesNeeded
from contract_tests.report.json_report import write_report
from contract_tests.report.markdown_summary import render_markdown
from contract_tests.report.renderings import RENDERINGS, ReportFormat, render_again, write_renderings
from contract_tests.report.stored_report import NoReportError, find_reports, read_reports
from contract_tests.results import Run, Selection, Verdict
from contract_tests.waivers import Waiver
from gateway_contract.document.node import Place
from tests.contract_tests.report_examples import (
    DOCUMENTED,
    EXPECTED,
    LOST_SEED,
    TOKEN,
    clean_run,
    failed,
    passed,
    run_of,
)

WAIVER = Waiver(Place(Path("w.yaml"), 1), "x", "known", date(2027, 1, 31))
WAIVED = [replace(failed(one, "a", "b"), verdict=Verdict.WAIVED, waiver=WAIVER) for one in DOCUMENTED[:2]]
IN_PART = replace(clean_run(), selection=Selection("seed", 1, 88))
HOSTILE = "a | b\n| <script>x</script> [c](http://evil.example)"


def written(folder: Path, *runs: Run) -> Path:
    homes = [write_report(run, folder, (TOKEN,)).parent for run in runs]
    write_renderings(folder, read_reports(homes))
    return folder


NEEDED = ImagesNeeded(10, 47, 18, 13, ("powertokens/a/b", "powertokens/c/d"), 31)


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        (100, "10 judge all 47 documented rules that responses show; 13 more judge 2 expected ones: a/b, c/d"),
        (20, "13 more, with --budget 31, would judge 2 expected ones: a/b, c/d"),
    ],
)
def test_every_form_says_what_a_larger_budget_would_add(tmp_path: Path, budget: int, told: str) -> None:
    run = clean_run()
    home = write_report(replace(run, images_needed=NEEDED, cost=replace(run.cost, budget=budget)), tmp_path, ()).parent
    (report,) = read_reports([home])
    assert report.images_needed.endswith(told)
    for form in (ReportFormat.HTML, ReportFormat.MARKDOWN):
        assert told in unescape((RENDERINGS[form].render([report]) or b"").decode())


def badge(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "badge.json").read_bytes())
    return found


@pytest.mark.parametrize(
    ("run", "message", "color"),
    [
        (clean_run(), "conforms", "brightgreen"),
        (run_of(*WAIVED, passed(DOCUMENTED[2])), "conforms, 2 waived", "brightgreen"),
        (run_of(failed(EXPECTED[0], "a", "b"), passed(DOCUMENTED[2])), "conforms", "brightgreen"),
        (run_of(LOST_SEED, *WAIVED), "violates, 1 failing, 2 waived", "red"),
        (run_of(LOST_SEED, not_tested="no route"), "not tested", "lightgrey"),
        (replace(clean_run(), stale_waivers=(WAIVER,)), "conforms", "yellow"),
    ],
    ids=["conforms", "waived", "warns", "violates", "not tested", "stale waiver"],
)
def test_a_badge_says_the_verdict(tmp_path: Path, run: Run, message: str, color: str) -> None:
    found = badge(written(tmp_path, run))
    assert found == {"schemaVersion": 1, "label": "powerbuyin", "message": message, "color": color}


def test_a_badge_of_several_gateways_says_the_worst(tmp_path: Path) -> None:
    failing = replace(run_of(LOST_SEED), name="staging")
    assert badge(written(tmp_path / "one", failing))["label"] == "staging powerbuyin"
    found = badge(written(tmp_path / "two", replace(clean_run(), name="canary"), failing))
    assert (found["label"], found["message"]) == ("powerbuyin", "violates, 1 failing")
    broken = replace(clean_run(), name="canary", our_errors=("KeyError",))
    assert badge(written(tmp_path / "three", broken, failing))["message"] == "not tested"


def test_a_selection_has_no_badge(tmp_path: Path) -> None:
    written(tmp_path, IN_PART)
    assert not (tmp_path / "badge.json").exists()
    with pytest.raises(NoReportError, match="has no badge: a run judged only the rules that -k selects"):
        render_again(tmp_path, ReportFormat.BADGE)


def test_markdown_lists_what_fails_first_and_is_text(tmp_path: Path) -> None:
    run = run_of(*WAIVED, failed(EXPECTED[0], HOSTILE, HOSTILE), LOST_SEED)
    text = (written(tmp_path, replace(run, name="staging")) / "summary.md").read_text("utf-8")
    assert text.startswith("### staging powerbuyin: VIOLATES\n")
    assert "4 rules: 2 waived, 1 warn, 1 fail; 2026-01-02 03:04 UTC" in text
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert [row.split("**")[1] for row in rows] == ["FAIL", "WARN", "WAIVED", "WAIVED"]
    assert {row.count(" | ") for row in rows} == {4}
    assert not re.search(r"<script|\]\(", text)


def test_markdown_says_why_there_was_no_test_and_what_was_selected(tmp_path: Path) -> None:
    stopped = written(tmp_path / "one", run_of(not_tested="connection refused"))
    assert "NOT TESTED\n\nconnection refused" in (stopped / "summary.md").read_text("utf-8")
    selected = written(tmp_path / "two", IN_PART)
    assert "CONFORMS in part" in (selected / "summary.md").read_text("utf-8")


@pytest.mark.parametrize("form", ReportFormat)
def test_each_form_can_be_rendered_again(tmp_path: Path, form: ReportFormat) -> None:
    written(tmp_path, replace(run_of(LOST_SEED), name="staging"))
    found = CliRunner().invoke(main, ["report", str(tmp_path), "--format", form.value])
    assert found.exit_code == 0, found.output
    assert found.stdout_bytes == (tmp_path / RENDERINGS[form].file).read_bytes()


def test_what_is_no_report_ends_with_2(tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert (found.exit_code, found.output.startswith(f"Error: No report in {tmp_path}. ")) == (2, True)
    written(tmp_path, run_of(LOST_SEED))
    (tmp_path / "powerbuyin" / "exchanges" / "0001.json").write_text("{}", "utf-8")
    with pytest.raises(NoReportError, match=r"The exchanges in .* are damaged"):
        render_again(tmp_path, ReportFormat.HTML)
    (tmp_path / "powerbuyin" / "report.json").write_text('{"schema_version": 1}', "utf-8")
    with pytest.raises(NoReportError, match=r"report\.json is not a report of version 2"):
        render_again(tmp_path, ReportFormat.JUNIT)


def test_a_waived_rule_says_why_and_until_when_in_markdown(tmp_path: Path) -> None:
    write_report(run_of(*WAIVED, passed(DOCUMENTED[2])), tmp_path, ())
    told = render_markdown(find_reports(tmp_path)).decode()
    assert f"**WAIVED** until {WAIVER.until}: {WAIVER.reason}" in told
