"""Runs the mock in the foreground: prints what it serves, and shuts down gracefully."""

import gc
import hashlib
import secrets
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

import click
import uvicorn

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract
from gateway_contract.document.node import DocumentError, read_all
from mock_server.app import mock_app
from mock_server.defects.catalogue import defects, defects_named
from mock_server.gateway.modes import mode_named
from mock_server.gateway.recordings import read_recordings
from mock_server.images.links import draw_cached, draw_clean_cached
from mock_server.images.picture import Picture
from mock_server.options import Options
from mock_server.reload import reloading
from mock_server.runtime.mock import Mock, MockSettings, create_mock
from mock_server.runtime.names import upstreams
from mock_server.runtime.root import default_gateway
from mock_server.scenarios.scenario_file import scenario_file
from mock_server.scenarios.switches import check_scenario
from mock_server.serving.server import KEEP_ALIVE_SECONDS, SHUTDOWN_SECONDS, DroppingProtocol, listen, url_of
from mock_server.upstream.client import DEFAULT_KEY

WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Wildcard addresses, and the loopback address that reaches each of them."""
EXPOSED = (
    "Warning: other machines can reach the mock, and there is no real authentication. "
    "Anyone who can reach it can read every request and change every setting."
)


class GracefulServer(uvicorn.Server):
    """Shuts down gracefully however many signals arrive: uvicorn's own server aborts at the second."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            super().handle_exit(sig, frame)


def serve_until_stopped(options: Options) -> None:
    """Serve until interrupted.

    Raises DocumentError, UnknownDefectError, ScenarioError, CannedImagesError, RecordingError or PortInUseError before
    serving.
    """
    load = partial(load_contracts, options.contracts, options.overlays)
    contracts = load()
    check_default(options.default, contracts)
    with listen(options.host, options.port) as listener:
        address = listener.getsockname()[0]
        own = url_of(WILDCARDS.get(address, options.host), listener)
        mock = create_mock(contracts, settings_from(options, own))
        if options.scenario_file is not None:
            mock.apply_scenario_file(scenario_file(options.scenario_file, contracts))
        check_default_scenario(mock)
        config = uvicorn.Config(
            mock_app(mock, lambda: reloading(mock, load, options.scenario_file)),
            http=DroppingProtocol,
            log_level="warning",
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS + 1,
        )
        server = GracefulServer(config)
        for stopping in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stopping, server.handle_exit)  # before the first line is printed
        notices = [
            *root_notices(default_gateway(mock), own, contracts),
            *proxy_notices(options.proxy_upstream, contracts),
            *defect_notices(options.defect, contracts),
            *token_notices(options.token, options.token_source),
        ]
        click.echo("\n".join([*greeting(contracts, own), *notices]))
        if not ip_address(address).is_loopback:
            click.echo(EXPOSED, err=True)
        gc.freeze()  # what is there now stays
        gc.enable()
        server.run(sockets=[listener])


def settings_from(options: Options, own: str) -> MockSettings:
    draw_picture = drawing(options)
    key = secrets.token_bytes(16) if options.link_signing_key is None else options.link_signing_key.encode()
    return MockSettings(
        own=own,
        token=options.token,
        upstream_url=options.upstream_url,
        proxy_upstream=options.proxy_upstream,
        upstream_key=options.upstream_key or DEFAULT_KEY,
        mode=mode_named(options.mode),
        default_scenario=options.default_scenario,
        link_signing_key=hashlib.sha256(key).digest(),
        link_ttl=options.link_ttl,
        draw_picture=draw_picture,
        draw_thumbnail=draw_clean_cached if options.image_dir is None else draw_picture,
        seed=options.seed,
        clock=time.time if options.now is None else partial(float, options.now),
        record=options.record,
        recordings=() if options.recordings is None else read_recordings(options.recordings),
        defect=options.defect,
        journal_size=options.journal_size,
        default=options.default,
        allowed_hosts=frozenset(options.allowed_hosts),
        allowed_origins=frozenset(options.allowed_origins),
    )


def drawing(options: Options) -> Callable[[Picture], bytes]:
    """Raises CannedImagesError."""
    if options.image_dir is not None:
        return draw_from(options.image_dir)
    return draw_clean_cached if options.clean_images else draw_cached


def draw_from(directory: Path) -> Callable[[Picture], bytes]:
    """Raises CannedImagesError."""
    from mock_server.images.user_images import canned_images

    images = canned_images(directory)
    for problem in images.skipped:
        click.echo(f"Skipped: {problem}", err=True)
    return images.draw


def load_contracts(names: Sequence[str], overlays: Sequence[Path] = ()) -> list[Contract]:
    """Load the named contracts, or the bundled ones if none is named. Raises DocumentError."""
    return read_all(names or BUNDLED, lambda name: load_contract(contract_path(name), overlays))


def defect_list(names: Sequence[str], overlays: Sequence[Path] = ()) -> list[str]:
    """All defects of each contract, one per line with its description. Raises DocumentError."""
    lines = []
    for contract in load_contracts(names, overlays):
        known = defects(contract)
        width = max(len(str(defect)) for defect in known)
        lines += [f"{contract.name}: {len(known)} defects"]
        lines += [f"  {defect!s:<{width}}  {defect.operator.summary}" for defect in known]
    return lines


def check_default(name: str | None, contracts: Sequence[Contract]) -> None:
    """Raises DocumentError for a name that no contract has."""
    names = [contract.name for contract in contracts]
    if name is not None and name not in names:
        raise DocumentError(None, f"no contract {name!r} to serve at the root", f"contracts: {', '.join(names)}")


def check_default_scenario(mock: Mock) -> None:
    """Raises ScenarioError if no gateway has the default scenario."""
    default = mock.settings.default_scenario
    if default is not None:
        check_scenario(default, None, mock.contracts, mock.controls.scenarios.named)


def root_notices(name: str | None, own: str, contracts: Sequence[Contract]) -> list[str]:
    """A notice with the address of the gateway at the root."""
    return [f"At the root, too: {own}{one.operation.path} is {name}" for one in contracts if one.name == name]


def token_notices(token: str | None, source: str) -> list[str]:
    """A notice if the gateways accept one token only; it does not show the token."""
    return [] if token is None else [f"Only the token of {source} is accepted; any other gets 401."]


def proxy_notices(proxy_upstream: str | None, contracts: Sequence[Contract]) -> list[str]:
    """A notice for each upstream whose calls go to a real one."""
    names = [] if proxy_upstream is None else [upstream.name for upstream in upstreams(contracts)]
    return [f"Proxy: calls to {name} go to {proxy_upstream} and may be billed." for name in names]


def defect_notices(name: str | None, contracts: Sequence[Contract]) -> list[str]:
    """A notice for each gateway that is served with a defect."""
    active = {} if name is None else defects_named(name, contracts)
    return [f"Active defect in {gateway}: {defect}. {defect.operator.summary}" for gateway, defect in active.items()]


def greeting(contracts: Sequence[Contract], own: str) -> list[str]:
    lines = [f"Listening on {own}", f"  {'console':<12} {own}/"]
    lines += [f"  {contract.name:<12} {own}/{contract.name}{contract.operation.path}" for contract in contracts]
    lines += [f"  {upstream.name:<12} {own}/{upstream.name}{upstream.base}" for upstream in upstreams(contracts)]
    return lines
