"""How a gateway reaches its upstream: the generation call, and the images behind its links."""

import os
import ssl
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import cache
from http import HTTPStatus
from typing import TypeAlias

import httpx
import orjson
from starlette.types import ASGIApp

from gateway_contract.contract.definition import Upstream
from gateway_contract.traffic.exchange import FaultCause, UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse
from mock_server.serving.signing import Signer
from mock_server.upstream.calls import REQUEST_CALLS, RecordedCall
from mock_server.upstream.protocol import Links, Outbound, Reply, UpstreamAnswer, UpstreamProtocol, UpstreamTransport

UNREACHABLE = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
"""An invalid link, or one whose host has an impossible name, comes from the upstream, too."""
CLIENT_HEADERS = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": "image-gateway-mock"}
NO_STATUS = 0
"""The status in a call's record where there was no response."""


@dataclass(frozen=True, slots=True)
class HttpTransport:
    """Real HTTP, without redirects, cookies and authentication, for which a client takes as long as for the request.

    `seconds` is how long to wait for each step of a response. Close it in the loop in which it was used.
    """

    http: httpx.AsyncBaseTransport
    seconds: float = 30.0

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        headers = call_headers(outbound)
        content = None
        if outbound.body is not ABSENT:
            headers["content-type"], content = "application/json", orjson.dumps(outbound.body)
        began = time.time()
        try:
            answer = await self._exchange(outbound.method, outbound.url, headers, content)
        except UNREACHABLE:
            return UpstreamAnswer(_record(outbound, headers, began, NO_STATUS))
        record = _record(outbound, headers, began, answer.status_code)
        headers_seen = tuple(answer.headers.multi_items())
        return UpstreamAnswer(record, read_json(answer.content), answer.headers.get("retry-after"), headers_seen)

    async def image(self, link: str) -> bytes | None:
        try:
            answer = await self._exchange("GET", link, {}, None)
        except UNREACHABLE:
            return None
        return answer.content if answer.status_code == HTTPStatus.OK else None

    async def _exchange(self, method: str, url: str, headers: dict[str, str], content: bytes | None) -> httpx.Response:
        """A whole response. Raises what is UNREACHABLE."""
        timeout = {"timeout": httpx.Timeout(self.seconds).as_dict()}
        request = httpx.Request(method, url, headers=CLIENT_HEADERS | headers, content=content, extensions=timeout)
        async with aclosing(await self.http.handle_async_request(request)) as response:
            await response.aread()
        return response

    async def aclose(self) -> None:
        await self.http.aclose()


Respond: TypeAlias = Callable[[Outbound], UpstreamAnswer]
Generate: TypeAlias = Callable[[Json, str], tuple[RecordedCall, list[str]] | None]
"""Makes the images of a valid call with a key: the call as it was recorded, and their links. None for other calls."""
FindImage: TypeAlias = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class InProcessTransport:
    """Plain calls of an upstream in this process, without the cost of HTTP.

    `generate` comes to the same as `respond`, without the vendor's layout of the response.
    """

    respond: Respond
    find_image: FindImage
    generate: Generate = lambda _body, _key: None

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        return self.respond(outbound)

    async def image(self, link: str) -> bytes | None:
        return self.find_image(link)

    async def aclose(self) -> None:
        """Nothing is open."""


class TrustError(Exception):
    """SSL_CERT_FILE names no file of certificates; says what it names."""


@cache
def tls_context() -> ssl.SSLContext:
    """Whom an upstream is believed to be issued by; SSL_CERT_FILE replaces the usual authorities.

    Made once: it reads every authority that there is. Raises TrustError.
    """
    try:
        return httpx.create_ssl_context()
    except OSError as error:  # ssl.SSLError is one
        named = os.environ.get("SSL_CERT_FILE")
        raise TrustError(f"SSL_CERT_FILE must name a PEM file of certificates; got {named}: {error}") from error


def http_transport(seconds: float = 30.0, tls: ssl.SSLContext | None = None) -> HttpTransport:
    """The usual transport; it ignores proxies of the environment. Raises TrustError."""
    limits = httpx.Limits(max_connections=256, max_keepalive_connections=8)
    trusted = tls or tls_context()
    return HttpTransport(httpx.AsyncHTTPTransport(verify=trusted, trust_env=False, limits=limits), seconds)


def transport_to(app: ASGIApp) -> HttpTransport:
    """The same requests to an application in this process: without connections, at half the cost."""
    return HttpTransport(httpx.ASGITransport(app, raise_app_exceptions=False))


def call_headers(outbound: Outbound) -> dict[str, str]:
    return {"authorization": f"Bearer {outbound.key}", **dict(outbound.headers)}


def _record(outbound: Outbound, headers: dict[str, str], at: float, status: int) -> UpstreamCall:
    path = httpx.URL(outbound.url).raw_path.decode()
    return UpstreamCall(outbound.method, path, tuple(headers.items()), outbound.body, at, status)


DEFAULT_KEY = "sk-the-gateways-own-key"


@dataclass(frozen=True, slots=True)
class UpstreamClient:
    """`url` is the upstream's with its document's base path; `signer` signs the gateway's own links."""

    upstream: Upstream
    protocol: UpstreamProtocol
    url: str
    transport: UpstreamTransport
    signer: Signer
    key: str = field(default=DEFAULT_KEY, repr=False)

    async def generate(self, call: Json) -> list[str] | ErrorResponse:
        """The links to the images of one generation call, or the error response for its failure."""
        made = self.transport.generate(call, self.key) if isinstance(self.transport, InProcessTransport) else None
        if made is not None:
            recorded, links = made
            if (seen := REQUEST_CALLS.get()) is not None:
                seen.append(recorded)
            return links
        operation = self.upstream.operation
        url = self.url.rstrip("/") + operation.path
        answer = await self.transport.send(Outbound(operation.method, url, call, self.key))
        seen = REQUEST_CALLS.get()
        if seen is not None:
            seen.append(answer.call)
        found = read_links(self.protocol, Reply(answer.call.status, answer.body))
        if isinstance(found, ErrorResponse) and answer.retry_after:
            return replace(found, retry_after=answer.retry_after)
        return found

    async def image(self, link: str) -> bytes | None:
        """The image behind one of the upstream's links; None where there is none."""
        return await self.transport.image(link)


def read_links(protocol: UpstreamProtocol, reply: Reply) -> list[str] | ErrorResponse:
    """The links in a reply, or the error response that it amounts to for a client."""
    if reply.body is ABSENT:
        return BAD_GATEWAY
    found = protocol.read(reply)
    if isinstance(found, Links):
        return list(found.urls) or BAD_GATEWAY
    if found.cause is FaultCause.THROTTLING:
        return ErrorResponse(
            429, "rate_limit_error", "rate_limit_exceeded", "The image service is busy; try again later."
        )
    if found.cause in {FaultCause.REQUEST, FaultCause.CONTENT}:
        return ErrorResponse(400, "invalid_request_error", found.code, found.message or "The image service refused.")
    return BAD_GATEWAY
