"""A successful answer by the contract: made from what its schema says, for any contract."""

import time
from base64 import b64encode
from functools import lru_cache
from typing import Literal

from gateway_contract.contract.definition import Contract, ImageField, ImageItems, MockValue
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.contract.response_sample import item_skeleton, response_skeleton
from gateway_contract.values.json_value import ABSENT, Json, Nothing, same
from gateway_contract.values.pointer import put, read
from mock_server.upstream.client import UpstreamClient
from mock_server.upstream.prompt_extension import extended

IMAGE_PATH = "/images"


class ImageGoneError(Exception):
    """There is no image behind one of the upstream's links."""


async def answer_body(contract: Contract, upstream: UpstreamClient, body: Json, links: list[str], base: str) -> Json:
    """The answer that holds the images behind the upstream's links. `base` is the gateway's own URL.

    Raises ImageGoneError.
    """
    answer = response_skeleton(contract)
    for moment in contract.times:
        put(answer, moment.pointer, int(time.time()))
    for pointer, value in _other_mock_values(contract):
        found = mock_value(contract, value, body)
        if found is not ABSENT:
            put(answer, pointer, found)
    if contract.images is not None:
        image_field = requested_image_field(contract, contract.images, body)
        said = item_values(contract, body)
        values = [await _image_value(image_field, upstream, link, base) for link in links]
        items = [_item({**item_skeleton(contract), image_field.key: value}, said) for value in values]
        put(answer, contract.images.pointer, list(items))
    return answer


def item_values(contract: Contract, body: Json) -> list[tuple[str, Json]]:
    """What stands in each image's item beside the image, by pointers into the item."""
    told = [(pointer, mock_value(contract, value, body)) for pointer, value in _item_mock_values(contract)]
    return [(pointer, said) for pointer, said in told if said is not ABSENT]


@lru_cache(maxsize=64)
def _item_mock_values(contract: Contract) -> tuple[tuple[str, MockValue], ...]:
    """What may stand beside an image, by pointers into its item."""
    if contract.images is None:
        return ()
    item, found = f"{contract.images.pointer}/0", contract.mock_values.items()
    return tuple((at.removeprefix(item), value) for at, value in found if at.startswith(item))


@lru_cache(maxsize=64)
def _other_mock_values(contract: Contract) -> tuple[tuple[str, MockValue], ...]:
    """What stands elsewhere in the response, by pointers into it."""
    item = None if contract.images is None else f"{contract.images.pointer}/0"
    return tuple((at, value) for at, value in contract.mock_values.items() if item is None or not at.startswith(item))


def _item(item: dict[str, Json], said: list[tuple[str, Json]]) -> Json:
    for pointer, value in said:
        put(item, pointer, value)
    return item


def mock_value(contract: Contract, value: MockValue, body: Json) -> Json | Literal[Nothing.ABSENT]:
    """What stands in a part of the answer to a request; ABSENT where nothing does."""
    if value.when is not None:
        pointer, wanted = value.when
        said = value_or_default(contract, pointer, body)
        if said is ABSENT or not same(said, wanted):
            return ABSENT
    found = read(body, value.source)
    return extended(found) if value.extended and isinstance(found, str) else found


def value_or_default(contract: Contract, pointer: str, body: Json) -> Json | Literal[Nothing.ABSENT]:
    """What a request says in a field: by word, by the contract's default, or by that of the upstream."""
    said = read(body, pointer)
    if said is not ABSENT and said is not None:
        return said
    default = contract.request.default(pointer, body)
    if default is not ABSENT or contract.upstream is None:
        return default
    field = contract.mapping_of(pointer)
    if field is None:
        return ABSENT
    return contract.upstream.operation.request.default(field.upstream, upstream_body(contract, body))


def requested_image_field(contract: Contract, images: ImageItems, body: Json) -> ImageField:
    """The image field that a request or a default asks for; the contract's first one where they say nothing."""
    for image_field in images.image_fields:
        said = read(body, image_field.asked_by)
        value = contract.request.default(image_field.asked_by, body) if said is ABSENT else said
        if value is not ABSENT and same(value, image_field.value):
            return image_field
    return images.image_fields[0]


async def _image_value(image_field: ImageField, upstream: UpstreamClient, link: str, base: str) -> str:
    if image_field.inline:
        content = await upstream.image(link)
        if content is None:
            raise ImageGoneError(link)
        return b64encode(content).decode()
    return f"{base}{IMAGE_PATH}/{upstream.signer.sign(link, time.time() + upstream.signer.seconds)}.png"
