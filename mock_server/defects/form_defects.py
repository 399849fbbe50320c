"""Defects of one form of images: as a link, or within the response, an image is not the one that the upstream made."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.response_operators import Item, with_items
from mock_server.defects.sites import expected, images_of
from mock_server.defects.wrapping import ImagesFetchedOtherwise, reencoded, with_transport
from mock_server.gateway.response_body import requested_image_field
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.upstream.protocol import UpstreamTransport

ChangeContent = Callable[[bytes], bytes]
BEHIND_LINK = "#behind-a-link"
"""Stands behind the upstream's links to images to which the response has links."""


def several_forms(contract: Contract) -> Iterator[PlainSite]:
    """The expectation that all forms of an image have the same pixels, where there are several."""
    if contract.images is not None and len(contract.images.image_fields) > 1:
        yield from expected("same-pixels-in-each-form")(contract)


def changing_inline(gateway: Gateway, change: ChangeContent) -> Gateway:
    """The gateway with other images within its responses."""
    keys = [image_field.key for image_field in images_of(gateway.contract).image_fields if image_field.inline]

    def changed(_own: Gateway, _request: GatewayRequest, item: Item) -> Json:
        texts = {key: b64encode(change(b64decode(str(item[key])))).decode() for key in keys if item.get(key)}
        return item | texts

    return replace(gateway, answer=with_items(gateway.answer, changed))


def changing_linked(gateway: Gateway, change: ChangeContent) -> Gateway:
    """The gateway with other images behind the links in its responses."""

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        is_inline = requested_image_field(own.contract, images_of(own.contract), body).inline
        marked = links if is_inline else [f"{link}{BEHIND_LINK}" for link in links]
        return await gateway.answer(own, body, marked, request)

    async def fetch(transport: UpstreamTransport, link: str) -> bytes | None:
        content = await transport.image(link.removesuffix(BEHIND_LINK))
        return change(content) if content and link.endswith(BEHIND_LINK) else content

    transport = ImagesFetchedOtherwise(gateway.upstream.transport, fetch)
    return with_transport(replace(gateway, answer=answer), transport)


@gateway_defect(several_forms, in_images=True)
def grey_within_response(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Images within the response have lost their colours."""
    return changing_inline(gateway, lambda content: reencoded(content, lambda image: image.convert("L")))


@gateway_defect(several_forms, in_images=True)
def lossy_within_response(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Images within the response were made JPEG and PNG again."""

    def changed(content: bytes) -> bytes:
        compressed = reencoded(content, lambda image: image.convert("RGB"), "JPEG")
        return reencoded(compressed, lambda image: image.copy())

    return changing_inline(gateway, changed)


@gateway_defect(several_forms, in_images=True)
def border_behind_links(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Images behind links have a border of one pixel in the place of their edges."""

    def framed(content: bytes) -> bytes:
        from PIL import ImageOps

        return reencoded(content, lambda image: ImageOps.expand(ImageOps.crop(image, 1), 1))

    return changing_linked(gateway, framed)
