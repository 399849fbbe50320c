"""Everything on one port: each gateway under its contract's name, each upstream stub under its document's name."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from gateway_contract.contract import Contract, Upstream
from gateway_contract.document import DocumentError
from gateway_contract.values import Json
from mock_server.gateway import Gateway
from mock_server.gateway_app import closing, gateway_app
from mock_server.own_url import own_url
from mock_server.signing import Signer
from mock_server.upstream import UpstreamStub, upstream_app
from mock_server.upstream_client import DEFAULT_KEY, UpstreamClient


@dataclass(frozen=True, slots=True)
class MockSettings:
    """`own` is the URL at which the mock will listen; `upstream` another one to call instead of the bundled stub.

    `apps` make the application of a gateway, by its contract's name, where it is not the one that keeps its promises.
    """

    own: str
    token: str | None = None
    upstream: str | None = None
    upstream_key: str = DEFAULT_KEY
    apps: Mapping[str, Callable[[Gateway], ASGIApp]] = field(default_factory=dict)


def mock_app(contracts: Sequence[Contract], settings: MockSettings, http: httpx.AsyncClient) -> Starlette:
    """The application; its shutdown closes the client. Raises DocumentError for a contract that names no upstream."""
    signer = Signer(secrets.token_bytes(16))  # of the gateways; what a stub signs is no link of theirs
    stubs = {upstream.name: UpstreamStub(upstream) for upstream in upstreams(contracts)}
    mounts = [Mount(f"/{name}", upstream_app(stub)) for name, stub in stubs.items()]
    mounts += [Mount(f"/{contract.name}", _gateway(contract, settings, http, signer)) for contract in contracts]

    async def index(request: Request) -> Response:
        return JSONResponse(served(contracts, own_url(request)))

    return Starlette(routes=[Route("/", index), *mounts], lifespan=closing(http))


def upstreams(contracts: Sequence[Contract]) -> list[Upstream]:
    """The upstreams behind some contracts, each once."""
    found = {contract.upstream.name: contract.upstream for contract in contracts if contract.upstream is not None}
    return list(found.values())


def served(contracts: Sequence[Contract], own: str) -> Json:
    """What the mock serves, for whoever looks at its root."""
    gateways: dict[str, Json] = {
        contract.name: f"{contract.operation.method} {own}/{contract.name}{contract.operation.path}"
        for contract in contracts
    }
    stubs: dict[str, Json] = {
        upstream.name: f"{upstream.operation.method} {own}/{upstream.name}{upstream.base}{upstream.operation.path}"
        for upstream in upstreams(contracts)
    }
    return {"gateways": gateways, "upstreams": stubs}


def _gateway(contract: Contract, settings: MockSettings, http: httpx.AsyncClient, signer: Signer) -> ASGIApp:
    upstream = contract.upstream
    if upstream is None:
        place = contract.document.place(contract.operation.pointer)
        raise DocumentError(
            place, f"{contract.name} names no upstream", "a mock needs one: x-upstream on the operation"
        )
    url = settings.upstream or f"{settings.own}/{upstream.name}{upstream.base}"
    client = UpstreamClient(upstream, url, http, signer, settings.upstream_key)
    return settings.apps.get(contract.name, gateway_app)(Gateway(contract, client, settings.token))
