from dataclasses import replace
from io import BytesIO
from random import Random
from zlib import crc32

import pytest
from PIL import Image, ImageFilter

from mock_server.images.drawing import draw
from mock_server.images.identity import identity_of
from mock_server.images.picture import Picture

PICTURE = Picture(
    identity="fedcba9876543210",
    width=512,
    height=512,
    caption="A fox",
    detail="seed 7",
    palette_key="fox",
    marked=True,
)
IDENTITIES = ("0" * 16, "f" * 16, "0123456789abcdef", "8000000000000001", "aaaaaaaaaaaaaaaa", "00000000ffffffff")
KEYS = tuple(f"key {number}" for number in range(24))


def encoded_anew(content: bytes, kind: str, **options: int | bool) -> bytes:
    out = BytesIO()
    Image.open(BytesIO(content)).convert("RGB").save(out, kind, **options)
    return out.getvalue()


def noise(width: int, height: int, seed: int) -> Image.Image:
    """Something like a photograph: noise that was smoothed, in three colours."""
    raw = Random(seed).randbytes(width * height * 3)  # noqa: S311 - no secret
    return Image.frombytes("RGB", (width, height), raw).filter(ImageFilter.GaussianBlur(seed % 4))


def saved(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()


def header_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and has no pixels."""
    data = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + bytes((8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + data + crc32(data).to_bytes(4)


@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 65535), (64, 64), (512, 512), (2048, 2048)])
def test_a_drawn_picture_is_recognised(identity: str, width: int, height: int) -> None:
    assert identity_of(draw(replace(PICTURE, identity=identity, width=width, height=height))) == identity


def test_a_png_is_recognised_without_its_pixels() -> None:
    content = draw(PICTURE)
    assert identity_of(content[: content.index(b"IDAT")]) == PICTURE.identity


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP"])
def test_a_copy_without_the_text_is_recognised_by_its_pixels(kind: str) -> None:
    assert identity_of(encoded_anew(draw(PICTURE), kind)) == PICTURE.identity


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(("kind", "quality"), [("JPEG", 60), ("JPEG", 90), ("WEBP", 60), ("WEBP", 90)])
def test_a_lossy_copy_is_recognised_in_every_palette(key: str, kind: str, quality: int) -> None:
    content = draw(replace(PICTURE, palette_key=key, width=256, height=256))
    assert identity_of(encoded_anew(content, kind, quality=quality)) == PICTURE.identity


@pytest.mark.parametrize(
    ("width", "height"), [(64, 48), (64, 64), (79, 63), (80, 64), (101, 99), (64, 4096), (4096, 256), (1023, 767)]
)
@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_lossy_copy_of_any_size_with_room_is_recognised(width: int, height: int, identity: str, kind: str) -> None:
    content = draw(replace(PICTURE, identity=identity, width=width, height=height))
    assert identity_of(encoded_anew(content, kind, quality=60)) == identity


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 0}, {"subsampling": 2}])
def test_any_kind_of_jpeg_is_recognised(options: dict[str, int | bool]) -> None:
    assert identity_of(encoded_anew(draw(PICTURE), "JPEG", quality=75, **options)) == PICTURE.identity


@pytest.mark.parametrize(("width", "height"), [(63, 512), (512, 47)])
def test_a_copy_without_room_for_the_stamp_is_not_recognised(width: int, height: int) -> None:
    content = draw(replace(PICTURE, width=width, height=height))
    assert identity_of(encoded_anew(content, "JPEG", quality=95)) is None


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_foreign_image_has_no_identity(seed: int, kind: str) -> None:
    assert identity_of(saved(noise(160, 120, seed), kind)) is None


@pytest.mark.parametrize("colour", ["black", "white", "red"])
def test_a_blank_image_has_no_identity(colour: str) -> None:
    assert identity_of(saved(Image.new("RGB", (512, 512), colour), "PNG")) is None


def test_a_picture_of_another_size_has_no_identity_rather_than_a_wrong_one() -> None:
    smaller = Image.open(BytesIO(draw(PICTURE))).convert("RGB").resize((300, 300))
    assert identity_of(saved(smaller, "PNG")) is None


@pytest.mark.parametrize("text", [b"FEDCBA9876543210", b"fedcba987654321\n", b"fedcba987654321g", b"\xff" * 16])
def test_a_text_that_is_no_identity_is_not_taken_for_one(text: bytes) -> None:
    """The chunk is sound: only what stands in it is wrong. The pixels still tell."""
    content = draw(PICTURE)
    start = content.index(b"tEXt")
    data = content[start : content.index(b"IDAT") - 8][: -len(text)] + text
    forged = content[:start] + data + crc32(data).to_bytes(4) + content[start + len(data) + 4 :]
    assert identity_of(forged) == PICTURE.identity


def test_a_damaged_text_is_not_believed() -> None:
    content = draw(PICTURE).replace(b"fedcba9876543210", b"fedcba9876543211")
    assert identity_of(content) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"not an image", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"GIF89a", b"<svg/>"],
)
def test_garbage_has_no_identity(content: bytes) -> None:
    assert identity_of(content) is None


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_copy_cut_short_anywhere_has_none_or_the_right_one(kind: str) -> None:
    content = encoded_anew(draw(replace(PICTURE, width=128, height=128)), kind)
    found = {identity_of(content[:end]) for end in range(0, len(content), 37)}
    assert found <= {None, PICTURE.identity}


@pytest.mark.parametrize("seed", range(60))
def test_a_copy_with_flipped_bytes_never_raises(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - no secret
    content = bytearray(encoded_anew(draw(replace(PICTURE, width=128, height=128)), ("PNG", "JPEG", "WEBP")[seed % 3]))
    for _ in range(4):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    assert identity_of(bytes(content)) in {None, PICTURE.identity}


@pytest.mark.parametrize(("width", "height"), [(65535, 65535), (2**31 - 1, 2**31 - 1), (2**32 - 1, 2), (0, 0)])
def test_an_absurd_size_is_refused(width: int, height: int) -> None:
    assert identity_of(header_of(width, height)) is None


def test_more_pixels_than_are_ever_drawn_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    content = saved(Image.new("1", (8200, 8200)), "PNG")
    decodings: list[int] = []
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda _image: decodings.append(1))
    assert identity_of(content) is None
    assert decodings == []
