"""`check-gateway`: the command behind `make contract`.

Exit status 0 conforms, 1 violates, 2 could not be tested, 3 conforms but leaves a demand unmet;
129, 130 or 143 after a signal.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from contract_tests.command.option_forms import durations
from contract_tests.command.option_table import secret_variables
from contract_tests.command.options import rerun_options, run_options
from contract_tests.command.output import watch_output
from contract_tests.command.signals import end_with_status
from contract_tests.garbage import collect_seldom, keep_garbage
from gateway_contract.extras import DISTRIBUTION, Extra, MissingExtraError, check_extras

# The options answer --help at once: what takes time to import is imported by the subcommands.

YAML = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


def seconds(text: str) -> float:
    """A time such as 90s, as an option has it."""
    return durations().read(text, Path())


def start() -> None:
    """The command as it is installed. It ends with 2 if nobody reads what it says."""
    end_with_status()
    collect_seldom()
    output = watch_output()
    try:
        try:
            run_command()
        finally:
            keep_garbage()
            if output is not None:
                sys.stdout.flush()
    except SystemExit:
        if output is None or output.has_reader:
            raise
        sys.exit(CannotTestError.exit_code)


def run_command() -> None:
    """Raises SystemExit. An error of our own has the status 2: it says nothing about a gateway."""
    try:
        main(prog_name="check-gateway")
    except Exception as error:  # noqa: BLE001 # whatever it is, it must not look like a violation
        from traceback import format_exception

        from contract_tests.client.tokens import without_tokens
        from gateway_contract.traffic.redaction import redact

        text = without_tokens("".join(format_exception(error)))
        click.echo(redact(text, map(os.environ.get, secret_variables())), err=True)
        click.echo("This is an error of the suite, not of the gateway.", err=True)
        sys.exit(CannotTestError.exit_code)


@click.group()
@click.version_option(package_name=DISTRIBUTION, message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Test an image gateway against its contract, rule by rule."""
    name = context.invoked_subcommand
    try:
        check_extras(f"{context.info_name} {name}", Extra.MOCK if name == mock.name else Extra.GATE)
    except MissingExtraError as error:
        raise CannotTestError(str(error)) from error


@main.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@run_options
@click.option("--config", type=YAML, help="Configuration. [gateway.yaml or pyproject.toml, here or above]")
@click.option("--report", default=Path("report"), show_default=True, type=FOLDER, help="Folder for the reports.")
@click.option("--write-waivers", type=YAML, help="Add an entry for each failure that counts to this file.")
@click.option("--reason", metavar="TEXT", help="Why they are accepted: with --write-waivers.")
@click.option("--until", metavar="DATE", help="The last day on which they are: with --write-waivers.")
@click.option("-k", "keyword", metavar="EXPR", help='Only rules whose id matches, as in pytest: "seed and preserves".')
@click.option("--require-gateway", is_flag=True, help="Exit with 2 instead of testing the bundled mock.")
def run(  # a parameter of each argument and option that is not in the table
    names: tuple[str, ...],
    config: Path | None,
    report: Path,
    write_waivers: Path | None,
    reason: str | None,
    until: str | None,
    keyword: str | None,
    require_gateway: bool,  # noqa: FBT001 # an option
    **typed: object,
) -> None:
    """Run the suite, print what fails, and write the reports.

    NAME is a gateway of the configuration. Without names: --gateway URL, else all gateways of the configuration, else
    the bundled mock. Each option is also CHECK_GATEWAY_<KEY> in the environment and a KEY of the configuration.
    """
    from contract_tests.command.configuration import find_configuration
    from contract_tests.command.run_settings import check_gateways, requested_runs
    from contract_tests.command.session import test_gateways
    from contract_tests.report.folder import ReportFolderError
    from contract_tests.settings import SettingsError
    from contract_tests.waivers import new_waivers
    from gateway_contract.document.node import DocumentError

    try:
        added = new_waivers(write_waivers, reason, until, datetime.now(UTC).date())
    except (ValueError, DocumentError) as error:
        raise CannotTestError(str(error)) from error
    try:
        requested = requested_runs(names, find_configuration(config), typed, os.environ, report)
        if require_gateway:
            check_gateways(requested)
        sys.exit(test_gateways(requested, keyword, added))
    except (DocumentError, SettingsError, ReportFolderError) as error:
        raise CannotTestError(str(error)) from error


@main.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@run_options
@click.option("--config", type=YAML, help="Configuration. [gateway.yaml or pyproject.toml, here or above]")
@click.option("--assume", default="3s", metavar="3s", type=seconds, help="Time for one image. [3s]")
@click.option("--look", is_flag=True, help="Send one request to measure the seconds for one image.")
@click.option("--price", type=click.FloatRange(0), help="Price of one image.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="[text]")
@click.option("-k", "keyword", metavar="EXPR", help='Only rules whose id matches, as in pytest: "seed and preserves".')
def plan(  # as many options
    names: tuple[str, ...],
    config: Path | None,
    assume: float,
    look: bool,  # noqa: FBT001 # an option
    price: float | None,
    form: str,
    keyword: str | None,
    **typed: object,
) -> None:
    """Print what `run` would send: requests, images and seconds by phase. Sends nothing, unless --look is given."""
    from contract_tests.command.configuration import find_configuration
    from contract_tests.command.plan_command import print_plans, unused_token
    from contract_tests.command.run_settings import requested_runs
    from contract_tests.command.session import select_rules
    from contract_tests.settings import SettingsError
    from gateway_contract.document.node import DocumentError

    try:
        asked = typed if look else typed | unused_token()
        requested = requested_runs(names, find_configuration(config), asked, os.environ, Path("report"))
        print_plans(select_rules(requested, keyword), None if look else assume, price, as_json=form == "json")
    except (DocumentError, SettingsError) as error:
        raise CannotTestError(str(error)) from error


@main.command()
@click.argument("exchange", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@rerun_options
@click.option("--config", type=YAML, help="Configuration. [gateway.yaml or pyproject.toml, here or above]")
def rerun(exchange: Path, config: Path | None, **typed: object) -> None:
    """Send a stored EXCHANGE of a report again, and print what changed.

    The configuration of the report's gateway holds, as in `run`. Without --gateway the request goes to the address in
    the configuration, else to the report's gateway, if that is on this machine.
    """
    from contract_tests.client.limits import UnsendableError
    from contract_tests.command.configuration import find_configuration
    from contract_tests.command.rerun_command import rerun_exchange, rerun_values
    from contract_tests.execution.observer import NoUpstreamError
    from contract_tests.settings import SettingsError
    from contract_tests.stored_exchange import StoredError, read_stored
    from gateway_contract.document.node import DocumentError
    from mock_server.serving.server import PortInUseError

    try:
        found = read_stored(exchange)
        sys.exit(rerun_exchange(found, rerun_values(found, find_configuration(config), typed, os.environ)))
    except (DocumentError, SettingsError, StoredError, PortInUseError, NoUpstreamError, UnsendableError) as error:
        raise CannotTestError(str(error)) from error


@main.command()
@click.option("--contract", "contracts", multiple=True, help="Name or file of a contract. [both]")
@click.option("--overlay", "overlays", multiple=True, type=click.Path(path_type=Path), help="OpenAPI Overlay to apply.")
def rules(contracts: tuple[str, ...], overlays: tuple[Path, ...]) -> None:
    """List every rule with its level, clause and statement."""
    from contract_tests.command.session import list_rules
    from gateway_contract.contract.load_contract import BUNDLED
    from gateway_contract.document.node import DocumentError

    try:
        list_rules(contracts or BUNDLED, overlays)
    except DocumentError as error:
        raise CannotTestError(str(error)) from error


@main.command()
@click.option("--contract", "contracts", multiple=True, help="Name or file of a contract. [both]")
@click.option("--overlay", "overlays", multiple=True, type=click.Path(path_type=Path), help="OpenAPI Overlay to apply.")
@click.option("--complete", is_flag=True, help="Exit with 1 if a contract states anything that no rule tests.")
def check(contracts: tuple[str, ...], overlays: tuple[Path, ...], complete: bool) -> None:  # noqa: FBT001 # an option
    """List what each contract states and no rule tests. Exit with 2 if a contract does not load."""
    from contract_tests.check import check_contracts
    from gateway_contract.contract.load_contract import BUNDLED
    from gateway_contract.document.node import DocumentError

    try:
        sys.exit(check_contracts(contracts or BUNDLED, overlays, complete=complete))
    except DocumentError as error:
        raise CannotTestError(str(error)) from error


@main.command()
@click.argument("rule")
@click.argument("folder", default=Path("report"), type=click.Path(path_type=Path, file_okay=False))
def show(rule: str, folder: Path) -> None:
    """Print one RULE of the reports in FOLDER [report] in full: request, upstream call, answer and curl line."""
    from rich.console import Console

    from contract_tests.report.show_rule import NoSuchRuleError, find_rule, print_rule

    try:
        for number, found in enumerate(find_rule(rule, folder)):
            click.echo("\n" if number else "", nl=False)
            print_rule(found, Console(highlight=False))
    except NoSuchRuleError as error:
        raise CannotTestError(str(error)) from error


@main.command("report")
@click.argument("folder", default=Path("report"), type=FOLDER)
@click.option("--format", "form", type=click.Choice(["html", "md", "junit", "badge"]), default="html", help="[html]")
def render(folder: Path, form: str) -> None:
    """Print the reports in FOLDER [report] in another form, from report.json and the exchanges beside it."""
    from contract_tests.report.renderings import ReportFormat, render_again
    from contract_tests.report.stored_report import NoReportError

    try:
        click.echo(render_again(folder, ReportFormat(form)), nl=False)
    except NoReportError as error:
        raise CannotTestError(str(error)) from error


@main.command()
@click.argument("old", type=click.Path(path_type=Path, exists=True))
@click.argument("new", type=click.Path(path_type=Path, exists=True))
def compare(old: Path, new: Path) -> None:
    """Print what changed from the report OLD to NEW, each a report.json or a folder of them.

    Exit with 1 for new failures that count, with 3 if documented rules are not judged any more.
    """
    from rich.console import Console

    from contract_tests.report.report_changes import NotComparableError, compare_reports

    try:
        sys.exit(compare_reports(old, new, Console(highlight=False)))
    except NotComparableError as error:
        raise CannotTestError(str(error)) from error


@main.command()
@click.option("--contract", "contracts", multiple=True, help="Name or file of a contract. [both]")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes to run at the same time. [processors + 1]")
@click.option("--defect", metavar="NAME", help="Only this defect; `python -m mock_server --list-defects` lists them.")
@click.option(
    "--json",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the matrix here: a list of objects with contract, kind, name, level, broken, blamed, after, requests,"
    " seconds and problems.",
)
@click.option("--overlay", "overlays", multiple=True, type=click.Path(path_type=Path), help="OpenAPI Overlay to apply.")
def selftest(
    contracts: tuple[str, ...], jobs: int | None, defect: str | None, file: Path | None, overlays: tuple[Path, ...]
) -> None:
    """Prove the suite: it finds every known defect and blames no conforming gateway."""
    from contract_tests.selftest import trials as proof
    from gateway_contract.document.node import DocumentError
    from mock_server.defects.catalogue import UnknownDefectError

    try:
        sys.exit(proof.selftest(contracts, jobs, defect, file, overlays))
    except (DocumentError, UnknownDefectError) as error:
        raise CannotTestError(str(error)) from error


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def mock(arguments: tuple[str, ...]) -> None:
    """Serve the mock gateways, as `python -m mock_server` does."""
    from mock_server.cli import main as serve

    serve(arguments, prog_name="check-gateway mock")


class CannotTestError(click.ClickException):
    """No test was run; says why and what to do."""

    exit_code = 2
