"""What a job on GitHub shows of a run: a summary in Markdown, and annotations at the lines of contract and waivers.

The formats are those of "Workflow commands for GitHub Actions" in GitHub's documentation.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract_tests.report.causes import CauseGroup, causes
from contract_tests.report.entry import EntryWriter
from contract_tests.report.json_report import exchange_names
from contract_tests.report.markdown_summary import markdown_text
from contract_tests.report.terminal import ENDS, IN_PART, JUDGED
from contract_tests.report.wording import conclusion, counts, one_line, waiver_rows
from contract_tests.results import Conformance, Run
from gateway_contract.document.node import Place
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
    """A line for each of the first reasons why a step failed, and of the first warnings; for runs with their secrets.

    None where no job on GitHub reads them.
    """
    if environment.get(ACTIONS) != "true":
        return
    found = [one for run, secrets in runs for one in _annotations(run, _secrets(run, secrets))]
    for kind in ("error", "warning"):
        for one in [one for one in found if one.kind == kind][:MOST_ANNOTATIONS]:
            yield f"::{kind} {_at(one.place)}title={_property(one.title)}::{_data(one.text)}"


@dataclass(frozen=True, slots=True)
class _Annotation:
    kind: str
    title: str
    text: str
    place: Place | None = None


def _annotations(run: Run, known: Sequence[str]) -> Iterator[_Annotation]:
    subject = " ".join(filter(None, (run.name, run.contract)))
    if run.conformance is Conformance.NOT_TESTED:
        yield _Annotation("error", f"{subject} {ENDS[run.conformance][0]}", redact(conclusion(run), known))
    for level in JUDGED:
        for cause in causes(run, level):
            rule = cause.shown.rule
            title = f"{rule.id} {rule.clause or ''}".strip()
            told = redact(f"{subject}: {cause.title}", known)
            yield _Annotation("error" if cause.counts else "warning", title, told, rule.place)
    for waiver in run.stale_waivers:
        told = redact(f"{subject}: {waiver.rule} no longer fails: remove it", known)
        yield _Annotation("error", "STALE", told, waiver.place)
    for missed in run.undecided_demands:
        yield _Annotation("error", f"{missed.rule.id} NOT JUDGED", redact(f"{subject}: {missed.reason}", known))


def _at(place: Place | None) -> str:
    """Where an annotation stands; nothing for a file beyond the job's folder, such as a document of this package."""
    if place is None or not Path(place.file).resolve().is_relative_to(Path.cwd()):
        return ""
    return f"file={_property(os.path.relpath(place.file))},line={place.line},"


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
