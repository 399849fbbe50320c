"""Gateways that answer otherwise than they promise."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from gateway_contract.contract.definition import UnixTime
from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import leaf_name, placed, read, removed
from mock_server.defects.defect import Spot, broken
from mock_server.defects.sites import expected, images_of, item_texts, items, plain_objects, times, whole_answers
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse, answer

Change = Callable[[dict[str, Json]], Json]


async def with_items(
    gateway: Gateway, body: Json, links: list[str], request: GatewayRequest, change: Change
) -> GatewayResponse:
    """The right answer with each of its items changed."""
    images = images_of(gateway.contract)
    right = await answer(gateway, body, links, request)
    if right.status != 200:
        return right
    listed = cast("list[dict[str, Json]]", read(right.body, images.pointer))
    return GatewayResponse(right.status, placed(right.body, images.pointer, [change(item) for item in listed]))


async def with_value(
    gateway: Gateway, body: Json, links: list[str], request: GatewayRequest, pointer: str, value: Json
) -> GatewayResponse:
    right = await answer(gateway, body, links, request)
    return replace(right, body=placed(right.body, pointer, value)) if right.status == 200 else right


@broken("answer", items)
async def only_the_first(
    _at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """One image, however many were asked for."""
    return await answer(gateway, body, links[:1], request)


@broken("answer", items)
async def only_the_last(
    _at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The last image, however many were asked for."""
    return await answer(gateway, body, links[-1:], request)


@broken("answer", items)
async def one_short(
    _at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """Of several images one is lost."""
    return await answer(gateway, body, links[1:] or links, request)


@broken("answer", items)
async def one_too_many(
    _at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """Of several images the last comes twice."""
    return await answer(gateway, body, [*links, *links[1:][-1:]], request)


@broken("answer", expected("distinct-images"))
async def one_repeated(
    _at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The first image comes in place of the second."""
    return await answer(gateway, body, [*links[:1], *links[:1], *links[2:]][: len(links)], request)


@broken("answer", items)
async def object_for_list(
    at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """A single image comes outside of any list."""
    right = await answer(gateway, body, links, request)
    if right.status != 200:
        return right
    return GatewayResponse(200, placed(right.body, at.pointer, cast("Json", read(right.body, f"{at.pointer}/0"))))


@broken("answer", items)
async def no_list(at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
    """The answer does not hold what it is for."""
    right = await answer(gateway, body, links, request)
    return replace(right, body=removed(right.body, at.pointer))


@broken("answer", times)
async def milliseconds(
    at: UnixTime, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The time is told in thousandths of a second."""
    return await with_value(gateway, body, links, request, at.pointer, int(time.time() * 1000))


@broken("answer", times)
async def time_as_text(
    at: UnixTime, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The time is told in quotes."""
    return await with_value(gateway, body, links, request, at.pointer, str(int(time.time())))


@broken("answer", times)
async def time_is_zero(
    at: UnixTime, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """Nobody filled in the time."""
    return await with_value(gateway, body, links, request, at.pointer, 0)


@broken("answer", times)
async def no_time(
    at: UnixTime, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The time is not told."""
    right = await answer(gateway, body, links, request)
    return GatewayResponse(right.status, removed(right.body, at.pointer))


@broken("answer", times)
async def time_in_fractions(
    at: UnixTime, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The time is told too exactly."""
    return await with_value(gateway, body, links, request, at.pointer, int(time.time()) + 0.25)


@broken("answer", plain_objects)
async def text_for_object(
    at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """Where an object belongs there is a text."""
    return await with_value(gateway, body, links, request, at.pointer, "none")


@broken("answer", items, spoils_all=True)
async def items_are_texts(
    _at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The list of images holds texts instead of objects."""
    return await with_items(gateway, body, links, request, str)


@broken("answer", whole_answers)
async def list_as_answer(
    _at: Constraint, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The answer stands within a list."""
    right = await answer(gateway, body, links, request)
    return replace(right, body=[right.body]) if right.status == 200 else right


@broken("answer", item_texts)
async def null_for_text(
    at: Constraint, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """Where an image has no such text there is null."""
    key = leaf_name(at.pointer)
    carriers = {carrier.key for carrier in images_of(gateway.contract).carriers}
    return await with_items(
        gateway, body, links, request, lambda item: item if item.keys() & carriers & {key} else item | {key: None}
    )


@broken("answer", expected("answer-content-type"))
async def called_a_page(
    _at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """JSON calls itself HTML."""
    right = await answer(gateway, body, links, request)
    return GatewayResponse(right.status, right.body, {"content-type": "text/html"})
