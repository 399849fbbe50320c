"""Content codings in which an upstream responds: whatever a client offers, it must be able to read."""

import gzip
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Final

BROTLI_BLOCK: Final = 1 << 16
ZSTANDARD_BLOCK: Final = 1 << 17  # bytes at most
NEVER: Final = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*")


def brotli(content: bytes) -> bytes:
    """The content in the format of RFC 7932, in uncompressed blocks."""
    blocks = []
    for begin in range(0, len(content), BROTLI_BLOCK):
        block = content[begin : begin + BROTLI_BLOCK]
        header = (len(block) - 1) << 3 | 1 << 19
        window = 0 if begin else 1  # bits before the first header: a 0 for a window of 16 bits
        blocks.append((header << window).to_bytes(3, "little") + block)
    return b"".join([*blocks, b"\x03" if blocks else b"\x06"])


def zstandard(content: bytes) -> bytes:
    """The content in the format of RFC 8878, in uncompressed blocks."""
    frame = bytearray(b"\x28\xb5\x2f\xfd\xa0" + len(content).to_bytes(4, "little"))
    for begin in range(0, len(content) or 1, ZSTANDARD_BLOCK):
        block = content[begin : begin + ZSTANDARD_BLOCK]
        is_last = begin + ZSTANDARD_BLOCK >= len(content)
        frame += (len(block) << 3 | is_last).to_bytes(3, "little") + block
    return bytes(frame)


CODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": brotli,
    "zstd": zstandard,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}
"""By their names, the rarest first."""


def chosen_coding(accept_encoding: str) -> str | None:
    """The rarest coding that a client accepts by its header Accept-Encoding; None where it accepts none."""
    offers = (offer.lower().partition(";") for offer in accept_encoding.split(","))
    accepted = {name.strip() for name, _, weight in offers if not NEVER.fullmatch(weight)}
    return next((name for name in CODINGS if name in accepted), None)
