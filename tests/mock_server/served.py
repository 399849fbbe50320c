"""Gateways and upstreams on real sockets, each with what arrived at its upstream."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import Json
from mock_server.faults.fault import Fault
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.serving.server import serving
from mock_server.serving.signing import Signer
from mock_server.upstream.client import UpstreamClient, http_transport
from mock_server.upstream.protocols import PROTOCOLS, protocol_of
from mock_server.upstream.stub import UpstreamStub, upstream_app

KEY = "sk-of-the-gateway"
DASHSCOPE = PROTOCOLS["dashscope"]
Body = dict[str, Json]


def fault_named(written: str) -> Fault:
    return next(fault for fault in DASHSCOPE.faults if str(fault) == written)


def client() -> httpx.Client:
    return httpx.Client(headers={"authorization": "Bearer sk-any"}, timeout=30, trust_env=False)


@dataclass(frozen=True, slots=True)
class ServedStub:
    """An upstream stub at its URL."""

    url: str
    stub: UpstreamStub
    http: httpx.Client

    def call(self, body: Json, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.http.post(self.url + self.stub.path, json=body, headers=headers)

    @property
    def last(self) -> UpstreamCall:
        return tuple(self.stub.calls)[-1]


@dataclass(frozen=True, slots=True)
class ServedGateway:
    """A gateway at its URL. `calls` are all that the stub behind it, at `upstream`, ever got."""

    contract: Contract
    url: str
    upstream: str
    stub: UpstreamStub
    http: httpx.Client

    def post(self, body: Json, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.http.post(self.url + self.contract.operation.path, json=body, headers=headers)

    def send(self, content: bytes) -> httpx.Response:
        return self.http.post(self.url + self.contract.operation.path, content=content)

    @property
    def calls(self) -> tuple[UpstreamCall, ...]:
        return tuple(self.stub.calls)


@contextmanager
def stub_served(contract: Contract, layout_of: Callable[[Json], str | None] = lambda _: None) -> Iterator[ServedStub]:
    assert contract.upstream is not None
    with served(UpstreamStub(contract.upstream, protocol_of(contract.upstream), layout_of=layout_of)) as found:
        yield found


@contextmanager
def served(stub: UpstreamStub) -> Iterator[ServedStub]:
    with serving(upstream_app(stub)) as url, client() as http:
        yield ServedStub(url, stub, http)


@contextmanager
def gateway_served(
    contract: Contract,
    *,
    layout_of: Callable[[Json], str | None] = lambda _: None,
    token: str | None = None,
    upstream: str | None = None,
) -> Iterator[ServedGateway]:
    """A gateway before a stub of its own, or before whatever `upstream` is the URL of."""
    with stub_served(contract, layout_of) as behind:
        gateway = gateway_before(upstream or behind.url, contract, token)
        with serving(gateway_app(gateway)) as url:
            yield ServedGateway(contract, url, behind.url, behind.stub, behind.http)


def gateway_before(upstream: str, contract: Contract, token: str | None = None) -> Gateway:
    assert contract.upstream is not None
    url = upstream + contract.upstream.base
    return Gateway(
        contract,
        UpstreamClient(contract.upstream, protocol_of(contract.upstream), url, http_transport(), Signer(b"links"), KEY),
        token,
    )


@contextmanager
def canned(status: int, content: bytes, media_type: str = "application/json") -> Iterator[str]:
    """An upstream that answers every POST with the same, and every GET with nothing to be found."""

    async def answer(request: Request) -> Response:
        if request.method == "POST":
            return Response(content, status, media_type=media_type)
        return Response(status_code=404)

    with serving(Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])) as url:
        yield url
