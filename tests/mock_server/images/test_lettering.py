import pytest

from mock_server.images.drawable_text import STAND_IN, DrawableText, can_draw, drawable_text, missing_note, script_name
from mock_server.images.fonts import MAIN, can_shape, find_face, has_glyph
from mock_server.images.lettering import fit_band
from mock_server.images.text_line import characters, is_right_to_left, render_line, runs, visual_order

needs_shaping = pytest.mark.skipif(not can_shape(), reason="Pillow finds no FriBiDi on this system")


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
        "한국 고양이",
    ],
)
def test_what_the_fonts_know_stays_as_it_is(text: str) -> None:
    assert drawable_text(text) == DrawableText(text)


@needs_shaping
@pytest.mark.parametrize(
    "text",
    ["مرحبا", "שלום", "नमस्ते", "สวัสดี", "தமிழ்", "ქართული", "Հայերեն", "አማርኛ", "😀", "👨\u200d👩\u200d👧", "❤\ufe0f", "☂"],
)
def test_scripts_with_a_font_of_their_own_are_drawn(text: str) -> None:
    assert drawable_text(text) == DrawableText(text)
    assert render_line(text, 24).getbbox() is not None


@pytest.mark.parametrize(
    ("text", "shown", "missing"),
    [
        ("བོད ཀ fox", f"{STAND_IN} fox", {"Tibetan": 3}),
        ("𒀀𒀁 猫 𐎠", f"{STAND_IN} 猫 {STAND_IN}", {"Cuneiform": 2, "Old Persian": 1}),
        ("a \ue000 b", f"a {STAND_IN} b", {"": 1}),
        ("a\u0f71", "a", {}),
    ],
)
def test_one_stand_in_is_drawn_for_each_run_of_missing_characters(
    text: str, shown: str, missing: dict[str, int]
) -> None:
    assert drawable_text(text) == DrawableText(shown, missing)


def test_without_shaping_a_joined_script_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.images.fonts.can_shape", lambda: False)
    find_face.cache_clear()
    try:
        assert drawable_text("สวัสดี 한국").missing == {"Thai": 4}
    finally:
        find_face.cache_clear()


@pytest.mark.parametrize(
    ("char", "name"), [("\U00030000", "Chinese"), ("བ", "Tibetan"), ("𓀀", "Egyptian"), ("ꀀ", "Yi"), ("𝄞", "")]
)
def test_a_character_is_counted_by_its_script(char: str, name: str) -> None:
    assert script_name(char) == name


@pytest.mark.parametrize(
    ("missing", "note"),
    [
        ({}, ""),
        ({"Thai": 1}, "1 character of Thai cannot be drawn"),
        ({"": 2}, "2 symbols cannot be drawn"),
        ({"Thai": 4, "": 1}, "5 characters of 2 scripts, such as Thai, cannot be drawn"),
    ],
)
def test_the_note_says_in_words_what_is_missing(missing: dict[str, int], note: str) -> None:
    assert missing_note(missing) == note


def test_the_stand_in_itself_can_be_drawn() -> None:
    assert can_draw(STAND_IN)


def test_a_picture_says_how_many_characters_it_could_not_draw() -> None:
    band = fit_band("a cat ཀཁ", "512x512 · seed 7 · #1", 512, 512)
    assert band is not None
    note = "2 characters of Tibetan cannot be drawn"
    assert (band.lines, band.detail) == ((f"a cat {STAND_IN}",), f"512x512 · seed 7 · #1 · {note}")


def test_a_small_picture_says_so_in_a_line_of_its_own() -> None:
    detail = "256x256 · seed 2147483647 · #6"
    band = fit_band("ཀཁག " * 30, detail, 256, 256)
    assert band is not None
    assert band.lines == (STAND_IN, "90 characters of Tibetan cannot be drawn")
    assert band.detail == detail


def ordered(text: str) -> list[str]:
    return [run.text for run in visual_order(runs(text))]


@needs_shaping
def test_a_line_is_read_from_the_side_of_its_first_letter() -> None:
    assert is_right_to_left("123 שלום fox")
    assert not is_right_to_left("fox שלום")
    assert ordered("שלום fox") == ["fox", " ", "שלום"]
    assert ordered("fox שלום") == ["fox ", "שלום"]


@needs_shaping
def test_numbers_are_not_reversed_between_letters_from_right_to_left() -> None:
    assert ordered("قط 3,5 قط") == ["قط", " ", "3,5", " ", "قط"]
    assert ordered("a שלום 12 b") == ["a ", "12", " ", "שלום", " b"]


@needs_shaping
def test_words_from_right_to_left_follow_each_other_to_the_left() -> None:
    assert ordered("fox אב גד end") == ["fox ", "גד", " ", "אב", " end"]


def test_a_mark_and_a_joiner_stay_with_their_character() -> None:
    assert [*characters("สี่👨\u200d👩a")] == ["สี่", "👨\u200d👩", "a"]


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
    assert [char for char in taken if not has_glyph(MAIN, char)] == []
    assert not has_glyph(MAIN, "\u9ff0")
