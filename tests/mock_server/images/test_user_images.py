from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from mock_server.images.drawing import draw
from mock_server.images.identity import SIGNATURE, chunk, identity_of
from mock_server.images.picture import Picture
from mock_server.images.user_images import CannedImagesError, canned_images

PICTURE = Picture("00c0ffee12345678", 320, 200, "a fox", "320x200", "key", marked=False)
RED, BLUE = (200, 30, 30), (30, 30, 200)


def striped(width: int, height: int) -> Image.Image:
    """Red on the left half, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def opened(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content)) as image:
        image.load()
        return image


def looks(image: Image.Image, at: tuple[int, int]) -> str:
    pixel = image.convert("RGB").getpixel(at)
    assert isinstance(pixel, tuple)
    red, _, blue = pixel
    return "red" if red > blue + 60 else "blue" if blue > red + 60 else "neither"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    striped(640, 400).save(tmp_path / "a.png")
    striped(900, 300).save(tmp_path / "b.JPG", "JPEG", quality=90)
    striped(300, 900).save(tmp_path / "c.webp", quality=90)
    return tmp_path


def test_every_picture_of_a_folder_stands_ready(folder: Path) -> None:
    (folder / "notes.txt").write_text("not a picture", "utf-8")
    (folder / "d.png").mkdir()
    canned = canned_images(folder)
    assert ([path.name for path in canned.files], canned.skipped) == (["a.png", "b.JPG", "c.webp"], ())


@pytest.mark.parametrize("name", ["a.png", "b.JPG", "c.webp"])
@pytest.mark.parametrize("size", [(320, 200), (200, 320), (512, 512), (1, 1), (7, 900), (1664, 928)])
def test_a_picture_comes_in_exactly_the_size_asked_for(folder: Path, name: str, size: tuple[int, int]) -> None:
    canned = replace(canned_images(folder), files=(folder / name,))
    image = opened(canned.draw(replace(PICTURE, width=size[0], height=size[1])))
    assert (image.format, image.size) == ("PNG", size)


@pytest.mark.parametrize("name", ["a.png", "b.JPG", "c.webp"])
def test_a_picture_is_cropped_and_not_stretched(folder: Path, name: str) -> None:
    """The middle stays in the middle, and nothing is added at the sides."""
    canned = replace(canned_images(folder), files=(folder / name,))
    image = opened(canned.draw(replace(PICTURE, width=300, height=300)))
    assert [looks(image, (x, y)) for x in (5, 140, 160, 295) for y in (5, 295)] == ["red"] * 4 + ["blue"] * 4


def test_a_picture_carries_the_identity_of_the_one_asked_for(folder: Path) -> None:
    canned = canned_images(folder)
    for identity in ("0" * 16, "f" * 16, "0123456789abcdef"):
        assert identity_of(canned.draw(replace(PICTURE, identity=identity))) == identity


def test_the_same_picture_comes_for_the_same_key_and_each_has_its_turn(folder: Path) -> None:
    canned, again = canned_images(folder), canned_images(folder)
    keys = [sha256(bytes([number])).hexdigest()[:16] for number in range(40)]
    chosen = [canned.file_for(replace(PICTURE, palette_key=key)).name for key in keys]
    assert chosen == [again.file_for(replace(PICTURE, palette_key=key)).name for key in keys]
    assert set(chosen) == {"a.png", "b.JPG", "c.webp"}
    assert canned.draw(PICTURE) == again.draw(PICTURE)


def test_pictures_of_one_call_are_different_ones(folder: Path) -> None:
    canned = canned_images(folder)
    for key in ("one call", "another"):
        together = [canned.file_for(replace(PICTURE, palette_key=key, place=place)) for place in range(4)]
        assert (set(together), together[3]) == (set(canned.files), together[0])


def test_a_watermark_is_seen_in_the_lower_right_corner_alone(folder: Path) -> None:
    canned = canned_images(folder)
    plain, marked = opened(canned.draw(PICTURE)), opened(canned.draw(replace(PICTURE, marked=True)))
    area = ImageChops.difference(plain, marked).getbbox()
    assert area is not None
    left, top, right, bottom = area
    assert (left > PICTURE.width * 0.7, top > PICTURE.height * 0.8) == (True, True)
    assert (right > PICTURE.width * 0.95, bottom > PICTURE.height * 0.95) == (True, True)


def test_a_photograph_that_lies_on_its_side_is_put_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    striped(400, 400).save(tmp_path / "a.jpg", exif=exif)
    image = opened(canned_images(tmp_path).draw(replace(PICTURE, width=100, height=100)))
    assert (looks(image, (50, 10)), looks(image, (50, 90))) == ("red", "blue")


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_a_png_of_any_kind_is_taken(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (80, 60)).save(tmp_path / "a.png")
    assert opened(canned_images(tmp_path).draw(PICTURE)).size == (320, 200)


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    Image.new("RGBA", (80, 60), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert opened(canned_images(tmp_path).draw(PICTURE)).getpixel((9, 9)) == (255, 255, 255)


def test_a_file_that_is_no_picture_is_named_and_skipped(folder: Path) -> None:
    (folder / "page.png").write_text("<!doctype html>", "utf-8")
    (folder / "half.jpg").write_bytes((folder / "b.JPG").read_bytes()[:1500])
    (folder / "empty.webp").touch()
    striped(20, 20).save(folder / "other.png", "GIF")
    canned = canned_images(folder)
    assert len(canned.files) == 3
    assert [line.partition(":")[0] for line in canned.skipped] == ["empty.webp", "half.jpg", "other.png", "page.png"]
    assert canned.skipped[3] == "page.png: neither PNG nor JPEG nor WebP"
    assert "truncated" in canned.skipped[1]


def test_a_picture_that_claims_to_be_monstrous_is_skipped(folder: Path) -> None:
    Image.new("1", (20_000, 6_000)).save(folder / "huge.png")
    assert canned_images(folder).skipped == ("huge.png: 20000x6000 pixels are too many",)


def test_a_picture_that_claims_to_be_far_beyond_that_is_skipped_without_being_read(folder: Path) -> None:
    header = (60_000).to_bytes(4) * 2 + bytes((8, 2, 0, 0, 0))
    (folder / "bomb.png").write_bytes(SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", b""))
    (told,) = canned_images(folder).skipped
    assert told.startswith("bomb.png: Image size (3600000000 pixels) exceeds limit")


@pytest.mark.parametrize("size", [(60_000, 1), (1, 60_000)])
def test_a_sliver_comes_in_its_size_as_well(folder: Path, size: tuple[int, int]) -> None:
    assert opened(canned_images(folder).draw(replace(PICTURE, width=size[0], height=size[1]))).size == size


def test_an_empty_folder_is_an_error_that_says_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(CannedImagesError, match=r"it holds no file that ends in \.png, \.jpg, \.jpeg, \.webp$"):
        canned_images(tmp_path)


def test_a_folder_without_one_good_picture_says_what_is_wrong_with_each(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no", "utf-8")
    with pytest.raises(CannedImagesError, match=r": a\.png: neither PNG nor JPEG nor WebP$"):
        canned_images(tmp_path)


@pytest.mark.parametrize("name", ["missing", "a.png"])
def test_what_is_no_folder_is_an_error(folder: Path, name: str) -> None:
    with pytest.raises(CannedImagesError, match=f"{name}: (No such file|Not a directory)"):
        canned_images(folder / name)


def test_a_picture_is_scaled_once_for_all_who_ask(folder: Path) -> None:
    canned = canned_images(folder)
    first = canned.draw(PICTURE)
    for path in canned.files:
        path.unlink()
    other = canned.draw(replace(PICTURE, identity="f" * 16, caption="another one"))
    assert opened(other).tobytes() == opened(first).tobytes()
    assert (identity_of(first), identity_of(other)) == (PICTURE.identity, "f" * 16)


def test_a_picture_whose_file_has_gone_is_drawn(folder: Path) -> None:
    canned = canned_images(folder)
    for path in canned.files:
        path.unlink()
    assert canned.draw(PICTURE) == draw(PICTURE)
