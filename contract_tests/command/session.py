"""A whole session: contracts read, the suite run under pytest, reports written and printed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from contract_tests import suite
from contract_tests.client.access import Access
from contract_tests.execution.campaign import Progress
from contract_tests.plugin import ContractPlugin, selected_verdicts
from contract_tests.report.json_report import write_report
from contract_tests.report.progress import show_progress
from contract_tests.report.rule_list import print_rules
from contract_tests.report.terminal import print_run
from contract_tests.rerun import changes, failing_rules, print_changes, read_stored, send_again
from contract_tests.results import EXIT_STATUS, Conformance
from contract_tests.run import observation_of, prepare
from contract_tests.settings import Settings, SettingsError, checked
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.rules.derive import derive_rules
from gateway_contract.traffic.redaction import all_secrets

NOTHING_RAN: Mapping[int, str] = {
    pytest.ExitCode.NO_TESTS_COLLECTED: "-k matches no rule; `check-gateway rules` lists them",
    pytest.ExitCode.USAGE_ERROR: "-k must be words joined by and, or, not",
}


def test_gateways(wanted: Sequence[Settings], keyword: str | None) -> int:
    """Tests what the settings ask for, one contract after another; gives the exit status of the worst.

    Raises DocumentError for a contract that cannot be read, SettingsError for a folder that cannot be made.
    """
    ready = {found.contract.name: found for found in map(prepare, wanted)}
    for found in ready.values():
        print_warnings(found.contract)
    folder = make_folder(wanted[0].report)
    console = Console(highlight=False)

    @contextmanager
    def progress(name: str) -> Iterator[Progress]:
        settings = ready[name].settings
        where = f" (the upstream listens at {settings.upstream})" if settings.upstream else ""
        console.print(
            f"{name}: testing {settings.gateway or 'the bundled mock'}, {observation_of(settings)}{where}",
            soft_wrap=True,
        )
        with show_progress(console) as shown:
            yield shown.step

    plugin = ContractPlugin(ready, progress)
    ended = pytest.main(pytest_arguments(folder, keyword), plugins=[plugin])
    if not plugin.runs:
        console.print(
            NOTHING_RAN.get(ended, f"the suite failed: pytest exited with {ended}. This is a bug in the suite.")
        )
        return EXIT_STATUS[Conformance.NOT_TESTED]
    shown = {name: selected_verdicts(run, plugin.selected[name]) for name, run in plugin.runs.items()}
    for name, run in shown.items():
        settings = ready[name].settings
        secrets = settings.secrets
        write_report(run, folder, secrets)
        console.print()
        print_run(run, console, folder, secrets)
    return worst_status([run.conformance for run in shown.values()])


def make_folder(folder: Path) -> Path:
    """The folder for the reports, before anything is sent: a run must not end without them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"--report must be a writable folder; got {folder}: {error.strerror}") from error
    return folder


def pytest_arguments(folder: Path, keyword: str | None) -> list[str]:
    """What pytest is told: our suite and nothing of the folder that the command is called in."""
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
        "--capture=no",
        "--disable-plugin-autoload",
        "--assert=plain",
        f"--junit-xml={folder / 'junit.xml'}",
        *(["-k", keyword] if keyword else []),
    ]


def worst_status(found: Sequence[Conformance]) -> int:
    """The exit status of several runs: a violation before all, then what could not be tested."""
    order = (Conformance.VIOLATES, Conformance.NOT_TESTED, Conformance.CONFORMS)
    return EXIT_STATUS[min(found, key=order.index)]


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


def rerun_exchange(
    path: Path,
    gateway: str | None,
    contract: str | None,
    token: str,
    upstream: str | None,
    access: Access,
    overlays: tuple[Path, ...] = (),
) -> int:
    """Sends a stored exchange again and prints what changed: 0 where it breaks no rule now, 1 where it still does.

    Raises StoredError, SettingsError, DocumentError, PortInUseError and NoUpstreamError.
    """
    found = read_stored(path)
    name, url = contract or found.contract, gateway or found.gateway
    settings = Settings(name, url, token, upstream, overlays=overlays, access=access)
    ready = prepare(checked(settings))
    exchange = send_again(found, ready)
    console = Console(highlight=False)
    failing = failing_rules(ready, exchange)
    print_changes(changes(found, ready, exchange, failing), console, all_secrets([exchange], settings.secrets))
    console.print(f"it breaks {', '.join(failing)}" if failing else "it breaks no rule now", soft_wrap=True)
    return 1 if failing else 0
