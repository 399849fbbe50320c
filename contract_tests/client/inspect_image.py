"""Whether bytes are a usable image, found out without unpacking more of them than is needed."""

import asyncio
import binascii
import hashlib
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from PIL import Image as Pillow
from PIL.AvifImagePlugin import AvifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from contract_tests.client.daemon_thread import in_daemon_thread
from contract_tests.client.limits import Limits, PeerError, Problem, format_bytes
from gateway_contract.traffic.exchange import BrokenImage, Image
from mock_server.images.identity import identity_of
from mock_server.images.thumbnails import shrink

SMALL_IMAGE = 32 * 1024  # bytes, which is less than a thumbnail may take
PARTS = 20_000  # a PNG of 32 MiB in pieces of 8 KiB, as libpng writes it, has 4000
SCANS = 64  # a progressive JPEG has about ten; each goes over the whole picture again

JPEG_START_OF_SCAN = b"\xff\xda"
JPEG_BARE = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})  # these markers have no length behind them


def check_parts(kind: str, content: bytes) -> None:
    """Raise Trouble where the file has more parts than an honest one of its size."""
    walks = {"PNG": png_parts, "JPEG": jpeg_parts}
    if kind in walks and sum(1 for _ in islice(walks[kind](content), PARTS + 1)) > PARTS:
        raise PeerError(f"a {kind} image of more than {PARTS:,} parts")
    if kind == "JPEG" and content.count(JPEG_START_OF_SCAN) > SCANS:
        raise PeerError(f"a JPEG image with more than {SCANS} scans")


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


AT_ONCE = 1 << 18  # bytes that are unpacked in one step
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # samples of a pixel, by the kind of colour (PNG, 11.2.1)
WHOLE = ((0, 0, 1, 1),)
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""The passes of an interlaced image: its first column and row, and the steps from one to the next (PNG, 8.2)."""


def check_pixels(content: bytes) -> None:
    """Raise Trouble, or zlib.error, where the pixel data of a PNG with sound chunks stops too early."""
    if count_bytes(packed_size(content), wanted := pixel_bytes(content)) < wanted:
        raise PeerError("pixels are missing")


def pixel_bytes(content: bytes) -> int:
    """How many bytes the pixels unpack to, by the header."""
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", content, 16)
    bits = depth * CHANNELS[colour]
    length = 0
    for left, top, across, down in ADAM7 if interlaced else WHOLE:
        columns, rows = len(range(left, width, across)), len(range(top, height, down))
        length += rows * (1 + (columns * bits + 7) // 8) if columns else 0
    return length


def packed_size(content: bytes) -> Iterator[bytes]:
    for place in png_parts(content):
        if content[place + 4 : place + 8] == b"IDAT":
            yield content[place + 8 : place + 8 + int.from_bytes(content[place : place + 4])]


def count_bytes(parts: Iterator[bytes], most: int) -> int:
    """How many bytes some parts unpack to, counted no further than to `most`."""
    unpacker, found = zlib.decompressobj(), 0
    for part in parts:
        left = part
        while left and found < most and not unpacker.eof:
            found += len(unpacker.decompress(left, AT_ONCE))
            left = unpacker.unconsumed_tail
    return found + len(unpacker.flush(AT_ONCE)) if found < most and not unpacker.eof else found


# What image models give. Pillow reads fifty more kinds, some of them at a cost that has no bound.
KINDS: Final[dict[str, type[ImageFile]]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "WEBP": WebPImageFile,
    "AVIF": AvifImageFile,
}
SHOWN = 40  # characters of a media type


@dataclass(slots=True)
class Decoding:
    """Bounds what hostile images cost together: one is decoded at a time, and none after one that took too long."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    given_up: bool = False


async def inspect_within(
    decoding: Decoding, look: Callable[[Limits], Image | BrokenImage], key: str, link: str, limits: Limits
) -> Image | BrokenImage:
    """What `look` gives, in a thread and within the time for one image.

    The thread of an image that takes longer is abandoned. Of all that follow only the header is read.
    """
    async with decoding.turn:
        if decoding.given_up:
            return await in_daemon_thread(lambda: look(replace(limits, decoded_pixels=0)))
        try:
            async with asyncio.timeout(limits.decode_seconds):
                return await in_daemon_thread(lambda: look(limits))
        except TimeoutError:
            decoding.given_up = True
            return BrokenImage(key, link, f"an image that takes more than {limits.decode_seconds:g} s to decode")


def inspect_base64(text: str, key: str, limits: Limits) -> Image | BrokenImage:
    """What an image within an answer is."""
    if len(text) * 3 // 4 > limits.image_bytes + 2:
        return BrokenImage(key, "", too_long(limits))
    decoded = decode_base64(text)
    return BrokenImage(key, "", decoded.text) if isinstance(decoded, Problem) else inspect(decoded, key, "", "", limits)


def inspect(content: bytes, key: str, link: str, media_type: str, limits: Limits) -> Image | BrokenImage:
    """What the bytes are. `link` is "" where they came within the answer; then the bytes say the media type."""
    try:
        picture = open_image(content, media_type, limits)
        width, height = picture.size
        check(picture, content, limits)
    except PeerError as trouble:
        return BrokenImage(key, link, str(trouble))
    kind = str(picture.format)
    del picture  # its pixels are not needed any more, and the identity may take as many again
    said = media_type if link else Pillow.MIME[kind]
    digest = hashlib.sha256(content).hexdigest()
    identity = identity_of(content, limits.decoded_pixels)
    pixels = digest_of_pixels(content) if width * height <= limits.hashed_pixels else None
    preview = _preview(content) if width * height <= limits.decoded_pixels else b""
    return Image(key, link, said, kind, width, height, digest, identity, pixels, preview)


def digest_of_pixels(content: bytes) -> str:
    """The SHA-256 of a sound image's pixels: the same however the file is packed, and whatever it says beside them."""
    with Pillow.open(io.BytesIO(content)) as picture:
        return hashlib.sha256(picture.convert("RGBA").tobytes()).hexdigest()


def _preview(content: bytes) -> bytes:
    """What a report shows of an image. Most images of a run are in no report, so a small one is shrunk later."""
    return content if len(content) <= SMALL_IMAGE else shrink(content) or b""


def too_long(limits: Limits) -> str:
    return f"an image of more than {format_bytes(limits.image_bytes)}"


def open_image(content: bytes, media_type: str, limits: Limits) -> ImageFile:
    """The image with its header read. Not by Pillow's `open`: that warns of big ones by a setting of the process."""
    if not content:
        raise PeerError("no bytes where an image should be")
    if len(content) > limits.image_bytes:
        raise PeerError(too_long(limits))
    for kind in KINDS:
        _, accepts = Pillow.OPEN[kind]
        if accepts and accepts(content[:16]) is True:
            return image_header(kind, content)
    said = f" ({media_type[:SHOWN]})" if media_type else ""
    raise PeerError(f"not a PNG, JPEG, WebP or AVIF image{said}")


def image_header(kind: str, content: bytes) -> ImageFile:
    check_parts(kind, content)
    try:
        return KINDS[kind](io.BytesIO(content))
    except Pillow.DecompressionBombError:
        raise PeerError(f"a {kind} image that claims too many pixels") from None
    except Exception as error:
        raise PeerError(f"a {kind} image whose header cannot be read") from error


def check(picture: ImageFile, content: bytes, limits: Limits) -> None:
    """Raise Trouble where the image is too big or not whole."""
    width, height = picture.size
    if width * height > limits.pixels:
        raise PeerError(f"a {picture.format} image that claims {width} x {height} pixels")
    if not isinstance(picture, PngImageFile) and width * height > limits.decoded_pixels:
        return  # decoding it costs more memory than a run may take, so its header has to do
    try:
        read_to_end(picture, content)
    except Exception as error:
        raise PeerError(f"a {picture.format} image that is cut or damaged") from error


def read_to_end(picture: ImageFile, content: bytes) -> None:
    """Read the image to its end at the least cost: a PNG without drawing it, a JPEG at an eighth of its size."""
    if isinstance(picture, PngImageFile):
        picture.verify()
        check_pixels(content)
        return
    picture.draft(picture.mode, (picture.width // 8, picture.height // 8))
    picture.load()


FROM_URL_SAFE = str.maketrans("-_", "+/")


def decode_base64(text: str) -> bytes | Problem:
    """The bytes that the text stands for, or which near relative of Base64 it is."""
    content = decode_strictly(text)
    return Problem(base64_error(text)) if content is None else content


def decode_strictly(text: str) -> bytes | None:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error is one; so is a character outside ASCII
        return None


def base64_error(text: str) -> str:
    if text[:5].lower() == "data:":
        return "a data URI, not bare Base64"
    if decode_strictly("".join(text.split())) is not None:
        return "Base64 with line breaks" if "\n" in text else "Base64 with white space"
    if is_base64(text.translate(FROM_URL_SAFE)) and ("-" in text or "_" in text):
        return "URL-safe Base64"
    return "Base64 that is cut, or lacks its padding" if is_base64(text) else "not Base64"


def is_base64(text: str) -> bool:
    """Whether the text is Base64 but for its end; a last character that stands alone says nothing."""
    digits = text.rstrip("=")
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    return bool(whole) and decode_strictly(whole + "=" * (-len(whole) % 4)) is not None
