"""What defects and conforming variants wrap around a gateway's upstream and application."""

import io
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.traffic.exchange import Headers
from mock_server.gateway.stages import Gateway, GatewayResponse
from mock_server.serving.error_response import ErrorResponse
from mock_server.upstream.protocol import Outbound, UpstreamAnswer, UpstreamTransport

if TYPE_CHECKING:  # Pillow loads with the first picture
    from PIL import Image

LastAnswer: TypeAlias = ContextVar[UpstreamAnswer | None]
FetchImage: TypeAlias = Callable[[UpstreamTransport, str], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True)
class ChangedTransport:
    """A transport with other URLs, links, headers or images, or one that remembers the last answer of a request."""

    transport: UpstreamTransport
    url_change: Callable[[str], str] = str
    link_change: Callable[[str], str] = str
    last_answer: LastAnswer | None = None
    image_change: Callable[[bytes], bytes] = bytes
    more_headers: Headers = ()  # of each call

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        headers = outbound.headers + self.more_headers
        answer = await self.transport.send(replace(outbound, url=self.url_change(outbound.url), headers=headers))
        if self.last_answer is not None:
            self.last_answer.set(answer)
        return answer

    async def image(self, link: str) -> bytes | None:
        content = await self.transport.image(self.link_change(link))
        return content and self.image_change(content)

    async def aclose(self) -> None:
        await self.transport.aclose()


@dataclass(frozen=True, slots=True)
class ImagesFetchedOtherwise:
    """A transport that fetches images in a way of its own, by what it wraps."""

    transport: UpstreamTransport
    fetch: FetchImage

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        return await self.transport.send(outbound)

    async def image(self, link: str) -> bytes | None:
        return await self.fetch(self.transport, link)

    async def aclose(self) -> None:
        await self.transport.aclose()


def no_answer_yet() -> LastAnswer:
    return ContextVar("the upstream's last answer", default=None)


def with_transport(gateway: Gateway, transport: UpstreamTransport) -> Gateway:
    return replace(gateway, upstream=replace(gateway.upstream, transport=transport))


def with_middleware(gateway: Gateway, middleware: Callable[[ASGIApp], ASGIApp]) -> Gateway:
    """The gateway whose application is wrapped."""
    return replace(gateway, middleware=(*gateway.middleware, middleware))


def with_response_headers(gateway: Gateway, change: Callable[[dict[bytes, bytes]], dict[bytes, bytes]]) -> Gateway:
    def changing(app: ASGIApp) -> ASGIApp:
        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_changed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": list(change(dict(message["headers"])).items())}
                await send(message)

            await app(scope, receive, send_changed)

        return changed

    return with_middleware(gateway, changing)


def with_content_type(gateway: Gateway, old: bytes, new: bytes) -> Gateway:
    """The gateway with another content type where it begins with the old one."""

    def changed(headers: dict[bytes, bytes]) -> dict[bytes, bytes]:
        is_old = headers.get(b"content-type", b"").startswith(old)
        return headers | {b"content-type": new} if is_old else headers

    return with_response_headers(gateway, changed)


def with_rejections(gateway: Gateway, change: Callable[[ErrorResponse, GatewayResponse], GatewayResponse]) -> Gateway:
    """The gateway with other error responses, by the error and the response that is right for it."""
    return replace(gateway, reject=lambda own, error: change(error, gateway.reject(own, error)))


def reencoded(content: bytes, change: "Callable[[Image.Image], Image.Image]", image_format: str = "PNG") -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(content)) as image:
        made = io.BytesIO()
        change(image).save(made, image_format)
    return made.getvalue()
