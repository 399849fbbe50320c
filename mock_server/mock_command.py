"""The mock in the foreground: says what it serves, and stops in order."""

import asyncio
from collections.abc import Sequence

import click
import uvicorn

from gateway_contract.catalogue import BUNDLED, contract_path
from gateway_contract.contract import Contract
from gateway_contract.loading import load_contract
from mock_server.gateway_app import http_client
from mock_server.mock_app import MockSettings, mock_app, upstreams
from mock_server.serving import listen
from mock_server.upstream_client import DEFAULT_KEY

ANYWHERE = frozenset({"0.0.0.0", "::"})


def serve_until_stopped(
    host: str, port: int, names: Sequence[str], token: str | None, upstream: str | None, upstream_key: str | None
) -> None:
    """Serves until interrupted. Raises DocumentError and PortInUseError before anything is served."""
    contracts = [load_contract(contract_path(name)) for name in names or BUNDLED]
    listener = listen(host, port)
    own = f"http://{'127.0.0.1' if host in ANYWHERE else host}:{listener.getsockname()[1]}"
    click.echo("\n".join(greeting(contracts, own)))
    if host in ANYWHERE:
        click.echo("Anyone who reaches this machine can call it: the mock checks no identity.", err=True)
    asyncio.run(_serve(contracts, MockSettings(own, token, upstream, upstream_key or DEFAULT_KEY), listener))


def greeting(contracts: Sequence[Contract], own: str) -> list[str]:
    lines = [f"Listening on {own}"]
    lines += [f"  {contract.name:<12} {own}/{contract.name}{contract.operation.path}" for contract in contracts]
    lines += [f"  {upstream.name:<12} {own}/{upstream.name}{upstream.base}" for upstream in upstreams(contracts)]
    return lines


async def _serve(contracts: Sequence[Contract], settings: MockSettings, listener: object) -> None:
    async with http_client() as http:
        config = uvicorn.Config(mock_app(contracts, settings, http), log_level="warning", lifespan="off")
        await uvicorn.Server(config).serve(sockets=[listener])  # type: ignore[list-item] # a socket
