"""Decorators of defect operators on responses: their images, their bodies, their errors.

Operators call the stage that they replace, so that defects combine.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TypeAlias, cast

from gateway_contract.contract.definition import Contract, ImageField
from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import placed, read
from mock_server.defects.defect import Change, S, Sites, registered
from mock_server.defects.sites import images_of
from mock_server.defects.wrapping import ChangedTransport, with_rejections, with_transport
from mock_server.gateway.stages import AnswerStage, Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import ErrorResponse

Item: TypeAlias = dict[str, Json]
Answer: TypeAlias = Callable[[S, Gateway, Json, list[str], GatewayRequest], Awaitable[GatewayResponse]]
ChangeLinks: TypeAlias = Callable[[list[str]], list[str]]
ChangeResponse: TypeAlias = Callable[[S, GatewayResponse], GatewayResponse]
ChangeItem: TypeAlias = Callable[[S, Contract, Item], Json]
ChangeImage: TypeAlias = Callable[[Gateway, GatewayRequest, str], str]
Reject: TypeAlias = Callable[[ErrorResponse, GatewayResponse], GatewayResponse]
ErrorBody: TypeAlias = Callable[[Constraint, Json], Json]


def answer_defect(sites: Sites[S]) -> Callable[[Answer[S]], Answer[S]]:
    """Another response; the gateway that it is given makes the right one."""
    return lambda function: registered(function, sites, answering(function))


def answering(function: Answer[S]) -> Change[S]:
    def change(gateway: Gateway, site: S) -> Gateway:
        right = gateway.answer
        return replace(
            gateway,
            answer=lambda own, body, links, request: function(site, replace(own, answer=right), body, links, request),
        )

    return change


def links_defect(sites: Sites[S]) -> Callable[[ChangeLinks], ChangeLinks]:
    """Other images in the response."""

    def change(function: ChangeLinks, gateway: Gateway) -> Gateway:
        right = gateway.answer
        return replace(gateway, answer=lambda own, body, links, request: right(own, body, function(links), request))

    return lambda function: registered(function, sites, lambda gateway, _: change(function, gateway))


def response_defect(sites: Sites[S]) -> Callable[[ChangeResponse[S]], ChangeResponse[S]]:
    """Another successful response."""

    def register(function: ChangeResponse[S]) -> ChangeResponse[S]:
        async def answer(
            site: S, own: Gateway, body: Json, links: list[str], request: GatewayRequest
        ) -> GatewayResponse:
            right = await own.answer(own, body, links, request)
            return function(site, right) if right.status == 200 else right

        return registered(function, sites, answering(answer))

    return register


def item_defect(sites: Sites[S], *, spoils_all: bool = False) -> Callable[[ChangeItem[S]], ChangeItem[S]]:
    """Other items of images in the response."""

    def change(function: ChangeItem[S], gateway: Gateway, site: S) -> Gateway:
        items = with_items(gateway.answer, lambda own, _, item: function(site, own.contract, item))
        return replace(gateway, answer=items)

    return lambda function: registered(function, sites, partial(change, function), spoils_all=spoils_all)


def image_field_defect(sites: Sites[ImageField]) -> Callable[[ChangeImage], ChangeImage]:
    """Another link or another Base64 text in the response."""

    def change(function: ChangeImage, gateway: Gateway, site: ImageField) -> Gateway:
        def changed(own: Gateway, request: GatewayRequest, item: Item) -> Json:
            key = site.key
            return item | {key: function(own, request, str(item[key]))} if key in item else item

        return replace(gateway, answer=with_items(gateway.answer, changed))

    return lambda function: registered(function, sites, partial(change, function))


def with_items(answer: AnswerStage, change: Callable[[Gateway, GatewayRequest, Item], Json]) -> AnswerStage:
    """The answer stage with each image's item changed."""

    async def changed(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right, pointer = await answer(own, body, links, request), images_of(own.contract).pointer
        if right.status != 200:
            return right
        items = cast("list[Item]", read(right.body, pointer))
        return replace(right, body=placed(right.body, pointer, [change(own, request, item) for item in items]))

    return changed


def fetched_image_defect(sites: Sites[S]) -> Callable[[Callable[[bytes], bytes]], Callable[[bytes], bytes]]:
    """Other images than those behind the upstream's links."""

    def change(function: Callable[[bytes], bytes], gateway: Gateway) -> Gateway:
        return with_transport(gateway, ChangedTransport(gateway.upstream.transport, image_change=function))

    return lambda function: registered(function, sites, lambda gateway, _: change(function, gateway), in_images=True)


def fetched_link_defect(sites: Sites[S]) -> Callable[[Callable[[str], str]], Callable[[str], str]]:
    """Other links than the upstream's, when the gateway fetches an image."""

    def change(function: Callable[[str], str], gateway: Gateway) -> Gateway:
        return with_transport(gateway, ChangedTransport(gateway.upstream.transport, link_change=function))

    return lambda function: registered(function, sites, lambda gateway, _: change(function, gateway), in_images=True)


def reject_defect(sites: Sites[S], name: str = "", *, spoils_all: bool = False) -> Callable[[Reject], Reject]:
    """Another error response, by the error and the response that is right for it."""

    def change(function: Reject, gateway: Gateway, _site: S) -> Gateway:
        return with_rejections(gateway, function)

    return lambda function: registered(function, sites, partial(change, function), name, spoils_all=spoils_all)


def error_body_defect(sites: Sites[Constraint], *, spoils_all: bool = False) -> Callable[[ErrorBody], ErrorBody]:
    """Another body of an error response."""

    def change(function: ErrorBody, gateway: Gateway, site: Constraint) -> Gateway:
        return with_rejections(gateway, lambda _, right: replace(right, body=function(site, right.body)))

    return lambda function: registered(function, sites, partial(change, function), spoils_all=spoils_all)
