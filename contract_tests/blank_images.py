"""The images of a run: of the right size, each to be told apart, and white, for nobody looks at them.

Drawing pictures would take half of a run's time.
"""

import struct
import zlib

from PIL import Image

from mock_server.images.drawing import Picture
from mock_server.images.identity import KEYWORD, STAMP_SIZE, stamp, stamp_corner
from mock_server.images.png import SIGNATURE, chunk

BITS, GREY = 1, 0  # per pixel; the kind of colour that IHDR names
WHITE = b"\xff"
STAMPED = STAMP_SIZE[1] + 8  # rows, from the top, among which the stamp lies


def blank(picture: Picture) -> bytes:
    """A PNG of the picture's size with nothing on it but the stamp of its identity."""
    header = struct.pack(">IIBBBBB", picture.width, picture.height, BITS, GREY, 0, 0, 0)
    text = f"{KEYWORD}\0{picture.identity}".encode("latin-1")
    deflate = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    pixels = deflate.compress(rows(picture)) + deflate.flush()
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"tEXt", text) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def rows(picture: Picture) -> bytes:
    """The rows, each behind the byte that says it is unfiltered."""
    top = Image.new("1", (picture.width, min(STAMPED, picture.height)), 1)
    corner = stamp_corner(picture.width, picture.height)
    if corner is not None:
        top.paste(0, corner, stamp(picture.identity))
    width = (picture.width * BITS + 7) // 8
    pixels = top.tobytes("raw", "1")
    stamped = [b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width)]
    return b"".join([*stamped, (b"\0" + WHITE * width) * (picture.height - top.height)])
