"""The pictures that a valid call to the upstream requests, by the `x-images` of its document.

A picture depends on the parts of the call that shape it, and on its place among the pictures of the call. A call
without a variation gets a random one, which the picture shows: a call with that variation gets the same picture.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from random import Random
from typing import TypeAlias

import orjson

from gateway_contract.contract.definition import Drawing, Upstream
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import parent, read_each
from gateway_contract.values.size import Size, parse_size
from mock_server.images.picture import Picture

CAPTION_CHARACTERS = 80  # links hold them
USUAL_SIZE = Size(1024, 1024)
VARIATION_BITS = 31
"""Of the random number if a call names none."""
CHANCE = Random()  # noqa: S311 - a picture is no secret
NUMBER = (int, float)
NUMBER_BYTES = 8
NUMBERS = 1 << 8 * NUMBER_BYTES


ImageParameters: TypeAlias = Mapping[str | None, Json]
"""The values of a call by their pointers; a pointer that the document lacks is None, and so is its value."""


def requested_pictures(upstream: Upstream, body: Json, seed: int | None = None) -> list[Picture]:
    """The pictures that a valid call requests, each with its own identity.

    With a `seed`, equal calls without a variation get equal pictures.
    """
    drawing, parameters = upstream.drawing, image_parameters(upstream, body)
    size, caption, variation = (
        image_size(drawing, parameters),
        str(parameters[drawing.caption]),
        parameters.get(drawing.variation),
    )
    if variation is None:
        chosen = CHANCE.getrandbits(VARIATION_BITS) if seed is None else hash_values([seed, body])
        variation = chosen % (1 << VARIATION_BITS)
    marked = parameters.get(drawing.signature) is True
    scene = hash_values(
        [caption, variation, size.width, size.height, *[parameters[pointer] for pointer in drawing.shape]]
    )
    shown, palette_key = shortened(caption), f"{scene:016x}"
    detail = f"{size.width}x{size.height} · {variation_name(upstream)} {without_fraction(variation)} · #"
    return [
        Picture(
            identity=f"{(scene + 2 * index + marked) % NUMBERS:016x}",
            width=size.width,
            height=size.height,
            caption=shown,
            detail=f"{detail}{index + 1}",
            palette_key=palette_key,
            marked=marked,
            place=index,
        )
        for index in range(image_count(drawing, parameters))
    ]


def shortened(caption: str) -> str:
    return caption if len(caption) <= CAPTION_CHARACTERS else caption[: CAPTION_CHARACTERS - 1].rstrip() + "…"


def identities(pictures: Sequence[Picture]) -> tuple[str, ...]:
    return tuple([picture.identity for picture in pictures])


def requested_size(upstream: Upstream, body: Json) -> Size:
    return image_size(upstream.drawing, image_parameters(upstream, body))


def image_size(drawing: Drawing, parameters: ImageParameters) -> Size:
    name = str(parameters[drawing.size])
    return parse_size(drawing.named_sizes.get(name, name)) or USUAL_SIZE


def image_count(drawing: Drawing, parameters: ImageParameters) -> int:
    count = parameters[drawing.count]
    return int(count) if isinstance(count, NUMBER) else 1


@lru_cache(maxsize=64)
def variation_name(upstream: Upstream) -> str:
    """The upstream's name for it."""
    return (upstream.drawing.variation or "variation").rpartition("/")[2]


def image_parameters(upstream: Upstream, body: Json) -> ImageParameters:
    """The values of a call that concern pictures; for omitted ones and null, the document's default."""
    pointers, usual, conditional = _parameters(upstream)
    parameters: dict[str | None, Json] = {**usual}
    for pointer, value in zip(pointers, read_each(body, pointers), strict=True):
        if value is not ABSENT and value is not None:
            parameters[pointer] = value
        elif pointer in conditional:
            default = upstream.operation.request.default(pointer, body)
            parameters[pointer] = None if default is ABSENT else default
    return parameters


@lru_cache(maxsize=64)
def _parameters(upstream: Upstream) -> tuple[tuple[str, ...], ImageParameters, frozenset[str]]:
    """The pointers to what concerns pictures, the defaults of all calls, and the pointers whose default depends."""
    drawing, request = upstream.drawing, upstream.operation.request
    named = {drawing.count, drawing.size, drawing.caption, drawing.variation, drawing.signature, *drawing.shape}
    pointers = sorted((pointer for pointer in named if pointer is not None), key=lambda at: (parent(at), at))
    usual: dict[str | None, Json] = {}
    for pointer in pointers:
        default = request.default(pointer, None)
        usual[pointer] = None if default is ABSENT else default
    parts = {pointer: request.defaulted.get(pointer, ()) for pointer in pointers}
    conditional = frozenset(at for at, said in parts.items() if any(part.condition is not None for part in said))
    return tuple(pointers), usual, conditional


def hash_values(parts: Sequence[Json]) -> int:
    """A number that is the same for equal values, in any process."""
    normalized = [without_fraction(part) if isinstance(part, float) else part for part in parts]
    try:
        content = orjson.dumps(normalized, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # half a character, which JSON may bring as an escape
        content = json.dumps(normalized, sort_keys=True).encode()
    return int.from_bytes(blake2b(content, digest_size=NUMBER_BYTES).digest())


def without_fraction(value: Json) -> Json:
    """1.0 is 1, as in JSON Schema."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
