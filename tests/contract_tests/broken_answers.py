"""Gateways that answer otherwise than they promise."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from gateway_contract.contract import UnixTime
from gateway_contract.pointer import placed, read, removed
from gateway_contract.values import Json
from mock_server.gateway import Gateway, Incoming, Outgoing, answer, refuse
from mock_server.refusals import Refusal
from tests.contract_tests.broken_gateways import Spot, broken
from tests.contract_tests.broken_parts import (
    bodies,
    expected,
    items,
    plain_objects,
    times,
)

Change = Callable[[dict[str, Json]], Json]


async def with_items(gateway: Gateway, body: Json, links: list[str], incoming: Incoming, change: Change) -> Outgoing:
    """The right answer with each of its items changed."""
    images = gateway.contract.images
    assert images is not None
    right = await answer(gateway, body, links, incoming)
    if right.status != 200:
        return right
    listed = cast("list[dict[str, Json]]", read(right.body, images.pointer))
    return Outgoing(right.status, placed(right.body, images.pointer, [change(item) for item in listed]))


async def with_value(
    gateway: Gateway, body: Json, links: list[str], incoming: Incoming, pointer: str, value: Json
) -> Outgoing:
    right = await answer(gateway, body, links, incoming)
    return replace(right, body=placed(right.body, pointer, value)) if right.status == 200 else right


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
    """Of several images the last comes twice."""
    return await answer(gateway, body, [*links, *links[1:][-1:]], incoming)


@broken("answer", expected("distinct-images"))
async def one_repeated(_at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The first image comes in place of the second."""
    return await answer(gateway, body, [*links[:1], *links[:1], *links[2:]][: len(links)], incoming)


@broken("answer", items)
async def object_for_list(at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """A single image comes outside of any list."""
    right = await answer(gateway, body, links, incoming)
    if right.status != 200:
        return right
    return Outgoing(200, placed(right.body, at.pointer, cast("Json", read(right.body, f"{at.pointer}/0"))))


@broken("answer", items)
async def no_list(at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    """The answer does not hold what it is for."""
    right = await answer(gateway, body, links, incoming)
    return replace(right, body=removed(right.body, at.pointer))


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
async def time_in_fractions(
    at: UnixTime, gateway: Gateway, body: Json, links: list[str], incoming: Incoming
) -> Outgoing:
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
