"""How a gateway reaches its upstream: the generation call, and the images behind its links."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Literal

import httpx
import orjson

from gateway_contract.contract import Upstream
from gateway_contract.read_json import read_json
from gateway_contract.values import ABSENT, Json, Nothing
from mock_server import dashscope
from mock_server.refusals import UPSTREAM_BROKE, Refusal
from mock_server.signing import Signer

DEFAULT_KEY = "sk-the-gateways-own-key"
UNREACHABLE = (httpx.HTTPError, httpx.InvalidURL)  # a link that is none comes from the upstream, too


@dataclass(frozen=True, slots=True)
class UpstreamClient:
    """`url` is the upstream's with its document's base path; `signer` signs the gateway's own links."""

    upstream: Upstream
    url: str
    http: httpx.AsyncClient
    signer: Signer
    key: str = DEFAULT_KEY

    async def generate(self, call: Json) -> list[str] | Refusal:
        """The links to the images of one generation call, or the refusal that its failure amounts to."""
        try:
            response = await self.http.request(
                self.upstream.operation.method,
                self.url.rstrip("/") + self.upstream.operation.path,
                content=orjson.dumps(call),
                headers={"authorization": f"Bearer {self.key}", "content-type": "application/json"},
            )
        except UNREACHABLE:
            return UPSTREAM_BROKE
        found = links_or_refusal(response.status_code, read_json(response.content))
        retry_after = response.headers.get("retry-after")
        return replace(found, retry_after=retry_after) if isinstance(found, Refusal) and retry_after else found

    async def image(self, link: str) -> bytes | None:
        """The image behind one of the upstream's links; None where there is none."""
        try:
            response = await self.http.get(link)
        except UNREACHABLE:
            return None
        return response.content if response.status_code == HTTPStatus.OK else None


def links_or_refusal(status: int, answer: Json | Literal[Nothing.ABSENT]) -> list[str] | Refusal:
    if answer is ABSENT:
        return UPSTREAM_BROKE
    failure = dashscope.failure_in(status, answer)
    if failure is None:
        return dashscope.image_links(answer) or UPSTREAM_BROKE
    if dashscope.is_throttling(failure):
        return Refusal(429, "rate_limit_error", "rate_limit_exceeded", "The image service is busy; try again later.")
    if dashscope.is_clients_fault(failure):
        return Refusal(400, "invalid_request_error", failure.code, failure.message or "The image service refused.")
    return UPSTREAM_BROKE
