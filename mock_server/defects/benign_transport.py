"""Gateways that do as they promise and bring it in another way than the bundled mock."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.values import Json
from mock_server.defects.answers import with_items
from mock_server.defects.benign import benign
from mock_server.defects.images import again
from mock_server.defects.parts import images_of
from mock_server.defects.way import with_images
from mock_server.gateway.app import gateway_app
from mock_server.gateway.stages import Gateway, Incoming, Outgoing


def with_headers(app: ASGIApp, change: Callable[[dict[bytes, bytes]], dict[bytes, bytes]]) -> ASGIApp:
    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": list(change(dict(message["headers"])).items())}
            await send(message)

        await app(scope, receive, told)

    return changed


@benign
def closes_every_connection(gateway: Gateway) -> ASGIApp:
    """No connection is used twice."""
    return with_headers(gateway_app(gateway), lambda headers: {**headers, b"connection": b"close"})


@benign
def takes_its_time(gateway: Gateway) -> ASGIApp:
    """Every answer comes 300 ms later."""
    inner = gateway_app(gateway)

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.3)
        await inner(scope, receive, send)

    return late


@benign
def says_its_charset(gateway: Gateway) -> ASGIApp:
    """The media type is written in capitals, with its charset."""

    def told(headers: dict[bytes, bytes]) -> dict[bytes, bytes]:
        json = headers.get(b"content-type") == b"application/json"
        return {**headers, b"content-type": b"Application/JSON; charset=UTF-8"} if json else headers

    return with_headers(gateway_app(gateway), told)


@benign
def packs_its_answers(gateway: Gateway) -> ASGIApp:
    """Answers are compressed."""
    return GZipMiddleware(gateway_app(gateway), minimum_size=1)


@benign
def converts_images(gateway: Gateway) -> ASGIApp:
    """Images are JPEG."""

    async def converted(content: bytes | None) -> bytes | None:
        jpeg = partial(again, kind="JPEG")
        return None if content is None else await asyncio.to_thread(jpeg, content, lambda image: image.convert("RGB"))

    def told(headers: dict[bytes, bytes]) -> dict[bytes, bytes]:
        return {**headers, b"content-type": b"image/jpeg"} if headers.get(b"content-type") == b"image/png" else headers

    upstream = with_images(gateway.upstream, converted)
    return with_headers(gateway_app(replace(gateway, upstream=upstream)), told)


@benign
def links_to_the_upstream(gateway: Gateway) -> ASGIApp:
    """Links are the upstream's own."""

    async def linked(own: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
        left = iter(links)
        keys = [carrier.key for carrier in images_of(own.contract).carriers if not carrier.inline]
        return await with_items(
            own, body, links, incoming, lambda item: item | {key: next(left) for key in keys if key in item}
        )

    return gateway_app(replace(gateway, answer=linked))
