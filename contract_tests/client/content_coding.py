"""Unpacking an answer's content coding in steps that never give more than there is room for."""

import zlib
from dataclasses import dataclass, field
from typing import Protocol

from contract_tests.client.limits import PeerError

OFFERED = "gzip, deflate"
SHOWN = 20  # characters of an unknown coding's name


class Decoder(Protocol):
    def decode(self, chunk: bytes, most: int) -> bytes:
        """What the chunk unpacks to, about `most` bytes of it; then an empty chunk gives more, until none is left."""

    def finish(self) -> None:
        """Raise Trouble where the coded data stops short of its end."""


@dataclass(frozen=True, slots=True)
class IdentityDecoder:
    """No content coding: a chunk is as long as it came."""

    def decode(self, chunk: bytes, most: int) -> bytes:  # noqa: ARG002 # nothing grows
        return chunk

    def finish(self) -> None:
        """Plain data has no end of its own to miss."""


@dataclass(slots=True)
class ZlibDecoder:
    """The codings gzip and deflate. Nothing is read after the end of the data."""

    coding: str
    head: bytes = b""
    unpacker: "zlib._Decompress | None" = field(default=None)

    def decode(self, chunk: bytes, most: int) -> bytes:
        if self.unpacker is None:
            self.head += chunk
            if len(self.head) < 2:
                return b""
            self.unpacker, chunk = zlib.decompressobj(zlib_window(self.coding, self.head)), self.head
        return self._decompress(self.unpacker, chunk, most)

    def _decompress(self, unpacker: "zlib._Decompress", chunk: bytes, most: int) -> bytes:
        if unpacker.eof and chunk:
            raise PeerError(f"bytes after the end of the response's {self.coding} data")
        try:
            content = unpacker.decompress(unpacker.unconsumed_tail + chunk, most)
        except zlib.error:
            raise PeerError(f"the response says that it is {self.coding} data, and is not") from None
        if unpacker.unused_data:
            raise PeerError(f"bytes after the end of the response's {self.coding} data")
        return content

    def finish(self) -> None:
        started = self.unpacker is not None or self.head
        if started and not (self.unpacker and self.unpacker.eof):
            raise PeerError(f"the response's {self.coding} data is cut")


def zlib_window(coding: str, head: bytes) -> int:
    """The zlib setting for a coding. "deflate" is sent with zlib's header (RFC 9110) and, by many, without."""
    if coding == "gzip":
        return zlib.MAX_WBITS | 16
    wrapped = head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(head[:2]) % 31 == 0
    return zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS


def decoder(content_encoding: str) -> Decoder:
    """The decoder for a Content-Encoding header; only one coding, since two have no common use."""
    codings = [coding.strip().lower() for coding in content_encoding.split(",")]
    match [coding.removeprefix("x-") for coding in codings if coding not in {"", "identity"}]:
        case []:
            return IdentityDecoder()
        case [("gzip" | "deflate") as coding]:
            return ZlibDecoder(coding)
    raise PeerError(f"the response has content coding {content_encoding[:SHOWN]!r}, which was not offered")
