"""Settings from the values of options."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from contract_tests.chance import Confidence
from contract_tests.client.access import Access
from contract_tests.client.limits import Limits
from contract_tests.client.tokens import TokenError, Tokens, issue_tokens
from contract_tests.command import option_table as table
from contract_tests.command.configuration import Configuration
from contract_tests.command.option_values import Origin, Values, resolve
from contract_tests.command.secret_reading import issue_token, read_secret
from contract_tests.command.secret_source import Literal, Variable
from contract_tests.settings import MAX_SECONDS, Settings, SettingsError, checked, fuzz_examples
from contract_tests.waivers import Waiver, read_waivers
from gateway_contract.contract.load_contract import BUNDLED
from gateway_contract.document.node import DocumentError, Errors, did_you_mean
from gateway_contract.traffic.curl import UNIX, VARIABLE
from gateway_contract.traffic.exchange import Headers


def requested_runs(
    names: Sequence[str],
    configuration: Configuration,
    typed: Mapping[str, object],
    environment: Mapping[str, str],
    report: Path,
) -> list[Settings]:
    """The settings of every run: of the gateways by these names, else of the one that an option or a variable gives.

    Else of all gateways of the configuration, else of the bundled mock. Raises SettingsError with every problem.
    """
    general = resolve(typed, environment, configuration.defaults)
    address = general.given[table.URL_OF_GATEWAY.key]
    if not names and (address.origin is not Origin.BUILT_IN or not configuration.gateways):
        unnamed = all_settings("", general, report)
        _check_names(unnamed, configuration)
        return unnamed
    wanted = tuple(dict.fromkeys(names)) or tuple(configuration.gateways)
    if len(wanted) > 1 and address.origin is not Origin.BUILT_IN:
        raise SettingsError(f"{address.name} must not be given with {len(wanted)} gateways")
    sections = {name: configuration.named(name) for name in wanted}
    settings: list[Settings] = []
    problems: list[str] = []
    for name, section in sections.items():
        try:
            settings += all_settings(name, resolve(typed, environment, section, configuration.defaults), report)
        except SettingsError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise SettingsError("\n".join(problems))
    _check_names(settings, configuration)
    return settings


def check_gateways(settings: Sequence[Settings]) -> None:
    """Raises SettingsError where a run would test the bundled mock."""
    if any(one.gateway is None for one in settings):
        raise SettingsError("no gateway is named: give --gateway URL, or gateways in gateway.yaml")


def _check_names(settings: Sequence[Settings], configuration: Configuration) -> None:
    """Raises DocumentError for all waivers of gateways that the configuration does not have."""
    errors = Errors()
    for waiver in dict.fromkeys(waiver for one in settings for waiver in one.waivers):
        if waiver.gateway and waiver.gateway not in configuration.gateways:
            near = did_you_mean(waiver.gateway, configuration.gateways)
            known = ", ".join(configuration.gateways) or "none: there is no configuration"
            problem = f"unknown gateway {waiver.gateway!r}"
            errors.found.append(DocumentError(waiver.place, problem, near or f"known: {known}"))
    errors.raise_all()


def all_settings(name: str, values: Values, report: Path) -> list[Settings]:
    """The settings of one gateway for each contract. Raises SettingsError."""
    contracts = values[table.CONTRACT]
    if not contracts and values[table.URL_OF_GATEWAY] is not None:
        given = "when --gateway is given" if not name else "or its key in the configuration"
        raise SettingsError(f"--contract must be {' or '.join(BUNDLED)}, or a file, {given}")
    common = replace(settings_of(values, report), name=name)
    return [checked(replace(common, contract=contract)) for contract in contracts or BUNDLED]


def settings_of(values: Values, report: Path) -> Settings:
    """The settings but for the contract. Raises SettingsError."""
    gateway, upstream = values[table.URL_OF_GATEWAY], values[table.UPSTREAM]
    fuzz_time, level = values[table.FUZZ_TIME], values[table.CONFIDENCE]
    tokens = None if gateway is None else tokens_of(values)
    return Settings(
        contract="",
        gateway=gateway,
        token="" if tokens is None else tokens.current,
        upstream=upstream,
        overlays=values[table.OVERLAYS],
        report=report,
        strict=values[table.STRICT],
        seed=values[table.REQUEST_SEED],
        jobs=values[table.JOBS],
        strength=values[table.STRENGTH],
        budget=values[table.BUDGET],
        confidence=None if level is None else Confidence(level, values[table.RARE]),
        fuzz=fuzz_examples(values[table.FUZZ], fuzz_time, gateway, upstream),
        fuzz_seconds=fuzz_time or 0.0,
        max_seconds=values[table.MAX_TIME] or MAX_SECONDS + (fuzz_time or 0.0),
        interval=values[table.RATE] or 0.0,
        slow_upstream=values[table.SLOW_UPSTREAM],
        limits=Limits(answer=values[table.ANSWER], per_image=values[table.PER_IMAGE]),
        access=access_of(values, gateway),
        require_judged=values[table.REQUIRE_JUDGED],
        options=values.used(),
        upstream_base=values[table.UPSTREAM_BASE],
        upstream_tls=values[table.UPSTREAM_TLS] or False,
        upstream_names=values[table.UPSTREAM_NAMES],
        wait=values[table.WAIT],
        waivers=_waivers(values),
        tokens=tokens,
    )


def _waivers(values: Values) -> tuple[Waiver, ...]:
    path = values[table.WAIVERS]
    return () if path is None else read_waivers(path, datetime.now(UTC).date())


def access_of(values: Values, gateway: str | None) -> Access:
    """How the gateway at an address is reached. Raises SettingsError."""
    return Access(
        ca=values[table.CA],
        certificate=values[table.CERTIFICATE],
        key=values[table.KEY],
        headers=_headers(values),
        scheme=values[table.AUTH],
        image_hosts=values[table.IMAGE_HOSTS],
        rewrites=tuple(values[table.REWRITES].items()),
        proxy=values[table.PROXY],
        socket=_socket(gateway),
    )


def _socket(gateway: str | None) -> Path | None:
    return Path(gateway.removeprefix(UNIX)) if gateway is not None and gateway.startswith(UNIX) else None


def tokens_of(values: Values) -> Tokens:
    """The token, and how another one is had; empty where nobody gave one. Raises SettingsError."""
    given, source = values.given[table.TOKEN.key], values[table.TOKEN]
    if given.origin is Origin.BUILT_IN:
        return Tokens(os.environ.get(VARIABLE, ""))
    if isinstance(source, Literal | Variable):
        return Tokens(read_secret(source, given.name))
    try:
        return issue_tokens(partial(issue_token, source, given.name))
    except TokenError as error:
        raise SettingsError(str(error)) from error


def _headers(values: Values) -> Headers:
    name = values.name(table.HEADER)
    found = tuple((header, read_secret(source, name)) for header, source in values[table.HEADER])
    for header, value in found:
        if not value.isprintable():
            raise SettingsError(f"{name}: the value of {header} must not contain a line break")
    return found
