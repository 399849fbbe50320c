"""How a gateway reaches its upstream: the generation call, and the images behind its links."""

import time
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Literal, Protocol

import httpx
import orjson

from gateway_contract.contract.definition import Upstream
from gateway_contract.traffic.exchange import Headers, UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, Nothing, read_json
from mock_server.images.links import picture_content
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse
from mock_server.serving.signing import Signer
from mock_server.upstream.calls import UPSTREAM_SEEN
from mock_server.upstream.dashscope import messages
from mock_server.upstream.stub import UpstreamStub
from mock_server.upstream.stub_app import UpstreamAnswer, stub_answer

UNREACHABLE = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
"""A link that is none, or whose host has no name that could be, comes from the upstream, too."""
NO_STATUS = 0
"""Stands in a call's record where there was no answer."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """A call as a gateway makes it. `url` is whole; `key` is the gateway's own; `headers` go beside the usual ones."""

    method: str
    url: str
    body: Json | Literal[Nothing.ABSENT]
    key: str = field(repr=False)
    headers: Headers = ()


class UpstreamWire(Protocol):
    """The two things that a gateway wants of its upstream."""

    async def send(self, outbound: Outbound) -> UpstreamAnswer: ...

    async def image(self, link: str) -> bytes | None:
        """The image behind one of the upstream's links; None where there is none."""

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class HttpWire:
    """Real HTTP; the client is closed with the wire, in the loop in which it was used."""

    http: httpx.AsyncClient

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        headers = {"authorization": f"Bearer {outbound.key}", **dict(outbound.headers)}
        content = None
        if outbound.body is not ABSENT:
            headers["content-type"], content = "application/json", orjson.dumps(outbound.body)
        began = time.time()
        try:
            answer = await self.http.request(outbound.method, outbound.url, content=content, headers=headers)
        except UNREACHABLE:
            return UpstreamAnswer(_record(outbound, headers, began, NO_STATUS))
        record = _record(outbound, headers, began, answer.status_code)
        return UpstreamAnswer(record, read_json(answer.content), answer.headers.get("retry-after"))

    async def image(self, link: str) -> bytes | None:
        try:
            answer = await self.http.get(link)
        except UNREACHABLE:
            return None
        return answer.content if answer.status_code == HTTPStatus.OK else None

    async def aclose(self) -> None:
        await self.http.aclose()


@dataclass(frozen=True, slots=True)
class BundledWire:
    """A plain call of our own stub, which is served under `own`: what HTTP would carry, and nothing of its cost."""

    stub: UpstreamStub
    own: str

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        headers = {"authorization": f"Bearer {outbound.key}", **dict(outbound.headers)}
        return stub_answer(self.stub, headers, outbound.body, self.own)

    async def image(self, link: str) -> bytes | None:
        signed = link.rpartition("/")[2].removesuffix(".png")  # wherever it was served when it was made
        return picture_content(self.stub.signer, signed, self.stub.draws)

    async def aclose(self) -> None:
        """Nothing is open."""


def over_http(seconds: float = 30.0) -> HttpWire:
    """The usual wire; proxies of the environment are not for these calls."""
    limits = httpx.Limits(max_connections=256, max_keepalive_connections=8)
    return HttpWire(httpx.AsyncClient(timeout=seconds, trust_env=False, limits=limits))


def _record(outbound: Outbound, headers: dict[str, str], at: float, status: int) -> UpstreamCall:
    path = httpx.URL(outbound.url).raw_path.decode()
    return UpstreamCall(outbound.method, path, tuple(headers.items()), outbound.body, at, status)


DEFAULT_KEY = "sk-the-gateways-own-key"


@dataclass(frozen=True, slots=True)
class UpstreamClient:
    """`url` is the upstream's with its document's base path; `signer` signs the gateway's own links."""

    upstream: Upstream
    url: str
    wire: UpstreamWire
    signer: Signer
    key: str = field(default=DEFAULT_KEY, repr=False)

    async def generate(self, call: Json) -> list[str] | ErrorResponse:
        """The links to the images of one generation call, or the refusal that its failure amounts to."""
        operation = self.upstream.operation
        url = self.url.rstrip("/") + operation.path
        answer = await self.wire.send(Outbound(operation.method, url, call, self.key))
        seen = UPSTREAM_SEEN.get()
        if seen is not None:
            seen.append(answer.call)
        found = links_or_error(answer.call.status, answer.body)
        if isinstance(found, ErrorResponse) and answer.retry_after:
            return replace(found, retry_after=answer.retry_after)
        return found

    async def image(self, link: str) -> bytes | None:
        """The image behind one of the upstream's links; None where there is none."""
        return await self.wire.image(link)


def links_or_error(status: int, answer: Json | Literal[Nothing.ABSENT]) -> list[str] | ErrorResponse:
    if answer is ABSENT:
        return BAD_GATEWAY
    failure = messages.failure_in(status, answer)
    if failure is None:
        return messages.image_links(answer) or BAD_GATEWAY
    if messages.is_throttling(failure):
        return ErrorResponse(
            429, "rate_limit_error", "rate_limit_exceeded", "The image service is busy; try again later."
        )
    if messages.is_clients_fault(failure):
        return ErrorResponse(
            400, "invalid_request_error", failure.code, failure.message or "The image service refused."
        )
    return BAD_GATEWAY
