"""`check-gateway rerun`: a stored exchange is sent again, where and as the configuration of its gateway says."""

from collections.abc import Mapping

from rich.console import Console

from contract_tests.client.limits import Limits
from contract_tests.command import option_table as table
from contract_tests.command.configuration import Configuration
from contract_tests.command.option_values import Origin, Values, resolve
from contract_tests.command.run_settings import access_of, tokens_of
from contract_tests.report.wording import one_line
from contract_tests.rerun import changes, failing_rules, no_test, print_changes, send_again, undecided_rules
from contract_tests.results import EXIT_STATUS, Conformance
from contract_tests.run import prepare
from contract_tests.settings import Settings, SettingsError, checked
from contract_tests.stored_exchange import StoredError, StoredExchange, check_requests, destination, listening_address
from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract
from gateway_contract.traffic.redaction import all_secrets, redact


def rerun_values(
    found: StoredExchange, configuration: Configuration, typed: Mapping[str, object], environment: Mapping[str, str]
) -> Values:
    """The options with which a stored exchange is sent again: those of `run` for the gateway that the report names.

    Without a gateway of that name the configuration gives its defaults. Raises SettingsError.
    """
    section = configuration.gateways.get(found.name, {})
    return resolve(typed, environment, section, configuration.defaults)


def rerun_exchange(found: StoredExchange, values: Values) -> int:
    """Sends a stored exchange again and prints what changed: 0 where it breaks no rule now, 1 where it still does.

    2 where it shows nothing about a rule that it broke.

    Raises StoredError, SettingsError, DocumentError, PortInUseError, NoUpstreamError and UnsendableError.
    """
    settings = rerun_settings(found, values)
    url, listening = settings.gateway or "", settings.upstream
    ready = prepare(settings)
    check_requests(found, ready.contract)
    console = Console(highlight=False)
    where = f"; the upstream listens at {listening}" if listening else ""
    told = f"sends to {one_line(url)}, {_named_by(values)}{where}"
    console.print(redact(told, settings.secrets), markup=False, soft_wrap=True)
    exchange = send_again(found, ready)
    secrets = all_secrets([exchange], settings.secrets)
    if reason := no_test(found, exchange):
        console.print(redact(f"NOT TESTED  {one_line(reason)}", secrets), markup=False, soft_wrap=True)
        return EXIT_STATUS[Conformance.NOT_TESTED]
    failing, undecided = failing_rules(ready, exchange), undecided_rules(found, ready, exchange)
    print_changes(changes(found, ready, exchange, undecided | failing), console, secrets)
    if failing:
        console.print(f"it breaks {', '.join(failing)}", markup=False, soft_wrap=True)
        return EXIT_STATUS[Conformance.VIOLATES]
    for rule, reason in undecided.items():
        console.print(
            redact(f"NOT TESTED  {one_line(rule)}: {one_line(reason)}", secrets), markup=False, soft_wrap=True
        )
    if undecided:
        return EXIT_STATUS[Conformance.NOT_TESTED]
    console.print("it breaks no rule now")
    return EXIT_STATUS[Conformance.CONFORMS]


def _named_by(values: Values) -> str:
    """Who gave the address to which the request and the token go."""
    given = values.given[table.URL_OF_GATEWAY.key]
    match given.origin:
        case Origin.BUILT_IN:
            return "named by the report"
        case Origin.GATEWAY:
            return f"named by {given.name}"
    return f"given by {given.name}"


def rerun_settings(found: StoredExchange, values: Values) -> Settings:
    """The settings with which a stored exchange is sent again. Raises StoredError, SettingsError and DocumentError."""
    gateway = destination(found, values[table.URL_OF_GATEWAY])
    return checked(
        Settings(
            contract=_contract(found, values),
            gateway=gateway,
            token=tokens_of(values).current,
            upstream=listening_address(found, values[table.UPSTREAM]),
            upstream_base=values[table.UPSTREAM_BASE],
            upstream_tls=values[table.UPSTREAM_TLS] or found.upstream_tls,
            upstream_names=values[table.UPSTREAM_NAMES] or found.upstream_names,
            report=found.folder,
            overlays=values[table.OVERLAYS],
            limits=Limits(answer=values[table.ANSWER], per_image=values[table.PER_IMAGE]),
            access=access_of(values, gateway),
        )
    )


def _contract(found: StoredExchange, values: Values) -> str:
    """The contract that the report is about, as it is named or as a file: of several, the one with its name."""
    given, overlays = values[table.CONTRACT], values[table.OVERLAYS]
    if len(given) == 1:
        return given[0]
    for one in given:
        if load_contract(contract_path(one), overlays).name == found.contract:
            return one
    if given:
        raise SettingsError(f"{values.name(table.CONTRACT)} must name {found.contract!r}, which the report is about")
    if found.contract not in BUNDLED:
        raise StoredError(
            f"the report is about {found.contract!r}, which is not a bundled contract: give --contract FILE"
        )
    return found.contract
