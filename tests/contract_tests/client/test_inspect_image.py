"""Bytes are an image only if they are a whole one, and finding out costs little."""

import asyncio
import base64
import hashlib
import io
import struct
import threading
import zlib
from dataclasses import replace
from functools import partial

import pytest
from PIL import Image as Pillow
from PIL.ImageFile import ImageFile

from contract_tests.client.inspect_image import Decoding, decode_base64, inspect, inspect_base64, inspect_within
from contract_tests.client.limits import Limits, Problem
from gateway_contract.traffic.exchange import BrokenImage, Image
from mock_server.images.drawing import draw
from mock_server.images.picture import Picture
from mock_server.images.thumbnails import SIDE
from tests.contract_tests.client.test_transport import at_most

LIMITS = Limits(image_bytes=2**22)
LINK = "http://127.0.0.1/1.png"
CUT = "a PNG image that is cut or damaged"


def image(kind: str, width: int = 640, height: int = 480, **options: object) -> bytes:
    content = io.BytesIO()
    picture = Pillow.effect_noise((width, height), 64).convert("RGB")
    picture.save(content, kind, **options)
    return content.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes, width: int = 8, height: int = 8) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(9 * 8)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def problem(content: bytes, media_type: str = "image/png") -> str:
    inspected = inspect(content, "url", LINK, media_type, LIMITS)
    assert isinstance(inspected, BrokenImage), inspected
    return inspected.problem


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_a_whole_image_is_told_by_its_bytes(kind: str) -> None:
    content = image(kind)
    digest = hashlib.sha256(content).hexdigest()
    expected = Image("b64_json", "", f"image/{kind.lower()}", kind, 640, 480, digest, None)
    assert inspect(content, "b64_json", "", "", LIMITS) == expected


def test_a_small_image_is_kept_and_of_another_one_a_smaller_one() -> None:
    small, large = image("PNG", 64, 64), image("JPEG", 1024, 512)
    kept, shrunk = (inspect(one, "url", LINK, "image/png", LIMITS) for one in (small, large))
    assert isinstance(kept, Image)
    assert isinstance(shrunk, Image)
    assert kept.preview == small
    with Pillow.open(io.BytesIO(shrunk.preview)) as preview:
        assert preview.size == (SIDE, SIDE // 2)


def test_behind_a_link_the_media_type_is_what_the_answer_said() -> None:
    inspected = inspect(image("PNG"), "url", LINK, "text/plain", LIMITS)
    assert isinstance(inspected, Image)
    assert (inspected.link, inspected.media_type, inspected.format) == (LINK, "text/plain", "PNG")


def test_an_image_of_our_upstream_is_known_again() -> None:
    content = draw(Picture("0123456789abcdef", 512, 512, "a cat", "", "", marked=False))
    inspected = inspect(content, "url", LINK, "image/png", LIMITS)
    assert isinstance(inspected, Image)
    assert (inspected.width, inspected.height, inspected.identity) == (512, 512, "0123456789abcdef")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_an_image_that_is_cut_is_broken(kind: str, share: float) -> None:
    content = image(kind)
    assert problem(content[: int(len(content) * share)]).startswith(f"a {kind} image ")


def test_a_progressive_jpeg_that_is_cut_is_broken() -> None:
    content = image("JPEG", progressive=True)
    assert isinstance(inspect(content, "url", LINK, "", LIMITS), Image)
    assert problem(content[:-100]) == "a JPEG image that is cut or damaged"


def test_a_png_without_its_last_chunk_is_broken() -> None:
    assert problem(png()[:-12]) == "a PNG image that is cut or damaged"


def test_a_png_with_one_bit_changed_is_broken() -> None:
    content = bytearray(image("PNG"))
    content[len(content) // 2] ^= 1
    assert problem(bytes(content)) == "a PNG image that is cut or damaged"


def test_a_png_without_pixels_is_broken() -> None:
    assert problem(png()[:33] + chunk(b"IEND", b"")) == "a PNG image that is cut or damaged"


@pytest.mark.parametrize("rows", [0, 7])
def test_a_png_with_fewer_rows_than_it_claims_is_broken_though_its_checksums_are_right(rows: int) -> None:
    whole, pixels = png(), chunk(b"IDAT", zlib.compress(bytes(8 * 9)))
    assert pixels in whole
    assert isinstance(inspect(whole, "url", LINK, "image/png", LIMITS), Image)
    assert problem(whole.replace(pixels, chunk(b"IDAT", zlib.compress(bytes(rows * 9))))) == CUT


def test_a_png_whose_pixels_are_no_deflated_data_is_broken() -> None:
    pixels = chunk(b"IDAT", zlib.compress(bytes(8 * 9)))
    assert problem(png().replace(pixels, chunk(b"IDAT", b"not deflated"))) == CUT


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize(("depth", "colour", "bits"), [(1, 0, 1), (4, 3, 4), (8, 2, 24), (16, 6, 64)])
def test_every_layout_of_pixels_has_its_length(interlaced: int, depth: int, colour: int, bits: int) -> None:
    width, height = 37, 5
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    length = sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in passes(width, height, interlaced))
    for missing, whole in ((0, True), (1, False)):
        pixels = chunk(b"IDAT", zlib.compress(bytes(length - missing)))
        content = (
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"PLTE", bytes(48)) + pixels + chunk(b"IEND", b"")
        )
        assert isinstance(inspect(content, "url", LINK, "image/png", LIMITS), Image) is whole


def passes(width: int, height: int, interlaced: int) -> list[tuple[int, int]]:
    """Columns and rows of the passes in which an image comes, as the standard lists them (PNG, 8.2)."""
    if not interlaced:
        return [(width, height)]
    steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    counted = [(len(range(x, width, dx)), len(range(y, height, dy))) for x, y, dx, dy in steps]
    return [(columns, rows) for columns, rows in counted if columns]


def test_pixels_that_never_end_cost_no_memory() -> None:
    bomb = chunk(b"IDAT", zlib.compress(bytes(200 * 2**20)))
    with at_most(16):
        inspect(png().replace(chunk(b"IDAT", zlib.compress(bytes(8 * 9))), bomb), "url", LINK, "image/png", LIMITS)


def test_a_png_that_claims_ten_thousand_million_pixels_is_broken_and_costs_nothing() -> None:
    with at_most(1):
        assert problem(png(width=100_000, height=100_000)) == "a PNG image that claims 100000 x 100000 pixels"


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_a_png_with_a_bomb_in_its_text_is_broken_and_does_not_go_off(kind: bytes) -> None:
    bomb = zlib.compress(bytes(200 * 2**20))
    text = b"Comment\0\0" + bomb if kind == b"zTXt" else b"Comment\0\1\0\0\0" + bomb
    content = png(chunk(kind, text))
    with at_most(16):
        assert problem(content) == "a PNG image whose header cannot be read"


def test_a_jpeg_with_more_scans_than_anybody_needs_is_broken() -> None:
    content = image("JPEG", 64, 64)
    scans = content.index(b"\xff\xda")
    assert problem(content[:scans] + content[scans:] * 65) == "a JPEG image with more than 64 scans"


@pytest.mark.parametrize(
    "flood",
    [b"\xff\xe1\x00\x09Exif\0\0x", b"\xff\xfe\x00\x02", b"\xff\xd0", b"\xff"],
    ids=["EXIF", "comments", "restarts", "padding"],
)
def test_a_jpeg_of_countless_small_parts_is_broken(flood: bytes) -> None:
    content = image("JPEG", 64, 64)
    assert problem(content[:2] + flood * 300_000 + content[2:]) == "a JPEG image of more than 20,000 parts"


def test_a_png_of_countless_small_parts_is_broken() -> None:
    assert problem(png(chunk(b"tEXt", b"a\0b") * 200_000)) == "a PNG image of more than 20,000 parts"


def test_what_a_camera_writes_before_a_jpeg_is_no_flood() -> None:
    content = image("JPEG", 64, 64, exif=b"Exif\0\0" + bytes(60_000), comment=b"x" * 60_000, dpi=(72, 72))
    assert isinstance(inspect(content, "url", LINK, "", LIMITS), Image)


def test_what_is_no_image_says_what_its_answer_took_it_for() -> None:
    page = b"<!doctype html><title>Not found</title>"
    assert problem(page, "text/html") == "not a PNG, JPEG, WebP or AVIF image (text/html)"
    assert problem(page, "") == "not a PNG, JPEG, WebP or AVIF image"
    assert problem(b"\x89PNG\r\n\x1a\n") == "a PNG image whose header cannot be read"


def test_nothing_and_too_much_are_no_images() -> None:
    assert problem(b"") == "no bytes where an image should be"
    assert problem(bytes(2**22 + 1)) == "an image of more than 4 MiB"


def test_base64_is_decoded() -> None:
    for content in (b"", b"a", b"ab", b"abc", bytes(range(256))):
        assert decode_base64(base64.b64encode(content).decode()) == content


CONTENT = b"\xfb\xef\xbe" * 40
RIGHT = base64.b64encode(CONTENT).decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"data:image/png;base64,{RIGHT}", "a data URI, not bare Base64"),
        (base64.urlsafe_b64encode(CONTENT).decode(), "URL-safe Base64"),
        (base64.urlsafe_b64encode(CONTENT + b"a").decode().rstrip("="), "URL-safe Base64"),
        (base64.encodebytes(CONTENT).decode(), "Base64 with line breaks"),
        (RIGHT[:8] + "\r\n" + RIGHT[8:], "Base64 with line breaks"),
        (RIGHT[:8] + " " + RIGHT[8:], "Base64 with white space"),
        (RIGHT[:-1], "Base64 that is cut, or lacks its padding"),
        (RIGHT[:-2], "Base64 that is cut, or lacks its padding"),
        (RIGHT[:-3], "Base64 that is cut, or lacks its padding"),
        ("YQ=", "Base64 that is cut, or lacks its padding"),
        ("YQ==YQ==", "not Base64"),
        ("YQ===", "Base64 that is cut, or lacks its padding"),
        ("[object Object]", "not Base64"),
        ("图像", "not Base64"),
        ("=", "not Base64"),
    ],
)
def test_what_is_not_base64_is_told_apart(text: str, said: str) -> None:
    assert decode_base64(text) == Problem(said)


@pytest.mark.parametrize("kind", ["WEBP", "JPEG"])
def test_an_image_too_large_to_decode_whole_is_known_by_its_header(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lossless WebP of 40 bytes can claim 50 million pixels, and takes a gigabyte to decode."""
    content = image(kind, 500, 400)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded_by_mistake)
    monkeypatch.setattr("PIL.WebPImagePlugin.WebPImageFile.load", decoded_by_mistake)
    found = inspect(content, "url", LINK, "", replace(LIMITS, decoded_pixels=199_999))
    assert isinstance(found, Image)
    assert (found.width, found.height) == (500, 400)
    assert isinstance(inspect(content, "url", LINK, "", replace(LIMITS, decoded_pixels=200_000)), BrokenImage)


def test_no_stamp_is_looked_for_in_an_image_too_large_to_decode() -> None:
    drawn = io.BytesIO(draw(Picture("0123456789abcdef", 512, 512, "a cat", "", "", marked=True)))
    reencoded = io.BytesIO()
    Pillow.open(drawn).convert("RGB").save(reencoded, "WEBP", lossless=True)

    def identity(most: int) -> str | None:
        found = inspect(reencoded.getvalue(), "url", LINK, "", replace(LIMITS, decoded_pixels=most))
        assert isinstance(found, Image)
        return found.identity

    assert identity(512 * 512) == "0123456789abcdef"
    assert identity(512 * 512 - 1) is None


def decoded_by_mistake(*_arguments: object) -> None:
    raise AssertionError("decoded")


def test_an_image_that_takes_too_long_is_given_up_and_no_other_is_decoded_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decodings: list[str] = []
    ended: list[str] = []
    began, proceed = threading.Event(), threading.Event()

    def slow(picture: ImageFile, _content: bytes) -> None:
        decodings.append(str(picture.format))
        began.set()
        proceed.wait(60)
        ended.append(str(picture.format))

    monkeypatch.setattr("contract_tests.client.inspect_image.read_to_end", slow)

    async def two() -> tuple[Image | BrokenImage, Image | BrokenImage]:
        decoding, limits = Decoding(), replace(LIMITS, decode_seconds=0.05)
        look = partial(inspect, image("WEBP"), "url", LINK, "")
        first = await inspect_within(decoding, look, "url", LINK, limits)
        return first, await inspect_within(decoding, look, "url", LINK, limits)

    try:
        first, second = asyncio.run(two())
        assert ended == []  # nobody waited for the abandoned thread
        assert began.wait(30)
    finally:
        proceed.set()
    assert first == BrokenImage("url", LINK, "an image that takes more than 0.05 s to decode")
    assert isinstance(second, Image)
    assert decodings == ["WEBP"]


def test_base64_of_more_bytes_than_an_image_may_have_is_not_decoded() -> None:
    found = inspect_base64("A" * 1000, "b64_json", Limits(image_bytes=500))
    assert found == BrokenImage("b64_json", "", "an image of more than 500 bytes")
