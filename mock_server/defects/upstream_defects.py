"""Defects towards the upstream: what it may do, slowly or in another way that HTTP allows, is not coped with."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from itertools import compress

import httpx

from gateway_contract.values.json_value import Json
from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.failure_defects import give_no_images, when_failed
from mock_server.defects.sites import expected
from mock_server.defects.wrapping import ChangedTransport, ImagesFetchedOtherwise, with_transport
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.upstream.client import NO_STATUS, HttpTransport, http_transport
from mock_server.upstream.protocol import UpstreamTransport

SHORT = 0.8  # seconds: less than a slow upstream takes
SECONDS = 2.0  # for which the other gateways wait


@gateway_defect(expected("slow-upstream-waited-for"))
def slow_upstream_given_up(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A call that the upstream answers slowly is given up."""
    return with_transport(gateway, http_transport(SHORT))


@gateway_defect(expected("slow-upstream-waited-for"))
def slow_image_given_up(gateway: Gateway, _site: PlainSite) -> Gateway:
    """An image that downloads slowly is given up."""

    async def fetch(transport: UpstreamTransport, link: str) -> bytes | None:
        try:
            async with asyncio.timeout(SHORT):
                return await transport.image(link)
        except TimeoutError:
            return None

    return with_transport(gateway, ImagesFetchedOtherwise(http_transport(SECONDS), fetch))


@gateway_defect(expected("slow-upstream-waited-for"))
def slow_image_left_out(gateway: Gateway, _site: PlainSite) -> Gateway:
    """An image that downloads slowly is left out of the response."""

    async def is_there(own: Gateway, link: str) -> bool:
        try:
            async with asyncio.timeout(SHORT):
                return await own.upstream.image(link) is not None
        except TimeoutError:
            return False

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        there = await asyncio.gather(*(is_there(own, link) for link in links))
        return await gateway.answer(own, body, list(compress(links, there)), request)

    return replace(gateway, answer=answer)


@gateway_defect(expected("slow-upstream-waited-for"))
def slow_upstream_as_empty_success(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A call that the upstream answers slowly becomes a success without images."""
    impatient = with_transport(gateway, http_transport(SHORT))
    return when_failed(impatient, lambda answer: answer.call.status == NO_STATUS, give_no_images)


@gateway_defect(expected("upstream-http-understood"))
def coding_offered_and_not_unpacked(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Calls offer the content codings that a browser does; what comes in the rarer ones is not unpacked."""
    offered = (("accept-encoding", "gzip, deflate, br, zstd"),)
    return with_transport(gateway, ChangedTransport(gateway.upstream.transport, more_headers=offered))


@gateway_defect(expected("upstream-http-understood"))
def first_chunk_taken_for_all(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Only the first chunk of a chunked response of the upstream is read."""

    def shortened(response: httpx.Response) -> None:
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = FirstChunk(response.stream)

    return with_transport(gateway, changed_http(shortened))


@dataclass(frozen=True, slots=True)
class FirstChunk(httpx.AsyncByteStream):
    """The first chunk of a body."""

    whole: httpx.AsyncByteStream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.whole:
            yield chunk
            return

    async def aclose(self) -> None:
        await self.whole.aclose()


@gateway_defect(expected("upstream-http-understood"))
def compressed_upstream_not_unpacked(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The gateway offers to take compressed responses of the upstream, and does not unpack them."""

    def packed(response: httpx.Response) -> None:
        response.headers.pop("content-encoding", None)

    return with_transport(gateway, changed_http(packed))


@gateway_defect(expected("upstream-http-understood"))
def upstream_headers_by_exact_case(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A header of the upstream is found only if its name is written in lower case."""

    def without_type(response: httpx.Response) -> None:
        if b"content-type" not in [name for name, _ in response.headers.raw]:
            raise httpx.RemoteProtocolError("no content type")

    return with_transport(gateway, changed_http(without_type))


@gateway_defect(expected("upstream-http-understood"))
def upstream_content_type_compared_whole(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A response of the upstream is read as JSON only if its content type is no more than application/json."""

    def with_charset_unread(response: httpx.Response) -> None:
        if response.headers.get("content-type", "").startswith("application/json;"):
            raise httpx.RemoteProtocolError("no JSON")

    return with_transport(gateway, changed_http(with_charset_unread))


@gateway_defect(expected("upstream-http-understood"))
def closed_connection_used_again(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A kept connection to the upstream is used again though the upstream has closed it."""
    return with_transport(gateway, http_over(OneConnection()))


@gateway_defect(expected("upstream-call-valid"), spoils_all=True)
def call_length_in_characters(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The length of a call is counted in characters, not bytes, so that one with other than ASCII ends too early."""
    return with_transport(gateway, http_over(CutRequests(httpx.AsyncHTTPTransport())))


@dataclass(frozen=True, slots=True)
class CutRequests(httpx.AsyncBaseTransport):
    """HTTP whose requests have as many bytes as their text has characters."""

    inner: httpx.AsyncHTTPTransport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = request.content[: len(request.content.decode())]
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        return await self.inner.handle_async_request(
            httpx.Request(request.method, request.url, headers=headers, content=content)
        )

    async def aclose(self) -> None:
        await self.inner.aclose()


@dataclass(frozen=True, slots=True)
class ChangedHttp(httpx.AsyncBaseTransport):
    """HTTP whose responses are changed, or break, by their head."""

    inner: httpx.AsyncHTTPTransport
    change: Callable[[httpx.Response], None]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        self.change(response)
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


@dataclass(slots=True)
class OneConnection(httpx.AsyncBaseTransport):
    """HTTP over one connection, which is kept until something breaks on it."""

    kept: HTTPConnection | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with self.turn:
            return await asyncio.to_thread(self._exchange, request)

    def _exchange(self, request: httpx.Request) -> httpx.Response:
        url, headers = request.url, dict(request.headers)
        self.kept = self.kept or HTTPConnection(url.host, url.port, timeout=SECONDS)
        try:
            self.kept.request(request.method, url.raw_path.decode(), request.content, headers)
            found = self.kept.getresponse()
            return httpx.Response(found.status, headers=found.getheaders(), content=found.read())
        except (OSError, HTTPException) as error:
            self.kept.close()  # and opened again by the next request
            raise httpx.RemoteProtocolError(str(error)) from error

    async def aclose(self) -> None:
        if self.kept is not None:
            self.kept.close()


def http_over(transport: httpx.AsyncBaseTransport) -> HttpTransport:
    return HttpTransport(transport, SECONDS)


def changed_http(change: Callable[[httpx.Response], None]) -> HttpTransport:
    return http_over(ChangedHttp(httpx.AsyncHTTPTransport(), change))
