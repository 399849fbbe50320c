"""A forwarding application on a real socket, before whatever stands in the real upstream's place."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import Json
from mock_server.serving.server import serving
from mock_server.upstream.calls import UpstreamCalls
from mock_server.upstream.forward import forwarding_app
from tests.mock_server.served import DASHSCOPE, client

MOUNT = "/dashscope"


@dataclass(frozen=True, slots=True)
class ServedForwarding:
    """`url` is where it is mounted."""

    url: str
    calls: UpstreamCalls
    http: httpx.Client

    def post(self, path: str, body: Json, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.http.post(self.url + path, json=body, headers=headers)

    @property
    def last(self) -> UpstreamCall:
        return tuple(self.calls)[-1]


@contextmanager
def forwarding_to(url: str, seconds: float = 30) -> Iterator[ServedForwarding]:
    """Mounted as the mock mounts it; its way to the upstream is closed in the loop in which it was used."""
    calls, out = UpstreamCalls(), httpx.AsyncClient(trust_env=False, timeout=seconds)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with out:
            yield

    forwarding = forwarding_app(calls, DASHSCOPE, lambda _: [], url, out, seconds)
    mounted = Starlette(routes=[Mount(MOUNT, forwarding)], lifespan=lifespan)
    with serving(mounted) as own, client() as http:
        yield ServedForwarding(own + MOUNT, calls, http)
