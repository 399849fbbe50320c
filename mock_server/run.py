"""The mock in the foreground: says what it serves, and stops in order."""

import hashlib
import secrets
import signal
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

import click
import uvicorn

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract
from mock_server.app import mock_app
from mock_server.defects.catalogue import defects, defects_named
from mock_server.gateway.modes import mode_named
from mock_server.gateway.recordings import recorded_answers
from mock_server.images.drawing import Picture
from mock_server.images.links import drawn
from mock_server.images.user_images import canned_images
from mock_server.options import Options
from mock_server.reload import reloading
from mock_server.runtime.dispatch import hold
from mock_server.runtime.mock import MockSettings, mock_of, upstreams
from mock_server.scenarios.scenario_file import scenario_file
from mock_server.serving.connection import LAST_ANSWERS, DroppingProtocol
from mock_server.serving.server import listen, url_of
from mock_server.upstream.client import DEFAULT_KEY

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that stand for all of a machine's, and where the machine itself reaches them."""
OPEN_TO_OTHERS = (
    "Warning: other machines can reach the mock, and there is no real authentication. "
    "Whoever calls it can read every request and switch everything."
)


class StoppedOnce(uvicorn.Server):
    """Stops in order and within seconds, however often it is told to: uvicorn's own breaks off at the second time."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            super().handle_exit(sig, frame)


def serve_until_stopped(options: Options) -> None:
    """Serves until interrupted.

    Raises DocumentError, UnknownDefectError, CannedImagesError, RecordedAnswersError and PortInUseError before
    anything is served.
    """
    contracts = loaded(options.contracts)
    with listen(options.host, options.port) as listener:
        address = listener.getsockname()[0]
        own = url_of(ANYWHERE.get(address, options.host), listener)
        mock = mock_of(contracts, settings_from(options, own))
        if options.scenarios is not None:
            hold(mock.controls, scenario_file(options.scenarios, contracts))
        config = uvicorn.Config(
            mock_app(mock, lambda: reloading(mock, lambda: loaded(options.contracts), options.scenarios)),
            http=DroppingProtocol,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=LAST_ANSWERS + 1,
        )
        server = StoppedOnce(config)
        for stopping in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stopping, server.handle_exit)  # from the first line that is printed on
        special = [*passed_on(options.forward, contracts), *broken_on_purpose(options.defect, contracts)]
        click.echo("\n".join([*greeting(contracts, own), *special]))
        if not ip_address(address).is_loopback:
            click.echo(OPEN_TO_OTHERS, err=True)
        server.run(sockets=[listener])


def settings_from(options: Options, own: str) -> MockSettings:
    key = secrets.token_bytes(16) if options.link_key is None else options.link_key.encode()
    return MockSettings(
        own=own,
        token=options.token,
        upstream=options.upstream,
        forward=options.forward,
        upstream_key=options.upstream_key or DEFAULT_KEY,
        mode=mode_named(options.mode),
        link_key=hashlib.sha256(key).digest(),
        link_seconds=options.link_seconds,
        draws=drawn if options.images is None else own_pictures(options.images),
        recorded=() if options.recorded is None else recorded_answers(options.recorded),
        defect=options.defect,
        kept=options.kept,
    )


def own_pictures(folder: Path) -> Callable[[Picture], bytes]:
    """Raises CannedImagesError."""
    found = canned_images(folder)
    for problem in found.skipped:
        click.echo(f"Left out: {problem}", err=True)
    return found.draw


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


def passed_on(forward: str | None, contracts: Sequence[Contract]) -> list[str]:
    """Which calls go on to a real upstream."""
    names = [] if forward is None else [upstream.name for upstream in upstreams(contracts)]
    return [f"Passed on: whatever comes to {name} goes to {forward}, and may be billed." for name in names]


def broken_on_purpose(defect: str | None, contracts: Sequence[Contract]) -> list[str]:
    """What is wrong with the gateways that are served."""
    found = {} if defect is None else defects_named(defect, contracts)
    return [f"Broken on purpose: {name} has {one}. {one.way.says}" for name, one in found.items()]


def greeting(contracts: Sequence[Contract], own: str) -> list[str]:
    lines = [f"Listening on {own}", f"  {'console':<12} {own}/"]
    lines += [f"  {contract.name:<12} {own}/{contract.name}{contract.operation.path}" for contract in contracts]
    lines += [f"  {upstream.name:<12} {own}/{upstream.name}{upstream.base}" for upstream in upstreams(contracts)]
    return lines
