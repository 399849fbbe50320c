"""The images of a run: of the right size, each with its identity, and of one colour that follows from that.

Drawing pictures would take half of a run's time, and a report needs to tell one from another only. Those whose pixels
are compared have many colours.
"""

import colorsys
import io
import struct
import zlib
from functools import lru_cache

from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo

from mock_server.images.identity import KEYWORD, SIGNATURE, STAMP_SIZE, chunk, stamp, stamp_corner
from mock_server.images.picture import Picture

BITS, PALETTE_COLOUR = 1, 3  # per pixel; the kind of colour that IHDR names
LIGHT = b"\xff"  # eight pixels of the palette's second colour
LIGHTNESS, SATURATION = 0.8, 0.6  # light enough for the stamp, which is black, to be read
ZLIB_HEADER = b"\x78\x01"  # deflate with the usual window, packed fast
STAMPED = STAMP_SIZE[1] + 8  # rows, from the top, among which the stamp lies


def blank_image(picture: Picture) -> bytes:
    """A PNG of the picture's size with nothing on it but the stamp of its identity."""
    header = struct.pack(">IIBBBBB", picture.width, picture.height, BITS, PALETTE_COLOUR, 0, 0, 0)
    text = f"{KEYWORD}\0{picture.identity}".encode("latin-1")
    return SIGNATURE + b"".join(
        (
            chunk(b"IHDR", header),
            chunk(b"PLTE", bytes(3) + light_colour(picture.identity)),
            chunk(b"tEXt", text),
            chunk(b"IDAT", packed_pixels(picture)),
            chunk(b"IEND", b""),
        )
    )


def light_colour(identity: str) -> bytes:
    """Red, green and blue, each of one byte, of a hue that the identity says."""
    hue = int(identity[:4], 16) / 0x10000
    return bytes(round(part * 255) for part in colorsys.hls_to_rgb(hue, LIGHTNESS, SATURATION))


def coloured_image(picture: Picture) -> bytes:
    """A PNG of the picture's size in which every place has another colour, so that any change of pixels shows."""
    size, ramp = (picture.width, picture.height), Image.linear_gradient("L")
    across = ramp.transpose(Image.Transpose.ROTATE_90)
    whole = Image.merge("RGB", [band.resize(size) for band in (ramp, across, Image.radial_gradient("L"))])
    corner = stamp_corner(*size)
    if corner is not None:
        whole.paste(Image.merge("RGB", [ImageChops.invert(stamp(picture.identity))] * 3), corner)
    text, packed = PngInfo(), io.BytesIO()
    text.add_text(KEYWORD, picture.identity)
    whole.save(packed, "PNG", pnginfo=text, compress_level=1)
    return packed.getvalue()


def packed_pixels(picture: Picture) -> bytes:
    """The rows as zlib packs them (RFC 1950). Those below the stamp are packed once for all pictures of a size."""
    top = stamped_rows(picture)
    blank, packed = blank_rows(picture.width, max(picture.height - STAMPED, 0))
    checksum = zlib.adler32(blank, zlib.adler32(top))
    return ZLIB_HEADER + deflated(top, zlib.Z_FULL_FLUSH) + packed + checksum.to_bytes(4)


@lru_cache(maxsize=16)
def blank_rows(width: int, count: int) -> tuple[bytes, bytes]:
    """So many light rows, each behind the byte that says it is unfiltered, and the end of packed data that they are."""
    rows = (b"\0" + LIGHT * row_length(width)) * count
    return rows, deflated(rows, zlib.Z_FINISH)


def deflated(rows: bytes, ending: int) -> bytes:
    """Rows packed as fast as runs can be, without the header and checksum of zlib."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    return deflate.compress(rows) + deflate.flush(ending)


def stamped_rows(picture: Picture) -> bytes:
    """The upper rows, in which the stamp lies, each behind the byte that says it is unfiltered."""
    top = Image.new("1", (picture.width, min(STAMPED, picture.height)), 1)
    corner = stamp_corner(picture.width, picture.height)
    if corner is not None:
        top.paste(0, corner, stamp(picture.identity))
    width, pixels = row_length(picture.width), top.tobytes("raw", "1")
    return b"".join([b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width)])


def row_length(width: int) -> int:
    """The bytes of a row of so many pixels."""
    return (width * BITS + 7) // 8
