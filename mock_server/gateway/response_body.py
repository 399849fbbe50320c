"""A successful response body, made from the schema of any contract."""

from base64 import b64encode
from copy import deepcopy
from functools import lru_cache
from typing import Literal

from gateway_contract.contract.definition import Contract, ImageField, ImageItems, MockValue
from gateway_contract.contract.mapping import upstream_default
from gateway_contract.contract.response_sample import item_skeleton, response_skeleton
from gateway_contract.values.json_value import ABSENT, Json, Nothing, same
from gateway_contract.values.pointer import put, read
from mock_server.upstream.client import UpstreamClient
from mock_server.upstream.prompt_extension import extended

IMAGE_PATH = "/images"


class ImageGoneError(Exception):
    """There is no image behind one of the upstream's links."""


async def answer_body(contract: Contract, upstream: UpstreamClient, body: Json, links: list[str], base: str) -> Json:
    """The body with the images of the upstream's links. `base` is the gateway's own URL.

    Raises ImageGoneError.
    """
    answer = response_skeleton(contract)
    for moment in contract.times:
        put(answer, moment.pointer, int(upstream.signer.clock()))
    for pointer, value in _other_mock_values(contract):
        found = mock_value(contract, value, body)
        if found is not ABSENT:
            put(answer, pointer, found)
    if contract.images is not None:
        image_field = requested_image_field(contract, contract.images, body)
        beside = item_values(contract, body)
        images = [
            await _image_within(upstream, link) if image_field.inline else own_link(upstream, link, base)
            for link in links
        ]
        items = [_item({**item_skeleton(contract), image_field.key: image}, beside) for image in images]
        put(answer, contract.images.pointer, list(items))
    return answer


def item_values(contract: Contract, body: Json) -> list[tuple[str, Json]]:
    """The values in each image's item beside the image, by pointers into the item."""
    values = [(pointer, mock_value(contract, value, body)) for pointer, value in _item_mock_values(contract)]
    return [(pointer, value) for pointer, value in values if value is not ABSENT]


@lru_cache(maxsize=64)
def _item_mock_values(contract: Contract) -> tuple[tuple[str, MockValue], ...]:
    """The `x-mock` values beside an image, by pointers into its item."""
    if contract.images is None:
        return ()
    item, found = f"{contract.images.pointer}/0", contract.mock_values.items()
    return tuple((at.removeprefix(item), value) for at, value in found if at.startswith(item))


@lru_cache(maxsize=64)
def _other_mock_values(contract: Contract) -> tuple[tuple[str, MockValue], ...]:
    """The `x-mock` values elsewhere in the response, by pointers into it."""
    item = None if contract.images is None else f"{contract.images.pointer}/0"
    return tuple((at, value) for at, value in contract.mock_values.items() if item is None or not at.startswith(item))


def _item(item: dict[str, Json], values: list[tuple[str, Json]]) -> Json:
    for pointer, value in values:
        put(item, pointer, value)
    return item


def mock_value(contract: Contract, value: MockValue, body: Json) -> Json | Literal[Nothing.ABSENT]:
    """The value of a part of the response to a request; ABSENT if it has none."""
    if value.when is not None:
        pointer, expected = value.when
        found = value_or_default(contract, pointer, body)
        if found is ABSENT or not same(found, expected):
            return ABSENT
    if value.source is None:
        return deepcopy(value.literal)  # other values may be put into it
    found = read(body, value.source)
    return extended(found) if value.extended and isinstance(found, str) else found


def value_or_default(contract: Contract, pointer: str, body: Json) -> Json | Literal[Nothing.ABSENT]:
    """The value of a request's field, its default by the contract, or by the upstream's document."""
    value = read(body, pointer)
    if value is not ABSENT and value is not None:
        return value
    default = contract.request.default(pointer, body)
    if default is not ABSENT:
        return default
    field = contract.mapping_of(pointer)
    return ABSENT if field is None else upstream_default(contract, field, body)


def requested_image_field(contract: Contract, images: ImageItems, body: Json) -> ImageField:
    """The image field that a request or a default selects; otherwise the contract's first one."""
    for image_field in images.image_fields:
        value = read(body, image_field.asked_by)
        value = contract.request.default(image_field.asked_by, body) if value is ABSENT else value
        if value is not ABSENT and same(value, image_field.value):
            return image_field
    return images.image_fields[0]


async def _image_within(upstream: UpstreamClient, link: str) -> str:
    content = await upstream.image(link)
    if content is None:
        raise ImageGoneError(link)
    return b64encode(content).decode()


def own_link(upstream: UpstreamClient, link: str, base: str) -> str:
    """The gateway's own link to the image behind one of the upstream's."""
    return f"{base}{IMAGE_PATH}/{upstream.signer.sign(link, upstream.signer.clock() + upstream.signer.seconds)}.png"
