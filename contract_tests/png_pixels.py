"""Whether a PNG has as many pixels as it claims: they are unpacked and counted, never kept or drawn."""

import struct
import zlib
from collections.abc import Iterator

from contract_tests.image_parts import png_parts
from contract_tests.limits import Trouble

AT_ONCE = 1 << 18  # bytes that are unpacked in one step
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # samples of a pixel, by the kind of colour (PNG, 11.2.1)
WHOLE = ((0, 0, 1, 1),)
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""The passes of an interlaced image: its first column and row, and the steps from one to the next (PNG, 8.2)."""


def check_pixels(content: bytes) -> None:
    """Raise Trouble, or zlib.error, where the pixel data of a PNG with sound chunks stops too early."""
    if counted(packed(content), wanted := length_of(content)) < wanted:
        raise Trouble("pixels are missing")


def length_of(content: bytes) -> int:
    """How many bytes the pixels unpack to, by the header."""
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", content, 16)
    bits = depth * CHANNELS[colour]
    length = 0
    for left, top, across, down in ADAM7 if interlaced else WHOLE:
        columns, rows = len(range(left, width, across)), len(range(top, height, down))
        length += rows * (1 + (columns * bits + 7) // 8) if columns else 0
    return length


def packed(content: bytes) -> Iterator[bytes]:
    for place in png_parts(content):
        if content[place + 4 : place + 8] == b"IDAT":
            yield content[place + 8 : place + 8 + int.from_bytes(content[place : place + 4])]


def counted(parts: Iterator[bytes], most: int) -> int:
    """How many bytes some parts unpack to, counted no further than to `most`."""
    unpacker, found = zlib.decompressobj(), 0
    for part in parts:
        left = part
        while left and found < most and not unpacker.eof:
            found += len(unpacker.decompress(left, AT_ONCE))
            left = unpacker.unconsumed_tail
    return found + len(unpacker.flush(AT_ONCE)) if found < most and not unpacker.eof else found
