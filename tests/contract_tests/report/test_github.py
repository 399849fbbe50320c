"""What GitHub shows of a run: every text is text, nothing is too long, and no secret is in it."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from contract_tests.report import github
from contract_tests.report.github import ACTIONS, SUMMARY, annotations, write_summary
from contract_tests.results import Run, Verdict
from contract_tests.waivers import Waiver
from gateway_contract.document.node import Place
from gateway_contract.rules.rule import FindingKind
from tests.contract_tests.report_examples import (
    DOCUMENTED,
    EXPECTED,
    LOST_SEED,
    TOKEN,
    answering,
    clean_run,
    exchange,
    failed,
    mixed_run,
    run_of,
    undecided,
)

ON_GITHUB = {ACTIONS: "true"}
HOSTILE = "</pre><script>x</script> [link](http://evil.example) `code`\n::error::taken %0A"


def summary_of(folder: Path, *runs: Run) -> str:
    folder.mkdir(exist_ok=True)
    file = folder / "summary.md"
    write_summary([(folder, run, (TOKEN,)) for run in runs], {SUMMARY: str(file)})
    return file.read_text("utf-8")


def test_a_summary_has_verdict_and_causes_of_each_run(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, mixed_run(), clean_run())
    assert re.findall(r"^### powerbuyin: (.*)$", summary, re.MULTILINE) == ["VIOLATES", "CONFORMS"]
    assert "<b>FAIL</b>" in summary
    assert TOKEN not in summary


def test_a_summary_is_appended_and_only_where_a_file_is_named(tmp_path: Path) -> None:
    assert summary_of(tmp_path, clean_run()).count("CONFORMS") == 1
    assert summary_of(tmp_path, clean_run()).count("CONFORMS") == 2
    write_summary([(tmp_path, clean_run(), ())], {})
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_gateway_says_is_text(tmp_path: Path) -> None:
    answer = answering({"error": {"message": HOSTILE, "code": HOSTILE}}, 400)
    summary = summary_of(tmp_path, run_of(failed(DOCUMENTED[0], HOSTILE, HOSTILE, exchange(answer=answer))))
    assert not re.search(r"<script|\]\(|`", summary)
    assert summary.count("</pre>") == 1


def test_a_summary_is_not_longer_than_github_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert github.MOST_BYTES <= 1024 * 1024
    whole = summary_of(tmp_path / "whole", mixed_run())
    monkeypatch.setattr(github, "MOST_BYTES", 100)
    assert summary_of(tmp_path / "cut", mixed_run()) == whole[:100] + "\n"


def test_annotations_stand_at_lines_of_the_contract() -> None:
    (line,) = annotations([(run_of(LOST_SEED), ())], ON_GITHUB)
    place, rule = LOST_SEED.rule.place, LOST_SEED.rule
    assert line.startswith("::error file=openapi/powerbuyin.yaml,line=")
    assert f"line={place.line},title={rule.id} {rule.clause}::powerbuyin: " in line


def test_a_rule_of_a_document_elsewhere_has_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (line,) = annotations([(run_of(LOST_SEED), ())], ON_GITHUB)
    assert line.startswith("::error title=powerbuyin/seed/preserves-0 ")


def test_whatever_fails_a_step_is_annotated() -> None:
    stale = Waiver(Place(Path("waivers.yaml"), 3), "n/*", "known", date(2026, 1, 9))
    run = run_of(undecided(DOCUMENTED[0], Verdict.NOT_RUN, "no request led to a verdict"))
    run = replace(run, demand="", stale_waivers=(stale,), name="staging")
    assert list(annotations([(run, ()), (run_of(not_tested=f"it says {TOKEN}"), (TOKEN,))], ON_GITHUB)) == [
        "::error file=waivers.yaml,line=3,title=STALE::staging powerbuyin: n/* no longer fails: remove it",
        f"::error title={DOCUMENTED[0].id} NOT JUDGED::staging powerbuyin: no request led to a verdict",
        "::error title=powerbuyin NOT TESTED::powerbuyin could not be tested: it says [redacted]",
    ]


def test_an_annotation_is_one_line_and_no_other_command() -> None:
    (line,) = annotations([(run_of(failed(DOCUMENTED[0], HOSTILE, HOSTILE)), ())], ON_GITHUB)
    assert "\n" not in line
    assert "%0A" not in line


def test_a_warning_of_a_rule_that_does_not_count_is_a_warning() -> None:
    (line,) = annotations([(run_of(failed(EXPECTED[0], "a", "b")), ())], ON_GITHUB)
    assert line.startswith("::warning ")


@pytest.mark.parametrize("strict", [True, False])
def test_a_step_has_ten_annotations_of_a_kind_whatever_it_tests(strict: bool) -> None:  # noqa: FBT001 # by its name
    rules = [*DOCUMENTED[:8], *EXPECTED[:12]]
    broken = [failed(rule, "a", f"{number}", kind=FindingKind.OTHER) for number, rule in enumerate(rules)]
    runs = [(replace(run_of(*broken, strict=strict), name=name), ()) for name in ("staging", "canary")]
    kinds = Counter(line.partition(" ")[0] for line in annotations(runs, ON_GITHUB))
    assert kinds == ({"::error": 10} if strict else {"::error": 10, "::warning": 10})


@pytest.mark.parametrize("environment", [{}, {ACTIONS: "false"}])
def test_elsewhere_nothing_is_annotated(environment: dict[str, str]) -> None:
    assert not list(annotations([(run_of(LOST_SEED), ())], environment))
