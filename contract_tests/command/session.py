"""A whole session: contracts read, the suite run under pytest, reports written and printed."""

import os
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from contract_tests import suite
from contract_tests.command.signals import InterruptedRunError, Interruption, interruptible
from contract_tests.ending import SHELL_OFFSET, Cause, Ended
from contract_tests.execution.upstream_certificate import AUTHORITY
from contract_tests.plugin import ContractPlugin, selected_verdicts
from contract_tests.report.folder import locked_folder, remove_results
from contract_tests.report.gateway_grid import print_grid
from contract_tests.report.github import annotations, write_summary
from contract_tests.report.history import keep_copies
from contract_tests.report.json_report import write_report
from contract_tests.report.progress import Progress, show_progress
from contract_tests.report.renderings import write_renderings
from contract_tests.report.rule_list import print_rules
from contract_tests.report.stored_report import read_reports
from contract_tests.report.terminal import print_run
from contract_tests.report.wording import counted, one_line
from contract_tests.results import EXIT_STATUS, Conformance, Run, is_required
from contract_tests.run import UNFINISHED, PreparedRun, prepare, untested_run
from contract_tests.settings import Settings, SettingsError
from contract_tests.target import observation_of
from contract_tests.waived_failures import with_stale_waivers
from contract_tests.waivers import NewWaivers, add_waivers, check_rules
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract
from gateway_contract.document.node import DocumentError, read_all
from gateway_contract.rules.derive import derive_rules
from gateway_contract.traffic.redaction import redact

NOT_SELECTED = "-k matches no rule of this contract"
NOTHING_RAN: Mapping[int, str] = {
    pytest.ExitCode.NO_TESTS_COLLECTED: "-k matches no rule; `check-gateway rules` lists them",
    pytest.ExitCode.USAGE_ERROR: "-k must be words joined by and, or, not",
}


def test_gateways(wanted: Sequence[Settings], keyword: str | None, new_waivers: NewWaivers | None) -> int:
    """Tests what the settings ask for, one contract after another; gives the exit status of the worst.

    Raises DocumentError for a contract that cannot be read, ReportFolderError for a folder that cannot be used,
    SettingsError if no rule matches `require_judged`, DocumentError if none matches a waiver.
    """
    prepared = read_all(wanted, partial(prepare_selection, keyword=keyword))
    ready = {found.label: found for found in prepared}
    for contract in {found.contract.name: found.contract for found in prepared}.values():
        print_warnings(contract)
    for pattern in {settings.require_judged for settings in wanted} - {None, ""}:
        asked = [found for found in prepared if found.settings.require_judged == pattern]
        if not any(is_required(rule, str(pattern)) for found in asked for rule in found.rules):
            raise SettingsError(f"--require-judged must match a rule that can be tested; got {pattern!r}")
    known = [(ready.settings.name, rule.id) for ready in prepared for rule in ready.rules]
    check_rules({waiver for settings in wanted for waiver in settings.waivers}, known, BUNDLED)
    with locked_folder(wanted[0].report) as folder, interruptible() as interruption:
        session = Session(ready, folder, keyword, interruption, new_waivers=new_waivers)
        try:
            return session.run()
        except InterruptedRunError:  # while reports were written: the next writing is not interrupted any more
            return session.end()


def prepare_selection(settings: Settings, keyword: str | None) -> PreparedRun:
    """What is to be run, before pytest applies the keyword expression. Raises DocumentError."""
    ready = prepare(settings)
    return replace(ready, keyword=keyword, selected=frozenset()) if keyword else ready


@dataclass(slots=True, eq=False)
class Session:
    """Some prepared runs by their labels, and where their reports go."""

    ready: Mapping[str, PreparedRun]
    folder: Path
    keyword: str | None
    interruption: Interruption
    console: Console = field(default_factory=lambda: Console(highlight=False))
    plugin: ContractPlugin = field(init=False)
    unfinished: dict[str, Run] = field(default_factory=dict)  # what is known of runs that go on
    unwritten: str = ""
    new_waivers: NewWaivers | None = None

    def __post_init__(self) -> None:
        self.plugin = ContractPlugin(self.ready, self.progress, self.publish)

    def run(self) -> int:
        """Runs the suite, writes and prints; gives the exit status."""
        with self.noting_full_disks():
            for ready in self.ready.values():
                remove_results(self.folder, ready.settings.name, ready.contract.name)
                write_report(untested_run(ready, UNFINISHED, ended=Ended.RUNNING), self.folder, ready.settings.secrets)
        ended = 0
        with self.noting_full_disks():
            ended = pytest.main(pytest_arguments(self.keyword), plugins=[self.plugin])
        if not self.plugin.runs and self.interruption.received is None:
            reason = NOTHING_RAN.get(
                ended, f"the suite failed: pytest exited with {ended}. This is a bug in the suite."
            )
            cause = Cause.USAGE if ended in NOTHING_RAN else Cause.SUITE
            self.console.print(f"NOT TESTED  {reason}", markup=False, soft_wrap=True)
            with self.noting_full_disks():
                homes = [
                    write_report(untested_run(ready, reason, cause=cause), self.folder, ready.settings.secrets).parent
                    for ready in self.ready.values()
                ]
                write_renderings(self.folder, read_reports(homes))
            return EXIT_STATUS[Conformance.NOT_TESTED]
        return self.end()

    def end(self) -> int:
        """Writes and prints what is known; gives the exit status."""
        shown = with_stale_waivers(dict(self.shown_runs()))
        with self.noting_full_disks():
            self.write_unselected(shown)
        for name, run in shown.items():
            secrets = self.ready[name].settings.secrets
            with self.noting_full_disks():
                write_report(run, self.folder, secrets)
            self.console.print()
            print_run(run, self.console, self.folder / run.name, secrets)
        print_grid(shown.values(), self.console)
        with self.noting_full_disks():
            if not self.unwritten:
                reports = read_reports(self.folder / run.name / run.contract for run in shown.values())
                write_renderings(self.folder, reports)
                keep_copies(self.folder, reports)
        self.tell_github(shown)
        if self.unwritten:
            self.console.print(f"NOT TESTED  no report: {self.unwritten}", markup=False, soft_wrap=True)
        if self.interruption.received is not None:
            return SHELL_OFFSET + self.interruption.received
        self.write_waivers(shown.values())
        for name, run in shown.items():
            self.print_undecided_demands(run, self.ready[name].settings.secrets)
        return worst_status(shown.values(), unwritten=bool(self.unwritten))

    def tell_github(self, runs: Mapping[str, Run]) -> None:
        """The summary and the annotations of a job on GitHub, where the environment says that this is one."""
        told = [(self.folder / run.name, run, self.ready[label].settings.secrets) for label, run in runs.items()]
        with self.noting_full_disks():
            write_summary(told, os.environ)
        for line in annotations([(run, secrets) for _, run, secrets in told], os.environ):
            self.console.print(line, markup=False, soft_wrap=True)

    def write_waivers(self, runs: Iterable[Run]) -> None:
        """Waives from now on the failures that count; this run keeps its status."""
        if self.new_waivers is None:
            return
        failing = [(one.rule.id, run.name) for run in runs for one in run.verdicts if run.counts(one)]
        file = self.new_waivers.file
        try:
            added = add_waivers(self.new_waivers, failing, datetime.now(UTC).date())
            told = f"{counted(added, 'waiver')} added; --waivers {file} applies {'it' if added == 1 else 'them'}"
            if not added:
                told = f"none added to {file}: " + ("each failure has one" if failing else "no failure counts")
        except (OSError, DocumentError) as error:
            told = f"not written to {file}: {error}"
        self.console.print(f"WAIVERS  {told}", markup=False, soft_wrap=True)

    def print_undecided_demands(self, run: Run, secrets: Sequence[str]) -> None:
        """Prints the rules that had to be judged and were not."""
        missed = run.undecided_demands
        if missed:
            self.console.print(f"NOT JUDGED  {counted(len(missed), 'required rule')}:")
        for one in missed:
            reason = redact(one_line(one.reason), secrets)
            self.console.print(f"  {one.rule.id}: {reason}", markup=False, soft_wrap=True)

    def shown_runs(self) -> Iterator[tuple[str, Run]]:
        """The runs that ended, about the selected rules, and those that a signal kept from ending."""
        for name in self.ready:
            received = self.interruption.received
            if name in self.plugin.runs:
                yield name, selected_verdicts(self.plugin.runs[name], self.plugin.selected[name])
            elif received is not None:
                known = self.unfinished.get(name) or untested_run(self.plugin.selected_part(name), UNFINISHED)
                reason = f"interrupted by {received.name}"
                stopped = replace(known, not_tested=reason, ended=Ended.INTERRUPTED, ended_by=received)
                yield name, selected_verdicts(stopped, self.plugin.selected.get(name, ()))

    def write_unselected(self, shown: Container[str]) -> None:
        """Reports of contracts of which no rule was selected say so."""
        for name, ready in self.ready.items():
            if name not in shown:
                write_report(untested_run(ready, NOT_SELECTED, cause=Cause.USAGE), self.folder, ready.settings.secrets)

    def publish(self, name: str, run: Run) -> None:
        """Writes what is known of a run that goes on."""
        self.unfinished[name] = selected_verdicts(run, self.plugin.selected[name])
        if self.interruption.received is None:
            with self.noting_full_disks():
                write_report(self.unfinished[name], self.folder, self.ready[name].settings.secrets)

    @contextmanager
    def progress(self, name: str) -> Iterator[Progress]:
        """Says what is tested, and shows how far it is."""
        settings, contract = self.ready[name].settings, self.ready[name].contract.name
        subject = f"{settings.name}: testing {contract} at" if settings.name else f"{contract}: testing"
        told = f"{subject} {settings.gateway or 'the bundled mock'}"
        authority = settings.report / settings.name / AUTHORITY
        tls = f" with TLS by {authority}" if settings.upstream_tls else ""
        where = f" (the upstream listens at {settings.upstream}{tls})" if settings.upstream else ""
        self.console.print(f"{told}, {observation_of(settings)}{where}", soft_wrap=True)
        with show_progress(self.console) as shown:
            yield shown

    @contextmanager
    def noting_full_disks(self) -> Iterator[None]:
        """What cannot be written is noted: the table is printed all the same."""
        try:
            yield
        except OSError as error:
            self.unwritten = error.strerror or str(error)


@contextmanager
def nobody_watches(_: str) -> Iterator[Progress]:
    yield lambda _: None


def select_rules(wanted: Sequence[Settings], keyword: str | None) -> list[PreparedRun]:
    """What is to be run, with the rules that pytest selects. Raises DocumentError, and SettingsError where none is."""
    prepared = read_all(wanted, partial(prepare_selection, keyword=keyword))
    if not keyword:
        return prepared
    plugin = ContractPlugin({found.label: found for found in prepared}, nobody_watches, lambda *_: None)
    ended = pytest.main([*pytest_arguments(keyword), "--collect-only"], plugins=[plugin])
    if ended in NOTHING_RAN:
        raise SettingsError(NOTHING_RAN[ended])
    return [plugin.selected_part(found.label) for found in prepared if found.label in plugin.selected]


def pytest_arguments(keyword: str | None) -> list[str]:
    """The arguments for pytest: our suite, and nothing from the working directory."""
    return [
        str(Path(suite.__file__).parent),
        "--rootdir",
        str(Path(suite.__file__).parent),
        "-c",
        "/dev/null",
        "-p",
        "no:terminal",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:unraisableexception",  # it looks for garbage ten times
        "--capture=no",
        "--disable-plugin-autoload",
        "--assert=plain",
        *(["-k", keyword] if keyword else []),
    ]


def worst_status(runs: Collection[Run], *, unwritten: bool = False) -> int:
    """The exit status of several runs, the first that applies: an error of ours, 1, 2, 3, 0.

    `unwritten` says that a report could not be written.
    """
    not_tested = EXIT_STATUS[Conformance.NOT_TESTED]
    if any(run.our_errors for run in runs):
        return not_tested
    statuses = {run.exit_status for run in runs} | ({not_tested} if unwritten else set())
    return min(statuses - {0}, default=0)


def list_rules(names: Sequence[str], overlays: Sequence[Path]) -> None:
    """Prints every rule of some contracts. Raises DocumentError."""
    console = Console(highlight=False)
    for name in names:
        contract = load_contract(contract_path(name), overlays)
        print_warnings(contract)
        print_rules(derive_rules(contract), console)


def print_warnings(contract: Contract) -> None:
    """Prints to standard error what is probably not meant in a contract."""
    console = Console(stderr=True, highlight=False)
    for warning in contract.warnings:
        console.print(str(warning), markup=False, soft_wrap=True)
