"""Defects towards the upstream: what it may do, slowly or in another way that HTTP allows, is not coped with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.sites import expected
from mock_server.defects.wrapping import with_transport
from mock_server.gateway.stages import Gateway
from mock_server.upstream.client import HttpTransport, http_transport
from mock_server.upstream.protocol import Outbound, UpstreamAnswer, UpstreamTransport

SHORT = 0.8  # seconds: less than a slow upstream takes
SECONDS = 2.0  # for which the other gateways wait


@gateway_defect(expected("slow-upstream-waited-for"))
def slow_upstream_given_up(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A call that the upstream answers slowly is given up."""
    return with_transport(gateway, http_transport(SHORT))


@gateway_defect(expected("slow-upstream-waited-for"))
def slow_image_given_up(gateway: Gateway, _site: PlainSite) -> Gateway:
    """An image that downloads slowly is given up."""
    return with_transport(gateway, ImpatientTransport(http_transport(SECONDS), SHORT))


@dataclass(frozen=True, slots=True)
class ImpatientTransport:
    """A transport that waits so many seconds for a whole image."""

    transport: UpstreamTransport
    seconds: float

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        return await self.transport.send(outbound)

    async def image(self, link: str) -> bytes | None:
        try:
            async with asyncio.timeout(self.seconds):
                return await self.transport.image(link)
        except TimeoutError:
            return None

    async def aclose(self) -> None:
        await self.transport.aclose()


@gateway_defect(expected("upstream-http-understood"))
def compressed_upstream_not_unpacked(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The gateway offers to take compressed responses of the upstream, and does not unpack them."""

    def packed(response: httpx.Response) -> None:
        response.headers.pop("content-encoding", None)

    return with_transport(gateway, changed_http(After(packed)))


@gateway_defect(expected("upstream-http-understood"))
def upstream_headers_by_exact_case(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A header of the upstream is found only if its name is written in lower case."""

    def without_type(response: httpx.Response) -> None:
        if b"content-type" not in [name for name, _ in response.headers.raw]:
            raise httpx.RemoteProtocolError("no content type")

    return with_transport(gateway, changed_http(After(without_type)))


@gateway_defect(expected("upstream-http-understood"))
def closed_connection_used_again(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A kept connection to the upstream is used again though the upstream has closed it."""
    return with_transport(gateway, changed_http(KeptStreams()))


class HttpChange(Protocol):
    """What is done before a request of the gateway's, and to the response."""

    def before(self, request: httpx.Request) -> None: ...
    def after(self, response: httpx.Response) -> None: ...


@dataclass(frozen=True, slots=True)
class After:
    """Changes the response alone."""

    change: Callable[[httpx.Response], None]

    def before(self, request: httpx.Request) -> None:
        """Nothing."""

    def after(self, response: httpx.Response) -> None:
        self.change(response)


@dataclass(slots=True)
class KeptStreams:
    """Remembers the connection of the last call; the next call breaks if the upstream has closed it."""

    last: list[httpx.Response] = field(default_factory=list)

    def before(self, request: httpx.Request) -> None:
        if request.method != "POST":
            return
        kept, self.last = self.last, []
        if any(_is_closed_by_peer(response) for response in kept):
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")

    def after(self, response: httpx.Response) -> None:
        if response.request.method == "POST" and response.headers.get("connection") != "close":
            self.last = [response]


def _is_closed_by_peer(response: httpx.Response) -> bool:
    """Whether a connection without a request under way has something to read: its end."""
    return response.is_closed and bool(response.extensions["network_stream"].get_extra_info("is_readable"))


@dataclass(frozen=True, slots=True)
class ChangedHttp(httpx.AsyncBaseTransport):
    inner: httpx.AsyncHTTPTransport
    change: HttpChange

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.change.before(request)
        response = await self.inner.handle_async_request(request)
        response.request = request
        self.change.after(response)
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


def changed_http(change: HttpChange) -> HttpTransport:
    return HttpTransport(
        httpx.AsyncClient(transport=ChangedHttp(httpx.AsyncHTTPTransport(), change), timeout=SECONDS, trust_env=False)
    )
