"""How many pieces an image file is made of, counted without reading them.

Pillow spends some microseconds on each piece before it knows the image's size, and on some of a JPEG more with each
that went before: a hostile file of 32 MiB would keep it busy for minutes.
"""

from collections.abc import Iterator
from itertools import islice

from contract_tests.limits import Trouble

PARTS = 20_000  # a PNG of 32 MiB in pieces of 8 KiB, as libpng writes it, has 4000
SCANS = 64  # a progressive JPEG has about ten; each goes over the whole picture again

JPEG_START_OF_SCAN = b"\xff\xda"
JPEG_BARE = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})  # these markers have no length behind them


def check_parts(kind: str, content: bytes) -> None:
    """Raise Trouble where the file has more parts than an honest one of its size."""
    walks = {"PNG": png_parts, "JPEG": jpeg_parts}
    if kind in walks and sum(1 for _ in islice(walks[kind](content), PARTS + 1)) > PARTS:
        raise Trouble(f"a {kind} image of more than {PARTS:,} parts")
    if kind == "JPEG" and content.count(JPEG_START_OF_SCAN) > SCANS:
        raise Trouble(f"a JPEG image with more than {SCANS} scans")


def png_parts(content: bytes) -> Iterator[int]:
    """Where each chunk begins: its length in four bytes, its name and its checksum in four each."""
    place = 8
    while place < len(content):
        yield place
        place += 12 + int.from_bytes(content[place : place + 4])


def jpeg_parts(content: bytes) -> Iterator[int]:
    """Where each segment before the first scan begins; a byte that belongs to none counts as one."""
    place = 2
    while place + 1 < len(content) and content[place : place + 2] != JPEG_START_OF_SCAN:
        yield place
        first, second = content[place : place + 2]
        if first != 0xFF or second == 0xFF:
            place += 1
        elif second in JPEG_BARE:
            place += 2
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4])
