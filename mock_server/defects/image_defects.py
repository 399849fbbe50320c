"""Gateways whose images do not come, or come otherwise than asked for."""

import io
from collections.abc import Callable
from textwrap import wrap

from PIL import Image
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.contract.definition import Carrier
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, read
from mock_server.defects.defect import Spot, broken
from mock_server.defects.response_defects import with_items
from mock_server.defects.sites import any_carrier, by_default, carriers, expected, first_carrier, images_of, pixels
from mock_server.gateway.response_body import IMAGE_PATH
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse, answer


@broken("image", pixels)
async def half_the_size(_at: Spot, content: bytes | None) -> bytes | None:
    """Images are made smaller on their way."""
    return (
        None if content is None else again(content, lambda image: image.resize((image.width // 2, image.height // 2)))
    )


def again(content: bytes, change: Callable[[Image.Image], Image.Image], kind: str = "PNG") -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        made = io.BytesIO()
        change(image).save(made, kind)
    return made.getvalue()


@broken("image", any_carrier)
async def page_for_image(_at: Carrier, _content: bytes | None) -> bytes | None:
    """A page comes where an image should be."""
    return b"<!doctype html><title>Sorry</title>"


@broken("image", any_carrier)
async def half_an_image(_at: Carrier, content: bytes | None) -> bytes | None:
    """Images are cut."""
    return content and content[: len(content) // 2]


@broken("answer", any_carrier)
async def other_carrier(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """Who asks for this carrier gets the other one."""
    other = next(carrier for carrier in images_of(gateway.contract).carriers if carrier is not at)
    right = await answer(gateway, body, links, request)
    if read(right.body, f"{images_of(gateway.contract).pointer}/0/{at.key}"):
        return await answer(gateway, placed(body, at.asked_by, other.value), links, request)
    return right


@broken("answer", by_default)
async def other_carrier_by_default(
    at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """Who does not say how the images should come gets them otherwise than by default."""
    if read(body, at.pointer) is not ABSENT:
        return await answer(gateway, body, links, request)
    default = gateway.contract.request.default(at.pointer, body)
    other = next(carrier.value for carrier in images_of(gateway.contract).carriers if carrier.value != default)
    return await answer(gateway, placed(body, at.pointer, other), links, request)


@broken("answer", any_carrier)
async def carrier_empty(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """There is the carrier, and nothing in it."""
    return await with_items(gateway, body, links, request, lambda item: item | {at.key: ""})


@broken("answer", first_carrier)
async def carriers_all_empty(
    _at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """There is every carrier, and nothing in any of them."""
    empty: dict[str, Json] = {carrier.key: "" for carrier in images_of(gateway.contract).carriers}
    return await with_items(gateway, body, links, request, lambda item: item | empty)


@broken("answer", carriers(inline=True))
async def as_data_uri(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The image comes as a data: URI."""
    return await changed_carrier(at, gateway, body, links, request, "data:image/png;base64,{}".format)


@broken("answer", carriers(inline=True))
async def cut_base64(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """Some characters are missing at the end."""
    return await changed_carrier(at, gateway, body, links, request, lambda text: text[:-5])


@broken("answer", carriers(inline=True))
async def base64_for_urls(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The alphabet is the one for URLs."""
    safe = str.maketrans("+/", "-_")
    return await changed_carrier(at, gateway, body, links, request, lambda text: text.translate(safe))


@broken("answer", carriers(inline=True))
async def wrapped_base64(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """There is a line break after every 76 characters, as in mail."""
    return await changed_carrier(at, gateway, body, links, request, lambda text: "\n".join(wrap(text, 76)))


@broken("answer", carriers(inline=False))
async def expired_link(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The link was good once."""
    signer = gateway.upstream.signer

    def expired(link: str) -> str:
        return f"{request.base}{IMAGE_PATH}/{signer.sign(link, 0.0)}.png"

    return await changed_carrier(at, gateway, body, links, request, expired)


@broken("answer", carriers(inline=False))
async def link_in_small_letters(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The link is written anew, and its signature with it."""
    return await changed_carrier(at, gateway, body, links, request, str.lower)


@broken("answer", carriers(inline=False))
async def relative_link(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The link does not say where."""
    return await changed_carrier(at, gateway, body, links, request, lambda link: link.removeprefix(request.base))


@broken("answer", carriers(inline=False))
async def dead_link(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The link leads to nothing."""
    return await changed_carrier(at, gateway, body, links, request, lambda link: link.replace("/images/", "/image/"))


@broken("answer", carriers(inline=False))
async def local_file(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """The link leads into the gateway's own disk."""
    return await changed_carrier(at, gateway, body, links, request, lambda _: "file:///var/images/1.png")


async def changed_carrier(
    at: Carrier, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest, change: Callable[[str], str]
) -> GatewayResponse:
    return await with_items(
        gateway,
        body,
        links,
        request,
        lambda item: item | ({at.key: change(str(item[at.key]))} if at.key in item else {}),
    )


@broken("app", expected("image-media-type"))
async def images_called_bytes(_at: Spot, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """An image does not say what it is."""

    async def told(message: Message) -> None:
        for index, (name, value) in enumerate(message.get("headers", ())):
            if name == b"content-type" and value.startswith(b"image/"):
                message["headers"][index] = (name, b"application/octet-stream")
        await send(message)

    await app(scope, receive, told)
