"""Gateways that answer otherwise than they promise."""

import io
import time
from collections.abc import Callable
from typing import cast

from PIL import Image
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.contract import Carrier, UnixTime
from gateway_contract.pointer import placed, read, removed
from gateway_contract.values import Json
from mock_server.gateway import Gateway, Incoming, Outgoing, answer, refuse
from mock_server.refusals import Refusal
from tests.contract_tests.broken_gateways import Spot, broken
from tests.contract_tests.broken_parts import (
    any_carrier,
    bodies,
    carriers,
    expected,
    items,
    pixels,
    plain_objects,
    times,
)

Change = Callable[[dict[str, Json]], Json]


async def with_items(gateway: Gateway, body: Json, links: list[str], incoming: Incoming, change: Change) -> Outgoing:
    """The right answer with each of its items changed."""
    images = gateway.contract.images
    assert images is not None
    right = await answer(gateway, body, links, incoming)
    listed = cast("list[dict[str, Json]]", read(right.body, images.pointer))
    return Outgoing(right.status, placed(right.body, images.pointer, [change(item) for item in listed]))


async def with_value(
    gateway: Gateway, body: Json, links: list[str], incoming: Incoming, pointer: str, value: Json
) -> Outgoing:
    right = await answer(gateway, body, links, incoming)
    return Outgoing(right.status, placed(right.body, pointer, value))


@broken("answer", items)
async def only_the_first(_at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """One image, however many were asked for."""
    return await answer(gateway, body, links[:1], incoming)


@broken("answer", items)
async def one_short(_at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """Of several images one is lost."""
    return await answer(gateway, body, links[1:] or links, incoming)


@broken("answer", items)
async def one_too_many(_at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The last image comes twice."""
    return await answer(gateway, body, [*links, links[-1]], incoming)


@broken("answer", expected("distinct-images"))
async def one_repeated(_at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The first image comes in place of the second."""
    return await answer(gateway, body, [*links[:1], *links[:1], *links[2:]][: len(links)], incoming)


@broken("answer", items)
async def object_for_list(at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """A single image comes outside of any list."""
    right = await answer(gateway, body, links, incoming)
    return Outgoing(200, placed(right.body, at.pointer, cast("Json", read(right.body, f"{at.pointer}/0"))))


@broken("answer", items)
async def no_list(at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The answer does not hold what it is for."""
    right = await answer(gateway, body, links, incoming)
    return Outgoing(200, removed(right.body, at.pointer))


@broken("image", pixels)
async def half_the_size(_at: Spot, content: bytes | None) -> bytes | None:
    """Images are made smaller on their way."""
    return None if content is None else again(content, lambda image: image.resize((image.width // 2, image.height // 2)))


def again(content: bytes, change: Callable[[Image.Image], Image.Image], kind: str = "PNG") -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        made = io.BytesIO()
        change(image).save(made, kind)
    return made.getvalue()


@broken("image", any_carrier)
async def page_for_image(_at: Carrier, content: bytes | None) -> bytes | None:
    """A page comes where an image should be."""
    return b"<!doctype html><title>Sorry</title>"


@broken("image", any_carrier)
async def half_an_image(_at: Carrier, content: bytes | None) -> bytes | None:
    """Images are cut."""
    return content and content[: len(content) // 2]


@broken("answer", any_carrier)
async def other_carrier(at: Carrier, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """Who asks for this carrier gets the other one."""
    assert gateway.contract.images is not None
    other = next(carrier for carrier in gateway.contract.images.carriers if carrier is not at)
    right = await answer(gateway, body, links, incoming)
    if read(right.body, f"{gateway.contract.images.pointer}/0/{at.key}"):
        return await answer(gateway, placed(body, at.asked_by, other.value), links, incoming)
    return right


@broken("answer", any_carrier)
async def carrier_empty(at: Carrier, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """There is the carrier, and nothing in it."""
    return await with_items(gateway, body, links, incoming, lambda item: item | {at.key: ""})


@broken("answer", carriers(inline=True))
async def as_data_uri(at: Carrier, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The image comes as a data: URI."""
    return await changed_carrier(at, gateway, body, links, incoming, "data:image/png;base64,{}".format)


@broken("answer", carriers(inline=True))
async def cut_base64(at: Carrier, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """Some characters are missing at the end."""
    return await changed_carrier(at, gateway, body, links, incoming, lambda text: text[:-5])


@broken("answer", carriers(inline=False))
async def relative_link(at: Carrier, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The link does not say where."""
    return await changed_carrier(at, gateway, body, links, incoming, lambda link: link.removeprefix(incoming.base))


@broken("answer", carriers(inline=False))
async def dead_link(at: Carrier, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The link leads to nothing."""
    return await changed_carrier(at, gateway, body, links, incoming, lambda link: link.replace("/images/", "/image/"))


@broken("answer", carriers(inline=False))
async def local_file(at: Carrier, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The link leads into the gateway's own disk."""
    return await changed_carrier(at, gateway, body, links, incoming, lambda _: "file:///var/images/1.png")


async def changed_carrier(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], incoming: Incoming, change: Callable[[str], str]
) -> Outgoing:
    return await with_items(
        gateway,
        body,
        links,
        incoming,
        lambda item: item | ({at.key: change(str(item[at.key]))} if at.key in item else {}),
    )


@broken("answer", times)
async def milliseconds(at: UnixTime, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The time is told in thousandths of a second."""
    return await with_value(gateway, body, links, incoming, at.pointer, int(time.time() * 1000))


@broken("answer", times)
async def time_as_text(at: UnixTime, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The time is told in quotes."""
    return await with_value(gateway, body, links, incoming, at.pointer, str(int(time.time())))


@broken("answer", times)
async def no_time(at: UnixTime, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The time is not told."""
    right = await answer(gateway, body, links, incoming)
    return Outgoing(right.status, removed(right.body, at.pointer))


@broken("answer", times)
async def time_in_fractions(at: UnixTime, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The time is told too exactly."""
    return await with_value(gateway, body, links, incoming, at.pointer, int(time.time()) + 0.25)


@broken("answer", plain_objects)
async def text_for_object(at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """Where an object belongs there is a text."""
    return await with_value(gateway, body, links, incoming, at.pointer, "none")


@broken("refuse", bodies, spoils_all=True)
def refused_under_200(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """A refusal says that all went well."""
    return Outgoing(200, refuse(gateway, refusal).body)


@broken("refuse", bodies, spoils_all=True)
def refused_as_own_fault(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """A refusal says that the gateway broke."""
    return Outgoing(500, refuse(gateway, refusal).body)


@broken("refuse", expected("refusal-status"))
def refused_as_a_teapot(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """Every refusal of a request has a status of its own."""
    right = refuse(gateway, refusal)
    return Outgoing(418 if right.status == 400 else right.status, right.body)


@broken("answer", expected("answer-content-type"))
async def called_a_page(_at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """JSON calls itself HTML."""
    right = await answer(gateway, body, links, incoming)
    return Outgoing(right.status, right.body, {"content-type": "text/html"})


@broken("app", expected("image-media-type"))
async def images_called_bytes(_at: Spot, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """An image does not say what it is."""

    async def told(message: Message) -> None:
        for index, (name, value) in enumerate(message.get("headers", ())):
            if name == b"content-type" and value.startswith(b"image/"):
                message["headers"][index] = (name, b"application/octet-stream")
        await send(message)

    await app(scope, receive, told)
