"""A gateway that has its images made by tasks of its upstream, and does as it promises all the same."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.values.json_value import ABSENT, Json
from mock_server.defects.defect import benign, benign_for, with_images
from mock_server.defects.image_defects import again
from mock_server.defects.response_defects import with_items
from mock_server.defects.sites import images_of
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.upstream.client import Outbound, UpstreamWire
from mock_server.upstream.dashscope.messages import is_wan
from mock_server.upstream.dashscope.tasks import (
    ENABLED,
    MODE_HEADER,
    TASK_PATH,
    UNDER_WAY,
    as_if_at_once,
    status_in,
    submitted_task,
)
from mock_server.upstream.stub_app import UpstreamAnswer

TASK_OPERATION = "submitGeneration"
BETWEEN_POLLS = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class ByTasks:
    """Calls for one family of models are handed in as tasks, and polled until they are done.

    `at_once` is the URL of the synchronous operation, `submit` that for tasks, `base` what stands before both.
    """

    wire: UpstreamWire
    base: str
    at_once: str
    submit: str

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        if outbound.url != self.at_once or outbound.body is ABSENT or not is_wan(outbound.body):
            return await self.wire.send(outbound)
        handed_in = replace(outbound, url=self.submit, headers=((MODE_HEADER, ENABLED),))
        submitted = await self.wire.send(handed_in)
        task_id = submitted_task(submitted.body)
        if task_id is None:
            return submitted
        url = self.base + TASK_PATH.format(task_id=task_id)
        return await self._ended(submitted, Outbound("GET", url, ABSENT, outbound.key))

    async def _ended(self, submitted: UpstreamAnswer, poll: Outbound) -> UpstreamAnswer:
        """The answer with which the synchronous operation would have told what the task came to."""
        while status_in((polled := await self.wire.send(poll)).body) in UNDER_WAY:  # noqa: ASYNC110 - it tells who asks
            await asyncio.sleep(BETWEEN_POLLS)
        if polled.body is ABSENT:
            return polled
        status, body = as_if_at_once(polled.body)
        return UpstreamAnswer(replace(submitted.call, status=status), body)

    async def image(self, link: str) -> bytes | None:
        return await self.wire.image(link)

    async def aclose(self) -> None:
        await self.wire.aclose()


@benign_for("powertokens")
def asks_asynchronously(gateway: Gateway) -> ASGIApp:
    """Images of the wan family are made by tasks."""
    client, base = gateway.upstream, gateway.upstream.url.rstrip("/")
    at_once, submit = client.upstream.operation, client.upstream.others[TASK_OPERATION].operation
    by_tasks = ByTasks(client.wire, base, base + at_once.path, base + submit.path)
    return gateway_app(replace(gateway, upstream=replace(client, wire=by_tasks)))


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

    async def linked(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        left = iter(links)
        keys = [carrier.key for carrier in images_of(own.contract).carriers if not carrier.inline]
        return await with_items(
            own, body, links, request, lambda item: item | {key: next(left) for key in keys if key in item}
        )

    return gateway_app(replace(gateway, answer=linked))
