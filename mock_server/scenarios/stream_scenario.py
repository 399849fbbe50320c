"""Responses as server-sent events, as the OpenAI API sends them: partial images, then each whole image."""

import asyncio
import binascii
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_contract.contract.definition import ImageField, ImageItems, MockStream
from gateway_contract.values.json_value import ABSENT, Json, read_json, same
from gateway_contract.values.pointer import placed, read, removed, tokens
from mock_server.faults.fault import collect_response
from mock_server.faults.scenario_kind import Parameter, ScenarioError, ScenarioKind, parse_duration
from mock_server.gateway.gateway_app import response
from mock_server.gateway.stages import Gateway
from mock_server.scenarios.definition import (
    Build,
    Effect,
    GatewayChange,
    GatewayScenario,
    ScenarioArguments,
    has_effect,
    needing,
)
from mock_server.serving.asgi import read_body, replay_body
from mock_server.serving.error_response import ErrorResponse

NAME = "stream"
MOST = 3
"""Partial images of each image, as in the OpenAI API."""
PARTIAL = Parameter("partial", "2", "how many partial images come before each image, unless the request says")
PAUSE = Parameter("pause", "0s", "the time before each event")
HEADERS = ((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache"))
OTHER_HEADERS = frozenset({b"content-length", *(name for name, _ in HEADERS)})
ERROR = 400  # the least status of an error


def kinds() -> Iterator[GatewayScenario]:
    yield ScenarioKind(
        NAME,
        "A request for a stream gets partial images and then each whole image, as events.",
        "stream(partial=2, pause=500ms)",
        (PARTIAL, PAUSE),
        _stream,
    )


def _stream(arguments: ScenarioArguments) -> Effect:
    partial, pause = arguments[PARTIAL.name], parse_duration(arguments[PAUSE.name])
    if not partial.isdecimal() or int(partial) > MOST:
        raise ScenarioError(f"{PARTIAL.name} must be a whole number from 0 to {MOST}; got {partial!r}")
    form, images = arguments.contract.mock_stream, arguments.contract.images
    inline = None if images is None else next((one for one in images.image_fields if one.inline), None)
    if form is None or images is None or inline is None:
        needed = "x-mock-stream" if form is None else "images within the response"
        raise ScenarioError(f"{arguments.contract.name} cannot stream: its contract has no {needed}")
    pointer, value = form.when
    needs = f"a request with {dotted(pointer)} {orjson.dumps(value).decode()}"
    return needing(with_events(form, images, inline, int(partial), pause), NAME, needs)


def with_events(form: MockStream, images: ImageItems, inline: ImageField, usual: int, pause: float) -> Effect:
    """Requests for a stream are handled as if they asked for the images within the response, and get these as events.

    `usual` is the number of partial images where a request has none; `pause` is in seconds.
    """

    def apply(inner: Build) -> Build:
        def build(gateway: Gateway, outer: GatewayChange) -> ASGIApp:
            app, own = inner(gateway, outer), outer(gateway)

            async def streamed(scope: Scope, receive: Receive, send: Send) -> None:
                content = await read_body(scope, receive)
                body = read_json(content)
                if body is ABSENT or not form.is_requested(body):
                    await app(scope, replay_body(content, receive), send)
                    return
                has_effect(NAME)
                count = requested_count(form, body, usual)
                if isinstance(count, ErrorResponse):
                    await response(own.reject(own, count))(scope, receive, send)
                    return
                plain = orjson.dumps(without_stream(form, images, inline, body))
                right = await collect_response(app, scope, replay_body(plain, receive))
                found = inline_images(images, inline, right)
                if found:
                    now = int(gateway.upstream.signer.clock())
                    await send_events(right, events(form, found, count, now), pause, send)
                else:
                    await right(scope, receive, send)

            return streamed

        return build

    return apply


async def send_events(right: Response, sent: AsyncIterator[bytes], pause: float, send: Send) -> None:
    """Sends events in place of the response with the whole images, under its status and its other headers."""
    kept = [(name, value) for name, value in right.raw_headers if name not in OTHER_HEADERS]
    await send({"type": "http.response.start", "status": right.status_code, "headers": [*kept, *HEADERS]})
    async for content in sent:
        await asyncio.sleep(pause)
        await send({"type": "http.response.body", "body": content, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def requested_count(form: MockStream, body: Json, usual: int) -> int | ErrorResponse:
    """How many partial images a request asks for, or the error that it may not."""
    found = read(body, form.partial_images)
    if found is ABSENT or found is None:
        return usual
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= MOST:
        return found
    name = dotted(form.partial_images)
    message = f"{name} must be a whole number from 0 to {MOST}; got {orjson.dumps(found).decode()[:100]}."
    return ErrorResponse(400, "invalid_request_error", "invalid_value", message, name)


def without_stream(form: MockStream, images: ImageItems, inline: ImageField, body: Json) -> Json:
    """The request without the wish for a stream; it asks for images within the response, unless it is invalid."""
    plain = removed(removed(body, form.when[0]), form.partial_images)
    asked = read(plain, inline.asked_by)
    is_valid = asked is ABSENT or any(same(asked, one.value) for one in images.image_fields)
    return placed(plain, inline.asked_by, inline.value) if is_valid else plain


def inline_images(images: ImageItems, inline: ImageField, right: Response) -> list[str]:
    """The images within a response; none if it is an error, or has no such images."""
    body = read_json(bytes(right.body))
    items = read(body, images.pointer) if body is not ABSENT and right.status_code < ERROR else None
    found = [item.get(inline.key) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return [image for image in found if isinstance(image, str)]


async def events(form: MockStream, images: list[str], count: int, now: int) -> AsyncIterator[bytes]:
    """The events for some images: of each its partial images, and then the whole one."""
    for image in images:
        partial, pixels = await asyncio.to_thread(parts_of, image, count)
        for index, content in enumerate(partial):
            yield event(form.partial, {form.image: content, form.index: index, form.time: now, form.pixels: pixels})
        yield event(form.completed, {form.image: image, form.time: now, form.pixels: pixels})


def parts_of(image: str, count: int) -> tuple[list[str], str]:
    """The partial images and the size of an image in Base64; nothing of one that another scenario has spoilt."""
    from mock_server.images.partial import partial_images, size_of

    try:
        content = binascii.a2b_base64(image, strict_mode=True)
        width, height = size_of(content)
        return [b64encode(one).decode() for one in partial_images(content, count)], f"{width}x{height}"
    except (binascii.Error, OSError):
        return [], "auto"


def event(stated: Mapping[str, Json], computed: Mapping[str, Json]) -> bytes:
    data: Json = {**stated}
    for pointer, value in computed.items():
        data = placed(data, pointer, value)
    return b"event: %b\ndata: %b\n\n" % (str(stated["type"]).encode(), orjson.dumps(data))


def dotted(pointer: str) -> str:
    return ".".join(tokens(pointer))
