"""What a job on GitHub shows of a run: a summary in Markdown, and annotations at the lines of the contract.

The formats are those of "Workflow commands for GitHub Actions" in GitHub's documentation.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from contract_tests.report.causes import CauseGroup, causes
from contract_tests.report.entry import EntryWriter
from contract_tests.report.json_report import exchange_names
from contract_tests.report.markdown_summary import markdown_text
from contract_tests.report.terminal import ENDS, IN_PART, JUDGED
from contract_tests.report.wording import conclusion, counts, one_line, waiver_rows
from contract_tests.results import Conformance, Run
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.redaction import all_secrets, redact

SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable that names the file of the summary."""
ACTIONS = "GITHUB_ACTIONS"
MOST_BYTES = 1_000_000  # of a summary; GitHub refuses more than 1 MiB
MOST_ANNOTATIONS = 10  # of each kind; GitHub shows no more of a step


def write_summary(runs: Sequence[tuple[Path, Run, Sequence[str]]], environment: Mapping[str, str]) -> None:
    """Appends to the step's summary, if there is one: each run with the folder of its report, and its secrets."""
    named = environment.get(SUMMARY)
    if named:
        text = "\n".join("\n".join(_summary(run, folder, secrets)) for folder, run, secrets in runs)
        cut = text.encode("utf-8", "backslashreplace")[:MOST_BYTES].decode("utf-8", "ignore")
        with Path(named).open("a", encoding="utf-8") as file:
            file.write(f"{cut}\n")


def annotations(runs: Sequence[tuple[Run, Sequence[str]]], environment: Mapping[str, str]) -> Iterator[str]:
    """A line for each of the first causes of failures, if a job on GitHub reads them: runs with their secrets."""
    if environment.get(ACTIONS) != "true":
        return
    found = [
        (run, cause, _secrets(run, secrets))
        for run, secrets in runs
        for level in JUDGED
        for cause in causes(run, level)
    ]
    for kind, is_error in (("error", True), ("warning", False)):
        for run, cause, known in [one for one in found if one[1].counts is is_error][:MOST_ANNOTATIONS]:
            place, subject = cause.shown.rule.place, " ".join(filter(None, (run.name, run.contract)))
            told = _data(redact(f"{subject}: {cause.title}", known))
            title = _property(f"{cause.shown.rule.id} {cause.shown.rule.clause or ''}".strip())
            yield f"::{kind} file={_property(os.path.relpath(place.file))},line={place.line},title={title}::{told}"


def _summary(run: Run, folder: Path, secrets: Sequence[str]) -> Iterator[str]:
    known = _secrets(run, secrets)
    word = ENDS[run.conformance][0]
    if run.selection.is_partial and run.conformance is Conformance.CONFORMS:
        word += IN_PART
    yield f"### {markdown_text(run.name and f'{run.name} ')}{markdown_text(run.contract)}: {word}\n"
    yield f"{markdown_text(redact(conclusion(run), known))}\n"
    if run.verdicts:
        yield f"rules {markdown_text(counts(run))}\n"
    writer = EntryWriter(run, folder, exchange_names(run), known)
    for level in JUDGED:
        for cause in causes(run, level):
            yield from _entry(writer, cause, level)
    for label, told in waiver_rows(run):
        yield f"- **{label}** {markdown_text(redact(told, known))}"
    yield ""


def _entry(writer: EntryWriter, cause: CauseGroup, level: Level) -> Iterator[str]:
    entry = writer.write(cause)
    label = "FAIL" if entry.counts else "WARN"
    yield f"<details><summary><b>{label}</b> {markdown_text(entry.title)} ({level})</summary>\n"
    yield f"<pre>{markdown_text(entry.seen)}\n{markdown_text(entry.command)}\n{markdown_text(entry.rules)}</pre>\n"
    yield "</details>\n"


def _secrets(run: Run, secrets: Sequence[str]) -> tuple[str, ...]:
    return all_secrets((failure.exchange for one in run.verdicts for failure in one.failures[:1]), secrets)


def _data(text: str) -> str:
    return one_line(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
