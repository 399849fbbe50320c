"""Partial images, as an image model shows them while it works: the image in blocks, which become finer."""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

from PIL import Image

COARSEST: Final = 8
"""Blocks along the shorter side of the first partial image; each further one has twice as many."""


def partial_images(content: bytes, count: int) -> Iterator[bytes]:
    """So many partial images of the image's size, as PNGs. Raises OSError for bytes that are not an image."""
    with Image.open(BytesIO(content)) as image:
        right = image.convert("RGB")
    for place in range(count):
        side = max(1, min(right.size) // (COARSEST << place))
        blocks = right.reduce(side).resize(right.size, Image.Resampling.NEAREST)
        out = BytesIO()
        blocks.save(out, "PNG", compress_level=1)
        yield out.getvalue()


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height in pixels. Raises OSError for bytes that are not an image."""
    with Image.open(BytesIO(content)) as image:
        return image.size
