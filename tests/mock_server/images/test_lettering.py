import pytest

from mock_server.images.lettering import STAND_IN, DrawableText, drawable_text, fit_band, has_glyph, is_drawable


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A fox in the snow",
        "黄昏的灯塔，望着雨中的城市。",
        "繁體中文",
        "naïve Ærøskøbing",
        "Жёлтый",
        "λογος",
        "かな カナ",
    ],
)
def test_what_the_font_knows_stays_as_it_is(text: str) -> None:
    assert drawable_text(text) == DrawableText(text, 0)


@pytest.mark.parametrize(
    ("text", "shown", "missing"),
    [
        ("a cat 😀", f"a cat {STAND_IN}", 1),
        ("😀😀😀", STAND_IN, 3),
        ("مرحبا fox שלום", f"{STAND_IN} fox {STAND_IN}", 9),
        ("한국 猫", f"{STAND_IN} 猫", 2),
        ("👨\u200d👩\u200d👧", STAND_IN, 3),
        ("❤\ufe0f fox", "❤ fox" if is_drawable("❤") else f"{STAND_IN} fox", 0 if is_drawable("❤") else 1),
    ],
)
def test_one_stand_in_is_drawn_for_each_run_of_missing_characters(text: str, shown: str, missing: int) -> None:
    assert drawable_text(text) == DrawableText(shown, missing)


def test_the_stand_in_itself_can_be_drawn() -> None:
    assert is_drawable(STAND_IN)


def test_a_picture_says_how_many_characters_it_could_not_draw() -> None:
    band = fit_band("a cat 😀😀", "512x512 · seed 7 · #1", 1024, 1024)
    assert band is not None
    assert (band.lines, band.detail) == ((f"a cat {STAND_IN}",), f"512x512 · seed 7 · #1 · {STAND_IN} no glyph for 2")


def test_a_small_picture_says_so_in_a_line_of_its_own() -> None:
    detail = "256x256 · seed 2147483647 · #6"
    band = fit_band("مرحبا " * 30, detail, 256, 256)
    assert band is not None
    assert (band.lines[-1], band.detail) == (f"{STAND_IN} no glyph for 150", detail)
    assert len(band.lines) == 2


@pytest.mark.parametrize("width", [256, 300, 512, 1024, 2048, 4096])
@pytest.mark.parametrize("caption", ["a lighthouse at dusk", "灯塔" * 40, "word " * 80])
def test_size_seed_and_place_are_whole_from_256_pixels_on(width: int, caption: str) -> None:
    detail = f"{width}x{width} · seed 2147483647 · #6"
    band = fit_band(caption, detail, width, width)
    assert band is not None
    assert band.detail == detail
    assert band.small >= 10


def test_the_font_has_every_chinese_character_that_is_taken_for_granted() -> None:
    taken = map(chr, [*range(0x4E00, 0x9FF0, 37), 0x9FEF])
    assert [char for char in taken if not (has_glyph(char) and is_drawable(char))] == []
    assert not is_drawable("\u9ff0")
