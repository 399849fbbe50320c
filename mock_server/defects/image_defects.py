"""Defects of images: they are not returned, or not as requested."""

from textwrap import wrap
from urllib.parse import quote, unquote

from gateway_contract.contract.definition import Contract, ImageField
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, read
from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.response_operators import (
    Item,
    answer_defect,
    fetched_image_defect,
    fetched_link_defect,
    image_field_defect,
    item_defect,
)
from mock_server.defects.sites import (
    any_image_field,
    by_default,
    expected,
    first_image_field,
    image_fields,
    image_fields_of_several,
    images_of,
    pixels,
)
from mock_server.defects.wrapping import reencoded, with_content_type
from mock_server.gateway.response_body import IMAGE_PATH
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse

inline, linked = image_fields(inline=True), image_fields(inline=False)


@fetched_image_defect(pixels)
def half_size(content: bytes) -> bytes:
    """Images are returned at half of their size."""
    return reencoded(content, lambda image: image.resize((image.width // 2, image.height // 2)))


@fetched_image_defect(any_image_field)
def html_instead_of_image(_content: bytes) -> bytes:
    """An HTML page is returned in place of an image."""
    return b"<!doctype html><title>Sorry</title>"


@fetched_image_defect(any_image_field)
def truncated_image(content: bytes) -> bytes:
    """Images are cut in half."""
    return content[: len(content) // 2]


@fetched_link_defect(linked)
def query_dropped_from_link(link: str) -> str:
    """The upstream's link is fetched without its query."""
    return link.partition("?")[0]


@fetched_link_defect(linked)
def link_escaped_twice(link: str) -> str:
    """What is escaped in the upstream's link is escaped once more."""
    return quote(link, safe=":/?&=")


@fetched_link_defect(linked)
def link_unescaped(link: str) -> str:
    """The upstream's link is unescaped: a plus sign in its query becomes a space."""
    return unquote(link)


@answer_defect(image_fields_of_several)
async def wrong_image_field(
    site: ImageField, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """A request for this field gets the other one."""
    images = images_of(gateway.contract)
    other = next(image_field for image_field in images.image_fields if image_field is not site)
    right = await gateway.answer(gateway, body, links, request)
    if read(right.body, f"{images.pointer}/0/{site.key}"):
        return await gateway.answer(gateway, placed(body, site.asked_by, other.value), links, request)
    return right


@answer_defect(by_default)
async def wrong_image_field_by_default(
    site: PlainSite, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """A request that does not name the field gets the one that is not the default."""
    if read(body, site.pointer) is not ABSENT:
        return await gateway.answer(gateway, body, links, request)
    default = gateway.contract.request.default(site.pointer, body)
    other = next(
        image_field.value for image_field in images_of(gateway.contract).image_fields if image_field.value != default
    )
    return await gateway.answer(gateway, placed(body, site.pointer, other), links, request)


@item_defect(any_image_field)
def empty_image_field(site: ImageField, _contract: Contract, item: Item) -> Json:
    """The field is an empty string."""
    return item | {site.key: ""}


@item_defect(first_image_field)
def all_image_fields_empty(_site: ImageField, contract: Contract, item: Item) -> Json:
    """All image fields are returned, and all are empty strings."""
    return item | dict.fromkeys((image_field.key for image_field in images_of(contract).image_fields), "")


@image_field_defect(inline)
def as_data_uri(_gateway: Gateway, _request: GatewayRequest, text: str) -> str:
    """The image is returned as a data: URI, not as Base64."""
    return f"data:image/png;base64,{text}"


@image_field_defect(inline)
def truncated_base64(_gateway: Gateway, _request: GatewayRequest, text: str) -> str:
    """The last five characters of the Base64 are missing."""
    return text[:-5]


@image_field_defect(inline)
def url_safe_base64(_gateway: Gateway, _request: GatewayRequest, text: str) -> str:
    """The Base64 uses the URL-safe alphabet."""
    return text.translate(str.maketrans("+/", "-_"))


@image_field_defect(inline)
def base64_with_line_breaks(_gateway: Gateway, _request: GatewayRequest, text: str) -> str:
    """The Base64 has a line break after every 76 characters, as in MIME."""
    return "\n".join(wrap(text, 76))


@image_field_defect(linked)
def expired_link(gateway: Gateway, request: GatewayRequest, link: str) -> str:
    """The link has expired."""
    return f"{request.base}{IMAGE_PATH}/{gateway.upstream.signer.sign(link, 0.0)}.png"


@image_field_defect(linked)
def lowercased_link(_gateway: Gateway, _request: GatewayRequest, link: str) -> str:
    """The link is lowercased, and so is its signature."""
    return link.lower()


@image_field_defect(linked)
def relative_link(_gateway: Gateway, request: GatewayRequest, link: str) -> str:
    """The link has no scheme and host."""
    return link.removeprefix(request.base)


@image_field_defect(linked)
def dead_link(_gateway: Gateway, _request: GatewayRequest, link: str) -> str:
    """The link leads to 404."""
    return link.replace("/images/", "/image/")


@image_field_defect(linked)
def file_url(_gateway: Gateway, _request: GatewayRequest, _link: str) -> str:
    """The link is a file: URL on the gateway's machine."""
    return "file:///var/images/1.png"


@gateway_defect(expected("image-media-type"), in_images=True)
def octet_stream_content_type(gateway: Gateway, _site: PlainSite) -> Gateway:
    """An image has the content type application/octet-stream."""
    return with_content_type(gateway, b"image/", b"application/octet-stream")


@gateway_defect(expected("image-media-type"), in_images=True)
def jpeg_content_type(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Every image has the content type image/jpeg, also a PNG."""
    return with_content_type(gateway, b"image/", b"image/jpeg")
