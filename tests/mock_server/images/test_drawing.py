import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat

from mock_server.images.drawing import draw
from mock_server.images.lettering import fit_band
from mock_server.images.picture import Picture
from mock_server.images.scenery import INK, PAPER, THEMES, Theme, colours

PICTURE = Picture(
    identity="00c0ffee12345678",
    width=512,
    height=384,
    caption="黄昏的灯塔立在礁石上 in the rain",
    detail="seed 7 · 1 of 2",
    palette_key="a cat",
    marked=False,
)
SIZES = (
    *((1, 1), (1, 3), (2, 2), (63, 47), (64, 48), (79, 80), (96, 96), (257, 255), (512, 512), (1023, 767)),
    *((64, 4096), (4096, 1024), (128, 2048), (2048, 2048)),
    *((1, 65535), (65535, 1), (65535, 256), (256, 65535)),
)
TEXTS = (
    "",
    " \n\t",
    "A fox",
    "word " * 160,
    "x" * 800,
    "汉字" * 400,
    "，。！？" * 9,
    "\ud800 \x00\x1f \ufffe",
    "😀 🇨🇳",
    "مرحبا",
)


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def changed_area(one: Picture, other: Picture) -> tuple[int, int, int, int] | None:
    return ImageChops.difference(opened(draw(one)).convert("RGB"), opened(draw(other)).convert("RGB")).getbbox()


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("marked", [False, True], ids=["plain", "marked"])
def test_a_picture_is_a_png_of_exactly_its_size(width: int, height: int, marked: bool) -> None:  # noqa: FBT001 - a row
    image = opened(draw(replace(PICTURE, width=width, height=height, marked=marked)))
    assert (image.format, image.size) == ("PNG", (width, height))


@pytest.mark.parametrize("key", [f"key {number}" for number in range(40)])
def test_any_palette_key_gives_a_scene_of_many_colours(key: str) -> None:
    used = opened(draw(replace(PICTURE, palette_key=key))).getcolors()
    assert used is not None
    assert len(used) >= 10


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("width", [96, 256, 1024])
def test_any_text_can_be_a_caption_and_a_palette_key(text: str, width: int) -> None:
    image = opened(draw(replace(PICTURE, caption=text, detail=text, palette_key=text, width=width, height=256)))
    assert image.size == (width, 256)


def test_equal_pictures_give_equal_bytes_in_another_process() -> None:
    imports = "from hashlib import sha256; from mock_server.images.drawing import *"
    script = f"{imports}; print(sha256(draw({PICTURE!r})).hexdigest())"
    elsewhere = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    assert elsewhere.stdout.strip() == sha256(draw(PICTURE)).hexdigest()


def test_a_picture_does_not_depend_on_what_was_drawn_before() -> None:
    first = draw(PICTURE)
    for size in (128, 300, 2048):
        draw(replace(PICTURE, width=size, height=size, caption=f"another {size}", palette_key=str(size)))
    assert draw(PICTURE) == first


def test_the_mark_changes_the_lower_right_corner_and_nothing_else() -> None:
    area = changed_area(PICTURE, replace(PICTURE, marked=True))
    assert area is not None
    left, top, right, bottom = area
    assert left > PICTURE.width * 0.75
    assert top > PICTURE.height * 0.85
    assert right > PICTURE.width * 0.96
    assert bottom > PICTURE.height * 0.96


@pytest.mark.parametrize(("width", "height"), [(1, 1), (8, 8), (64, 48), (64, 64), (128, 2048), (4096, 64)])
def test_the_mark_is_seen_on_small_and_narrow_pictures_too(width: int, height: int) -> None:
    picture = replace(PICTURE, width=width, height=height)
    assert changed_area(picture, replace(picture, marked=True)) is not None


def test_the_caption_stands_at_the_foot() -> None:
    area = changed_area(PICTURE, replace(PICTURE, caption="一只狐狸 in the snow, in the morn"))
    assert area is not None
    assert area[1] > PICTURE.height * 0.7


def test_pictures_of_one_palette_key_differ_in_caption_and_stamp_only() -> None:
    other = replace(PICTURE, identity="1111111111111111", detail="seed 8 · 2 of 2")
    scene = (100, 0, 512, 280)
    assert opened(draw(PICTURE)).crop(scene).tobytes() == opened(draw(other)).crop(scene).tobytes()


def test_other_places_give_other_scenes() -> None:
    scene = (100, 0, 512, 280)
    cut = {opened(draw(replace(PICTURE, place=place))).convert("RGB").crop(scene).tobytes() for place in range(6)}
    assert len(cut) == 6


@pytest.mark.parametrize("key", ["one call", "another", "\ud800"])
def test_pictures_of_one_call_have_different_colours_until_all_were_seen(key: str) -> None:
    skies = [opened(draw(replace(PICTURE, palette_key=key, place=place))).getpalette() for place in range(13)]
    assert len(set(map(str, skies))) == len(THEMES) == 12
    assert skies[12] == skies[0]


def test_other_palette_keys_give_other_pictures() -> None:
    drawn = {draw(replace(PICTURE, palette_key=str(number))) for number in range(60)}
    assert len(drawn) == 60


@pytest.mark.parametrize("text", ["many words in a row " * 40, "许多汉字" * 200, "x" * 800])
@pytest.mark.parametrize("width", [128, 256, 1024, 4096])
def test_a_long_caption_ends_in_an_ellipsis_and_keeps_within_two_fifths_of_the_picture(text: str, width: int) -> None:
    band = fit_band(text, "detail", width, 1024)
    assert band is not None
    assert band.lines[-1].endswith("…")
    assert band.height <= 1024 * 0.4


def test_a_caption_that_fits_is_kept_whole() -> None:
    band = fit_band("A fox  in\nthe snow", "seed 7", 512, 512)
    assert band is not None
    assert (band.lines, band.detail) == (("A fox in the snow",), "seed 7")


@pytest.mark.parametrize(
    "text",
    [
        "黄昏时分礁石海岸上的灯塔，海面上起了薄雾，油画风格，暖色调",
        "A lighthouse at dusk on a rocky shore, an oil painting in warm light",
    ],
)
def test_the_lines_of_a_caption_are_about_as_long_as_each_other(text: str) -> None:
    band = fit_band(text, "seed 7", 512, 512)
    assert band is not None
    assert len(band.lines) == 2
    assert len(band.lines[1]) > len(band.lines[0]) / 2
    assert "".join(band.lines).replace(" ", "") == text.replace(" ", "")


def test_no_line_begins_with_closing_punctuation() -> None:
    band = fit_band("雨中的城市，" * 8, "", 256, 256)
    assert band is not None
    assert len(band.lines) > 1
    assert not any(line.startswith("，") for line in band.lines)


@pytest.mark.parametrize(("width", "height"), [(40, 4000), (95, 512), (512, 64)])
def test_a_picture_without_room_has_no_caption(width: int, height: int) -> None:
    assert fit_band("A fox", "seed 7", width, height) is None


def test_chinese_characters_look_unlike_one_another() -> None:
    """A font without the glyphs would draw the same box for each."""
    drawn = {draw(replace(PICTURE, caption=char, detail="")) for char in "猫狗山水窗雨測試"}
    assert len(drawn) == 8


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.sky)
def test_text_and_stamp_stand_out_in_every_theme(theme: Theme) -> None:
    palette = colours(theme)
    image = Image.new("P", (2, 1))
    image.putpalette(palette)
    image.putdata([PAPER, INK])
    paper, ink = image.convert("L").tobytes()
    assert len(palette) == 48
    assert paper > 215
    assert ink < 50


def test_a_flat_picture_stays_small() -> None:
    content = draw(replace(PICTURE, width=2048, height=2048, marked=True))
    assert len(content) < 100_000
    assert ImageStat.Stat(opened(content).convert("L")).stddev[0] > 20
