"""The pictures of the upstream stub: cheap to draw, small to send, and distinguishable.

They have sixteen flat colours: a pixel takes four bits, and run-length encoding compresses four million of them in
milliseconds.
"""

from random import Random
from typing import Final
from zlib import crc32

from PIL import Image, ImageDraw

from mock_server.images.identity import KEYWORD, STAMP_SIZE, encode_png, stamp, stamp_corner
from mock_server.images.lettering import fit_band, write_band, write_mark
from mock_server.images.picture import Picture
from mock_server.images.scenery import INK, PAPER, THEMES, Canvas, colours, paint

STRIDE: Final = 5
"""Between the themes of successive pictures of a call: it shares no divisor with the number of themes."""


def draw(picture: Picture, *, stamped: bool = True) -> bytes:
    """The picture as a PNG of exactly its width and height; its identity is in the bytes and, if stamped, in pixels."""
    key = picture.palette_key.encode("utf-8", "surrogatepass")  # JSON may bring half a character
    palette = colours(THEMES[(crc32(key) + STRIDE * picture.place) % len(THEMES)])
    chance = Random(key + b"/%d" % picture.place)  # noqa: S311 - a picture is no secret
    image = Image.new("P", (picture.width, picture.height))
    pen = ImageDraw.Draw(image)
    band = fit_band(picture.caption, picture.detail, picture.width, picture.height)
    paint(Canvas(pen, picture.width, picture.height - (band.height if band else 0), chance))
    if band:
        write_band(image, pen, band)
    if picture.marked:
        write_mark(image, pen)
    if stamped:
        _stamp(image, pen, picture.identity)
    return encode_png(image, palette, KEYWORD, picture.identity)


def _stamp(image: Image.Image, pen: ImageDraw.ImageDraw, identity: str) -> None:
    corner = stamp_corner(*image.size)
    if corner is None:
        return
    (left, top), (wide, high) = corner, STAMP_SIZE
    pen.rounded_rectangle((left - 4, top - 4, left + wide + 3, top + high + 3), radius=4, fill=PAPER)
    pen.rectangle((left, top, left + wide - 1, top + high - 1), fill=PAPER)
    image.paste(INK, (left, top), stamp(identity))
