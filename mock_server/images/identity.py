"""Which generated picture some bytes are, and PNG as far as that needs it."""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

from PIL import Image

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_BEFORE_TEXT: Final = len(SIGNATURE) + 25  # IHDR, which comes first
_BITS, _PALETTE_COLOUR = 4, 3  # per pixel; the kind of colour that IHDR names


def encode_png(image: Image.Image, colours: bytes, keyword: str, text: str) -> bytes:
    """The palette image as a PNG that carries one text."""
    header = struct.pack(">IIBBBBB", image.width, image.height, _BITS, _PALETTE_COLOUR, 0, 0, 0)
    return SIGNATURE + b"".join(
        (
            chunk(b"IHDR", header),
            chunk(b"PLTE", colours),
            _text_chunk(keyword, text),
            chunk(b"IDAT", _deflate(image)),
            chunk(b"IEND", b""),
        )
    )


def text_of(content: bytes, keyword: str) -> str | None:
    """The text that stands under the keyword before the first pixel; None for other bytes than a PNG's."""
    prefix = keyword.encode("latin-1") + b"\0"
    for kind, data in _chunks_before_pixels(content):
        if kind == b"tEXt" and data.startswith(prefix):
            return data[len(prefix) :].decode("latin-1")
    return None


def with_text(content: bytes, keyword: str, text: str) -> bytes:
    """A PNG with one more text."""
    return content[:_BEFORE_TEXT] + _text_chunk(keyword, text) + content[_BEFORE_TEXT:]


def _text_chunk(keyword: str, text: str) -> bytes:
    return chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1"))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _deflate(image: Image.Image) -> bytes:
    """The rows, each behind the byte that says it is unfiltered; runs are all that flat areas are made of."""
    pixels = image.tobytes("raw", "P;4")
    row = (image.width * _BITS + 7) // 8
    rows = b"".join([b"\0" + pixels[start : start + row] for start in range(0, len(pixels), row)])
    deflate = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    return deflate.compress(rows) + deflate.flush()


def _chunks_before_pixels(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and data of the whole and sound chunks."""
    at = len(SIGNATURE)
    while content.startswith(SIGNATURE) and at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 8 + length
        if kind == b"IDAT" or end + 4 > len(content):
            return
        data = content[at + 8 : end]
        if zlib.crc32(data, zlib.crc32(kind)) == int.from_bytes(content[end : end + 4]):
            yield kind, data
        at = end + 4


KEYWORD: Final = "Picture-Identity"
_IDENTITY: Final = re.compile(r"[0-9a-f]{16}")
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS: Final = 1 << 26  # four times the largest picture that is drawn

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


def identity_of(content: bytes, most_pixels: int = MAX_PIXELS) -> str | None:
    """The identity of an image; None if it has none that can be read. An image of more pixels is not decoded."""
    return _from_text(content) or _from_pixels(content, most_pixels)


def _checked(raw: bytes) -> bytes:
    return raw + zlib.crc32(raw).to_bytes(4)


def _from_text(content: bytes) -> str | None:
    text = text_of(content, KEYWORD)
    return text if text and _IDENTITY.fullmatch(text) else None


def _from_pixels(content: bytes, most: int) -> str | None:
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            return _read_stamp(image) if image.width * image.height <= most else None
    except Exception:  # noqa: BLE001 - decoders answer broken bytes with nearly every kind of error
        return None


def _read_stamp(image: Image.Image) -> str | None:
    corner = stamp_corner(image.width, image.height)
    if corner is None:
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
