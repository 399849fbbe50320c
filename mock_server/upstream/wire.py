"""What carries a gateway's calls to its upstream: HTTP, or a plain call where the upstream is the stub beside it."""

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal, Protocol

import httpx
import orjson

from gateway_contract.exchange import Headers, UpstreamCall
from gateway_contract.read_json import read_json
from gateway_contract.values import ABSENT, Json, Nothing
from mock_server.images.links import picture_content
from mock_server.upstream.app import UpstreamAnswer, stub_answer
from mock_server.upstream.stub import UpstreamStub

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
