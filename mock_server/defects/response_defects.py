"""Defects of responses: a successful response is not what the contract promises."""

import time
from dataclasses import replace
from typing import cast

from gateway_contract.contract.definition import Contract, UnixTime
from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import Json, compact
from gateway_contract.values.pointer import leaf_name, placed, read, removed
from mock_server.defects.defect import PlainSite
from mock_server.defects.response_operators import Item, item_defect, links_defect, response_defect
from mock_server.defects.sites import (
    expected,
    first_item_text,
    images_of,
    item_texts,
    items,
    plain_objects,
    times,
    whole_answers,
)
from mock_server.gateway.stages import GatewayResponse


def with_value(response: GatewayResponse, pointer: str, value: Json) -> GatewayResponse:
    return replace(response, body=placed(response.body, pointer, value))


@links_defect(items)
def first_image_only(links: list[str]) -> list[str]:
    """Only the first image is returned, however many were requested."""
    return links[:1]


@links_defect(items)
def last_image_only(links: list[str]) -> list[str]:
    """Only the last image is returned, however many were requested."""
    return links[-1:]


@links_defect(items)
def one_image_missing(links: list[str]) -> list[str]:
    """Of several images one is missing."""
    return links[1:] or links


@links_defect(items)
def one_image_extra(links: list[str]) -> list[str]:
    """Of several images the last is returned twice."""
    return [*links, *links[1:][-1:]]


@links_defect(expected("distinct-images"))
def first_image_repeated(links: list[str]) -> list[str]:
    """The first image is returned in place of the second."""
    return [*links[:1], *links[:1], *links[2:]][: len(links)]


@response_defect(items)
def object_instead_of_list(site: PlainSite, response: GatewayResponse) -> GatewayResponse:
    """The first image is returned as an object, not in a list."""
    return with_value(response, site.pointer, cast("Json", read(response.body, f"{site.pointer}/0")))


@response_defect(items)
def list_keyed_by_position(site: PlainSite, response: GatewayResponse) -> GatewayResponse:
    """The list of images is an object whose names are "0", "1" and so on."""
    listed = cast("list[Json]", read(response.body, site.pointer))
    return with_value(response, site.pointer, {str(index): item for index, item in enumerate(listed)})


@response_defect(items)
def list_missing(site: PlainSite, response: GatewayResponse) -> GatewayResponse:
    """The list of images is missing."""
    return replace(response, body=removed(response.body, site.pointer))


@response_defect(times)
def in_milliseconds(site: UnixTime, response: GatewayResponse) -> GatewayResponse:
    """The time is in milliseconds, not seconds."""
    return with_value(response, site.pointer, int(time.time() * 1000))


@response_defect(times)
def time_as_string(site: UnixTime, response: GatewayResponse) -> GatewayResponse:
    """The time is a string."""
    return with_value(response, site.pointer, str(int(time.time())))


@response_defect(times)
def always_zero(site: UnixTime, response: GatewayResponse) -> GatewayResponse:
    """The time is always 0."""
    return with_value(response, site.pointer, 0)


@response_defect(times)
def time_missing(site: UnixTime, response: GatewayResponse) -> GatewayResponse:
    """The time is missing."""
    return replace(response, body=removed(response.body, site.pointer))


@response_defect(times)
def fractional_seconds(site: UnixTime, response: GatewayResponse) -> GatewayResponse:
    """The time has a fraction of a second."""
    return with_value(response, site.pointer, int(time.time()) + 0.25)


@response_defect(plain_objects)
def string_instead_of_object(site: PlainSite, response: GatewayResponse) -> GatewayResponse:
    """A string is returned in place of an object."""
    return with_value(response, site.pointer, "none")


@response_defect(plain_objects)
def list_instead_of_object(site: PlainSite, response: GatewayResponse) -> GatewayResponse:
    """An empty list is returned in place of an object."""
    return with_value(response, site.pointer, [])


@item_defect(items, spoils_all=True)
def items_in_lists(_site: PlainSite, _contract: Contract, item: Item) -> Json:
    """Each item in the list of images is a list of one object."""
    return [item]


@item_defect(items, spoils_all=True)
def string_items(_site: PlainSite, _contract: Contract, item: Item) -> Json:
    """The list of images holds strings, not objects."""
    return str(item)


@response_defect(whole_answers)
def wrapped_in_list(_site: Constraint, response: GatewayResponse) -> GatewayResponse:
    """The whole response is wrapped in a list."""
    return replace(response, body=[response.body])


@response_defect(whole_answers)
def encoded_twice(_site: Constraint, response: GatewayResponse) -> GatewayResponse:
    """The whole response is a string that holds the JSON."""
    return replace(response, body=compact(response.body).decode())


@item_defect(item_texts)
def null_instead_of_string(site: Constraint, contract: Contract, item: Item) -> Json:
    """A string that an image does not have is returned as null; the only image field, in any case."""
    return with_missing_text(site, contract, item, None)


@item_defect(first_item_text)
def false_instead_of_strings(_site: Constraint, contract: Contract, item: Item) -> Json:
    """Every string that an image does not have is returned as false; the only image field, in any case."""
    for text in item_texts(contract):
        item = with_missing_text(text, contract, item, value=False)
    return item


def with_missing_text(site: Constraint, contract: Contract, item: Item, value: Json) -> Item:
    """The item with a value in place of a text, unless that is one of several image fields and holds the image."""
    key = leaf_name(site.pointer)
    image_fields = {image_field.key for image_field in images_of(contract).image_fields}
    carries = len(image_fields) > 1 and item.keys() & image_fields & {key}
    return item if carries else item | {key: value}


@response_defect(expected("answer-content-type"))
def html_content_type(_site: PlainSite, response: GatewayResponse) -> GatewayResponse:
    """JSON is returned with the content type of HTML."""
    return replace(response, headers={"content-type": "text/html"})


@response_defect(expected("answer-content-type"))
def plain_text_content_type(_site: PlainSite, response: GatewayResponse) -> GatewayResponse:
    """JSON is returned with the content type of plain text, as servers set it by default."""
    return replace(response, headers={"content-type": "text/plain; charset=utf-8"})
