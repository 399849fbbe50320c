"""A successful response body, made from the schema of any contract."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Literal, TypeAlias

import orjson

from gateway_contract.contract.definition import Contract, ImageField, ImageItems, MockValue
from gateway_contract.contract.mapping import upstream_default
from gateway_contract.contract.response_sample import skeletons
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
    images: list[Json] = []
    key = ""
    if contract.images is not None:
        image_field = requested_image_field(contract, contract.images, body)
        key = image_field.key
        images = [
            await _image_within(upstream, link) if image_field.inline else own_link(upstream, link, base)
            for link in links
        ]
    return response_layout(contract)(body, int(upstream.signer.clock()), key, images)


LayOut: TypeAlias = Callable[[Json, int, str, Sequence[Json]], Json]
"""Makes a response of the request's body, the Unix time, the key of the image field, and what it holds per image."""


@lru_cache(maxsize=64)
def response_layout(contract: Contract) -> LayOut:
    """Lays out the responses of a contract."""
    skeleton, item_skeleton = skeletons(contract)
    times = [moment.pointer for moment in contract.times]
    values, item_values = _other_mock_values(contract), _item_mock_values(contract)
    images_pointer = None if contract.images is None else contract.images.pointer

    def lay_out(body: Json, now: int, key: str, images: Sequence[Json]) -> Json:
        answer: Json = orjson.loads(skeleton)
        for pointer in times:
            put(answer, pointer, now)
        for pointer, value in values:
            found = mock_value(contract, value, body)
            if found is not ABSENT:
                put(answer, pointer, found)
        if images_pointer is None:
            return answer
        beside = [(pointer, mock_value(contract, value, body)) for pointer, value in item_values]
        items: list[Json] = []
        for image in images:
            item = orjson.loads(item_skeleton)
            item[key] = image
            for pointer, found in beside:
                if found is not ABSENT:
                    put(item, pointer, found)
            items.append(item)
        put(answer, images_pointer, items)
        return answer

    return lay_out


def _item_mock_values(contract: Contract) -> tuple[tuple[str, MockValue], ...]:
    """The `x-mock` values beside an image, by pointers into its item."""
    if contract.images is None:
        return ()
    item, found = f"{contract.images.pointer}/0", contract.mock_values.items()
    return tuple((at.removeprefix(item), value) for at, value in found if at.startswith(item))


def _other_mock_values(contract: Contract) -> tuple[tuple[str, MockValue], ...]:
    """The `x-mock` values elsewhere in the response, by pointers into it."""
    item = None if contract.images is None else f"{contract.images.pointer}/0"
    return tuple((at, value) for at, value in contract.mock_values.items() if item is None or not at.startswith(item))


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
