"""The pictures that a valid call to the upstream requests, by the `x-images` of its document.

A picture depends on the parts of the call that shape it, and on its place among the pictures of the call. A call
without a variation gets a random one, which the picture shows: a call with that variation gets the same picture.
"""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from hashlib import blake2b
from random import Random

import orjson

from gateway_contract.contract.definition import Drawing, Upstream
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.prepared_pointers import reader
from gateway_contract.values.size import Size, parse_size
from mock_server.images.picture import Picture, PictureValues

CAPTION_CHARACTERS = 80  # links hold them
USUAL_SIZE = Size(1024, 1024)
VARIATION_BITS = 31
"""Of the random number if a call names none."""
CHANCE = Random()  # noqa: S311 - a picture is no secret
NUMBER = (int, float)
NUMBER_BYTES = 8
NUMBERS = 1 << 8 * NUMBER_BYTES


def requested_pictures(upstream: Upstream, body: Json, seed: int | None = None) -> list[Picture]:
    """The pictures that a valid call requests, each with its own identity.

    With a `seed`, equal calls without a variation get equal pictures.
    """
    return [Picture(*values) for values in picture_values(upstream, body, seed)]


def picture_values(upstream: Upstream, body: Json, seed: int | None = None) -> list[PictureValues]:
    """The same without making the pictures."""
    return _picture_plan(upstream)(body, seed)


@lru_cache(maxsize=64)
def _picture_plan(upstream: Upstream) -> Callable[[Json, int | None], list[PictureValues]]:
    """Finds the values of the pictures of a call; what the document decides is laid out once."""
    drawing, name = upstream.drawing, variation_name(upstream)
    read_each = parameter_reader(
        upstream, (drawing.caption, drawing.size, drawing.count, drawing.variation, drawing.signature, *drawing.shape)
    )
    size_of = lru_cache(maxsize=256)(partial(image_size, drawing))

    def values_of(body: Json, seed: int | None) -> list[PictureValues]:
        text, said_size, count, variation, signature, *shape = read_each(body)
        caption, size = str(text), size_of(str(said_size))
        if variation is None:
            chosen = CHANCE.getrandbits(VARIATION_BITS) if seed is None else hash_values([seed, body])
            variation = chosen % (1 << VARIATION_BITS)
        marked, width, height = signature is True, size.width, size.height
        scene = hash_values([caption, variation, width, height, *shape])
        shown, palette_key = shortened(caption), f"{scene:016x}"
        detail = f"{width}x{height} · {name} {without_fraction(variation)} · #"
        return [
            (
                f"{(scene + 2 * place + marked) % NUMBERS:016x}",
                width,
                height,
                shown,
                f"{detail}{place + 1}",
                palette_key,
                marked,
                place,
            )
            for place in range(int(count) if isinstance(count, NUMBER) else 1)
        ]

    return values_of


def shortened(caption: str) -> str:
    return caption if len(caption) <= CAPTION_CHARACTERS else caption[: CAPTION_CHARACTERS - 1].rstrip() + "…"


def identities(pictures: Sequence[Picture]) -> tuple[str, ...]:
    return tuple([picture.identity for picture in pictures])


def requested_size(upstream: Upstream, body: Json) -> Size:
    (name,) = parameter_reader(upstream, (upstream.drawing.size,))(body)
    return image_size(upstream.drawing, str(name))


def image_size(drawing: Drawing, name: str) -> Size:
    return parse_size(drawing.named_sizes.get(name, name)) or USUAL_SIZE


def variation_name(upstream: Upstream) -> str:
    """The upstream's name for it."""
    return (upstream.drawing.variation or "variation").rpartition("/")[2]


def parameter_reader(upstream: Upstream, pointers: Sequence[str | None]) -> Callable[[Json], list[Json]]:
    """Reads the values of a call at some pointers; for omitted ones and null, the document's default, or null.

    A pointer that the document lacks is None, and so is its value.
    """
    request = upstream.operation.request
    known = [pointer for pointer in pointers if pointer is not None]
    unknown = [place for place, pointer in enumerate(pointers) if pointer is None]
    read_each = reader(known)
    conditional = [at for at, one in enumerate(known) if any(part.condition for part in request.defaulted.get(one, ()))]
    defaults = [request.default(pointer, None) for pointer in known]
    usual = [None if default is ABSENT or at in conditional else default for at, default in enumerate(defaults)]

    def parameters_of(body: Json) -> list[Json]:
        found = read_each(body)
        for at in conditional:
            if found[at] is ABSENT or found[at] is None:
                found[at] = request.default(known[at], body)
        values = [
            default if value is ABSENT or value is None else value for value, default in zip(found, usual, strict=True)
        ]
        for place in unknown:
            values.insert(place, None)
        return values

    return parameters_of


def hash_values(parts: Sequence[Json]) -> int:
    """A number that is the same for equal values, in any process."""
    for part in parts:
        if type(part) is float:
            parts = [without_fraction(one) for one in parts]
            break
    try:
        content = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # half a character, which JSON may bring as an escape
        content = json.dumps(parts, sort_keys=True).encode()
    return int.from_bytes(blake2b(content, digest_size=NUMBER_BYTES).digest())


def without_fraction(value: Json) -> Json:
    """1.0 is 1, as in JSON Schema."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
