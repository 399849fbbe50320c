"""Settings from the values of options."""

import os
from dataclasses import replace
from pathlib import Path

from contract_tests.client.access import Access
from contract_tests.client.limits import Limits
from contract_tests.command import option_table as table
from contract_tests.command.option_values import Origin, Values
from contract_tests.command.secret_source import read_secret
from contract_tests.settings import Settings, SettingsError, checked, fuzz_examples
from gateway_contract.contract.load_contract import BUNDLED
from gateway_contract.traffic.curl import VARIABLE
from gateway_contract.traffic.exchange import Headers


def all_settings(values: Values, report: Path) -> list[Settings]:
    """The settings of a run for each contract. Raises SettingsError."""
    contracts = values[table.CONTRACT]
    if not contracts and values[table.URL_OF_GATEWAY] is not None:
        raise SettingsError(f"--contract must be {' or '.join(BUNDLED)}, or a file, when --gateway is given")
    common = settings_of(values, report)
    return [checked(replace(common, contract=contract)) for contract in contracts or BUNDLED]


def settings_of(values: Values, report: Path) -> Settings:
    """The settings but for the contract. Raises SettingsError."""
    gateway, upstream = values[table.URL_OF_GATEWAY], values[table.UPSTREAM]
    fuzz_time = values[table.FUZZ_TIME]
    return Settings(
        contract="",
        gateway=gateway,
        token="" if gateway is None else token_of(values),
        upstream=upstream,
        overlays=values[table.OVERLAYS],
        report=report,
        strict=values[table.STRICT],
        seed=values[table.REQUEST_SEED],
        jobs=values[table.JOBS],
        budget=values[table.BUDGET],
        fuzz=fuzz_examples(values[table.FUZZ], fuzz_time, gateway, upstream),
        fuzz_seconds=fuzz_time or 0.0,
        limits=Limits(answer=values[table.ANSWER], per_image=values[table.PER_IMAGE]),
        access=access_of(values),
        require_judged=values[table.REQUIRE_JUDGED],
    )


def access_of(values: Values) -> Access:
    """How the gateway is reached. Raises SettingsError."""
    return Access(
        ca=values[table.CA],
        certificate=values[table.CERTIFICATE],
        key=values[table.KEY],
        headers=_headers(values),
        scheme=values[table.AUTH],
        image_hosts=values[table.IMAGE_HOSTS],
    )


def token_of(values: Values) -> str:
    """The token; empty where nobody gave one. Raises SettingsError."""
    given = values.given[table.TOKEN.key]
    if given.origin is Origin.BUILT_IN:
        return os.environ.get(VARIABLE, "")
    return read_secret(values[table.TOKEN], given.name)


def _headers(values: Values) -> Headers:
    name = values.name(table.HEADER)
    found = tuple((header, read_secret(source, name)) for header, source in values[table.HEADER])
    for header, value in found:
        if not value.isprintable():
            raise SettingsError(f"{name}: the value of {header} must not contain a line break")
    return found
