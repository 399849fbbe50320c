"""PNG as far as the pictures need it: sixteen colours are written, and texts are read without a pixel being decoded.

Pillow writes the same image in twice the time, for it tries filters that do nothing for flat areas.
"""

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
            chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1")),
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
    """A PNG that carries one text more."""
    told = chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1"))
    return b"".join((content[:_BEFORE_TEXT], told, content[_BEFORE_TEXT:]))


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
