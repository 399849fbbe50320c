"""The mock in the foreground: says what it serves, and stops in order."""

import signal
from collections.abc import Mapping, Sequence

import click
import uvicorn

from gateway_contract.catalogue import BUNDLED, contract_path
from gateway_contract.contract import Contract
from gateway_contract.loading import load_contract
from mock_server.defects.catalogue import defects, defects_named
from mock_server.defects.way import Defect
from mock_server.dropping import DroppingProtocol
from mock_server.gateway_app import http_client
from mock_server.mock_app import MockSettings, mock_app, upstreams
from mock_server.serving import listen, url_of
from mock_server.upstream_client import DEFAULT_KEY

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that stand for all of a machine's, and where the machine itself reaches them."""


def serve_until_stopped(
    host: str,
    port: int,
    names: Sequence[str],
    token: str | None,
    upstream: str | None,
    upstream_key: str | None,
    defect: str | None = None,
) -> None:
    """Serves until interrupted.

    Raises DocumentError, UnknownDefectError and PortInUseError before anything is served.
    """
    contracts = loaded(names)
    broken = {} if defect is None else defects_named(defect, contracts)
    with listen(host, port) as listener:
        own = url_of(ANYWHERE.get(host, host), listener)
        apps = {name: found.app for name, found in broken.items()}
        settings = MockSettings(own, token, upstream, upstream_key or DEFAULT_KEY, apps)
        app = mock_app(contracts, settings, http_client())
        server = uvicorn.Server(uvicorn.Config(app, http=DroppingProtocol, log_level="warning"))
        for stopping in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stopping, server.handle_exit)  # from the first line that is printed on
        click.echo("\n".join([*greeting(contracts, own), *warnings(broken)]))
        if host in ANYWHERE:
            click.echo("Anyone who reaches this machine can call it: the mock checks no identity.", err=True)
        server.run(sockets=[listener])


def loaded(names: Sequence[str]) -> list[Contract]:
    """The contracts of that name, or those of the project. Raises DocumentError."""
    return [load_contract(contract_path(name)) for name in names or BUNDLED]


def listing(names: Sequence[str]) -> list[str]:
    """Every defect of some contracts, with what is wrong. Raises DocumentError."""
    lines = []
    for contract in loaded(names):
        known = defects(contract)
        width = max(len(str(defect)) for defect in known)
        lines += [f"{contract.name}: {len(known)} defects"]
        lines += [f"  {defect!s:<{width}}  {defect.way.says}" for defect in known]
    return lines


def warnings(broken: Mapping[str, Defect]) -> list[str]:
    """What is wrong with gateways that are broken on purpose."""
    return [f"Broken on purpose: {name} has {defect}. {defect.way.says}" for name, defect in broken.items()]


def greeting(contracts: Sequence[Contract], own: str) -> list[str]:
    lines = [f"Listening on {own}"]
    lines += [f"  {contract.name:<12} {own}/{contract.name}{contract.operation.path}" for contract in contracts]
    lines += [f"  {upstream.name:<12} {own}/{upstream.name}{upstream.base}" for upstream in upstreams(contracts)]
    return lines
