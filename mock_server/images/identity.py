"""Which generated picture some bytes are: written twice into each picture, and read back from either place.

A PNG text chunk answers without a single pixel being decoded. A stamp of dark and light cells in the upper left corner
answers after the picture was encoded anew (JPEG and WebP from quality 60, at the same size). Pictures under 64
pixels of width or 48 of height have no room for the stamp and carry the chunk alone.
"""

import io
import re
import zlib
from typing import Final

from PIL import Image

from mock_server.images.png import text_of

KEYWORD: Final = "Picture-Identity"
_IDENTITY: Final = re.compile(r"[0-9a-f]{16}")
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_MAX_PIXELS: Final = 1 << 26  # four times the largest picture that is drawn

_COLUMNS, _ROWS = 16, 6  # 64 bits of identity, then 32 bits of checksum
_CELL: Final = 4  # pixels; the stamp covers whole 8x8 blocks, so that JPEG keeps it apart from the scene
STAMP_SIZE: Final = (_COLUMNS * _CELL, _ROWS * _CELL)
_LEAST_CONTRAST: Final = 64
_MASK: Final = bytes.fromhex("b25c3a96d1478e6b05f97a32")  # breaks up runs of equal cells


def stamp(identity: str) -> Image.Image:
    """The stamp as a mask: 255 where a cell is dark, 0 where it is light."""
    raw = bytes.fromhex(identity)
    coded = bytes(left ^ right for left, right in zip(_checked(raw), _MASK, strict=True))
    cells = Image.frombytes("1", (_COLUMNS, _ROWS), coded)
    return cells.convert("L").resize(STAMP_SIZE, Image.Resampling.NEAREST)


def stamp_corner(width: int, height: int) -> tuple[int, int] | None:
    """Where the stamp's upper left corner lies in a picture of this size; None where it has no room."""
    if width < STAMP_SIZE[0] or height < 2 * STAMP_SIZE[1]:
        return None
    return (8 if width >= STAMP_SIZE[0] + 16 else 0, 8 if height >= STAMP_SIZE[1] + 16 else 0)


def identity_of(content: bytes) -> str | None:
    """Which picture these bytes are; None where it cannot be told."""
    return _from_text(content) or _from_pixels(content)


def _checked(raw: bytes) -> bytes:
    return raw + zlib.crc32(raw).to_bytes(4)


def _from_text(content: bytes) -> str | None:
    text = text_of(content, KEYWORD)
    return text if text and _IDENTITY.fullmatch(text) else None


def _from_pixels(content: bytes) -> str | None:
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            return _read_stamp(image)
    except Exception:  # noqa: BLE001 - decoders answer broken bytes with nearly every kind of error
        return None


def _read_stamp(image: Image.Image) -> str | None:
    corner = stamp_corner(image.width, image.height)
    if corner is None or image.width * image.height > _MAX_PIXELS:
        return None
    image.draft("L", image.size)  # of a JPEG, brightness alone is decoded
    left, top = corner
    cut = image.crop((left, top, left + STAMP_SIZE[0], top + STAMP_SIZE[1]))
    return _decoded(cut.convert("L").resize((_COLUMNS, _ROWS), Image.Resampling.BOX))


def _decoded(cells: Image.Image) -> str | None:
    """The identity that the cells' mean brightness spells, where there is contrast and the checksum is right."""
    values = cells.tobytes()
    darkest, lightest = min(values), max(values)
    if lightest - darkest < _LEAST_CONTRAST:
        return None
    middle = (darkest + lightest) // 2
    coded = cells.point([255 * (value <= middle) for value in range(256)]).convert("1").tobytes()
    raw = bytes(left ^ right for left, right in zip(coded, _MASK, strict=True))
    return raw[:8].hex() if _checked(raw[:8]) == raw else None
