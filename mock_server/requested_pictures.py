"""Which pictures a valid call to the upstream asks for, by what its document says of drawing.

A picture follows from the parts of the call that shape it and from its place among the pictures of the call. A call
that leaves its variation to chance gets one by chance, and the picture says which: asked for with that one, it comes
again.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from random import Random

import orjson

from gateway_contract.contract import Upstream
from gateway_contract.pointer import read
from gateway_contract.size import Size, parse_size
from gateway_contract.values import ABSENT, Json
from mock_server.images import Picture

CAPTION_CHARACTERS = 80  # links hold them
USUAL_SIZE = Size(1024, 1024)
VARIATION_BITS = 31
"""Of the number that is chosen by chance where a call names none."""
CHANCE = Random()  # noqa: S311 - a picture is no secret


def requested_pictures(upstream: Upstream, body: Json) -> list[Picture]:
    """The pictures that a valid call asks for, each with an identity of its own."""
    drawing = upstream.drawing
    size = requested_size(upstream, body)
    variation = requested_variation(upstream, body)
    caption = str(asked(upstream, drawing.caption, body))
    marked = drawing.signature is not None and asked(upstream, drawing.signature, body) is True
    shape = [
        caption,
        variation,
        size.width,
        size.height,
        *(asked(upstream, pointer, body) for pointer in drawing.shape),
    ]
    scene = digest(*shape)
    return [
        Picture(
            identity=short_digest(b"%b/%d/%d" % (scene.encode(), index, marked)),
            width=size.width,
            height=size.height,
            caption=shortened(caption),
            detail=f"{size.width}x{size.height} · {variation_name(upstream)} {plain(variation)} · #{index + 1}",
            palette_key=scene,
            marked=marked,
            place=index,
        )
        for index in range(requested_count(upstream, body))
    ]


def shortened(caption: str) -> str:
    return caption if len(caption) <= CAPTION_CHARACTERS else caption[: CAPTION_CHARACTERS - 1].rstrip() + "…"


def identities(pictures: Sequence[Picture]) -> tuple[str, ...]:
    return tuple(picture.identity for picture in pictures)


def requested_count(upstream: Upstream, body: Json) -> int:
    count = asked(upstream, upstream.drawing.count, body)
    return int(count) if isinstance(count, int | float) else 1


def requested_size(upstream: Upstream, body: Json) -> Size:
    said = str(asked(upstream, upstream.drawing.size, body))
    return parse_size(upstream.drawing.named_sizes.get(said, said)) or USUAL_SIZE


def requested_variation(upstream: Upstream, body: Json) -> Json:
    pointer = upstream.drawing.variation
    said = None if pointer is None else asked(upstream, pointer, body)
    return CHANCE.getrandbits(VARIATION_BITS) if said is None else said


def variation_name(upstream: Upstream) -> str:
    """What the upstream calls it."""
    return (upstream.drawing.variation or "variation").rpartition("/")[2]


def asked(upstream: Upstream, pointer: str, body: Json) -> Json:
    """What a call says at a pointer; null and absence count as the document's default."""
    said = read(body, pointer)
    if said is ABSENT or said is None:
        said = upstream.operation.request.default(pointer, body)
    return None if said is ABSENT else said


def digest(*parts: Json) -> str:
    """16 hexadecimal digits that stand for some values: equal ones for equal values, in any process."""
    told = [plain(part) for part in parts]
    try:
        content = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # half a character, which JSON may bring as an escape
        content = json.dumps(told, sort_keys=True).encode()
    return short_digest(content)


def short_digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


def plain(value: Json) -> Json:
    """1.0 is 1, as in JSON Schema."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
