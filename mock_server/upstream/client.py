"""How a gateway reaches its upstream: the generation call, and the images behind its links."""

from dataclasses import dataclass, field, replace
from typing import Literal

from gateway_contract.contract import Upstream
from gateway_contract.values import ABSENT, Json, Nothing
from mock_server import dashscope
from mock_server.gateway.refusals import UPSTREAM_BROKE, Refusal
from mock_server.signing import Signer
from mock_server.upstream.calls import UPSTREAM_SEEN
from mock_server.upstream.wire import Outbound, UpstreamWire

DEFAULT_KEY = "sk-the-gateways-own-key"


@dataclass(frozen=True, slots=True)
class UpstreamClient:
    """`url` is the upstream's with its document's base path; `signer` signs the gateway's own links."""

    upstream: Upstream
    url: str
    wire: UpstreamWire
    signer: Signer
    key: str = field(default=DEFAULT_KEY, repr=False)

    async def generate(self, call: Json) -> list[str] | Refusal:
        """The links to the images of one generation call, or the refusal that its failure amounts to."""
        operation = self.upstream.operation
        url = self.url.rstrip("/") + operation.path
        answer = await self.wire.send(Outbound(operation.method, url, call, self.key))
        seen = UPSTREAM_SEEN.get()
        if seen is not None:
            seen.append(answer.call)
        found = links_or_refusal(answer.call.status, answer.body)
        if isinstance(found, Refusal) and answer.retry_after:
            return replace(found, retry_after=answer.retry_after)
        return found

    async def image(self, link: str) -> bytes | None:
        """The image behind one of the upstream's links; None where there is none."""
        return await self.wire.image(link)


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
