"""Text on a picture: fitted to its width, and drawn with soft edges in five colours of the palette.

The font is Noto Sans SC (SIL Open Font License 1.1) out of the package pylopdf-fonts-zh-cn: 8 MB that hold Latin,
Greek, Cyrillic, kana and the Chinese characters in use, simplified and traditional. Of the packages looked at it is
the only one with a font under 12 MB that brings the licence of its font: the others are four times as large, or state
another licence than their font has.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from typing import Final

from PIL import Image, ImageFont
from PIL.ImageDraw import ImageDraw
from pylopdf_fonts_zh_cn import sans_path

from mock_server.images.scenery import INK, LETTERING, PAPER

STAND_IN: Final = "□"
_SIZE: Final = 16  # glyphs are compared at this size
_FIRST, _LAST = "\u4e00", "\u9fef"  # Chinese characters, all of which the font has: to look at each would take long
_NOWHERE: Final = "\uffff"  # no font has a glyph for it
_ATTACHED: Final = {"Mn", "Me", "Cf"}  # marks and joiners: without their neighbour's glyph they are nothing


@dataclass(frozen=True, slots=True)
class DrawableText:
    """A text with one stand-in for each run of characters without a glyph; `missing` is their number."""

    text: str
    missing: int


def drawable_text(text: str) -> DrawableText:
    known = [char for char in text if is_drawable(char) or unicodedata.category(char) not in _ATTACHED]
    pieces, missing = [], 0
    for can, chars in groupby(known, is_drawable):
        run = "".join(chars)
        pieces.append(run if can else STAND_IN)
        missing += 0 if can else len(run)
    return DrawableText("".join(pieces), missing)


@lru_cache(maxsize=8192)
def is_drawable(char: str) -> bool:
    return char.isascii() or _FIRST <= char <= _LAST or has_glyph(char)


def has_glyph(char: str) -> bool:
    return _glyph(char) != _glyph(_NOWHERE)


@lru_cache(maxsize=1024)
def _glyph(char: str) -> tuple[tuple[int, int], bytes]:
    mask = font(_SIZE).getmask(char)
    return mask.size, bytes(mask)


@lru_cache(maxsize=70)  # every size that lettering uses
def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(sans_path(), size, layout_engine=ImageFont.Layout.BASIC)


MARK: Final = "AI 生成"

_ELLIPSIS: Final = "…"
_LINE: Final = 1.4  # from one line to the next, in font sizes
_SMALLEST, _LARGEST = 12, 144  # font sizes in pixels
_NARROWEST: Final = 96  # pixels of width that a caption is worth
_LONGEST: Final = 400  # characters; no caption shows more
# A word, or one Chinese character with the punctuation that may not begin a line.
_TOKEN: Final = re.compile(r"\s*(?:[\u2e80-\uffff][，。！？、；：）》」』】”’…]*|[^\s\u2e80-\uffff]+)")  # noqa: RUF001 - Chinese punctuation
_DARK_ON_LIGHT: Final = [LETTERING[(value * 4 + 127) // 255] for value in range(256)]
_LIGHT_ON_DARK: Final = _DARK_ON_LIGHT[::-1]


@dataclass(frozen=True, slots=True)
class Band:
    """What stands at the foot of a picture. The last row is for the detail and the mark."""

    lines: tuple[str, ...]
    detail: str
    size: int
    small: int

    @property
    def padding(self) -> int:
        return self.size * 3 // 4

    @property
    def height(self) -> int:
        return round((len(self.lines) * self.size + self.small) * _LINE) + 2 * self.padding


def fit_band(caption: str, detail: str, width: int, height: int) -> Band | None:
    """The text as it fits a picture of this size; None where it would be too narrow or take too much."""
    size = _size(width, height)
    small = max(_SMALLEST - 2, size * 3 // 4)
    room = width - size * 3 // 2
    most = 2 if width >= 20 * size else 4
    free = room - _box(small)[0] - small
    shown, small_text = drawable_text(_printable(caption)), drawable_text(_printable(detail))
    note = _note(shown.missing + small_text.missing)
    whole = f"{small_text.text} · {note}" if note else small_text.text
    apart = (_truncate(note, size, room),) if note and _text_width(whole, small) > free else ()
    lines = (*_caption(shown.text, size, room, most - len(apart)), *apart)
    band = Band(lines, _truncate(small_text.text if apart else whole, small, free), size, small)
    return band if width >= _NARROWEST and band.height <= height * 0.4 and (lines or band.detail) else None


def write_band(image: Image.Image, draw: ImageDraw, band: Band) -> None:
    top = image.height - band.height
    draw.rectangle((0, top, image.width, image.height), fill=PAPER)
    y = top + band.padding
    for line in band.lines:
        _write(image, line, band.size, (band.padding, y), _DARK_ON_LIGHT)
        y += round(band.size * _LINE)
    _write(image, band.detail, band.small, (band.padding, y), _DARK_ON_LIGHT)


def write_mark(image: Image.Image, draw: ImageDraw) -> None:
    """The visible watermark: a label in the lower right corner, a spot if there is no room for letters."""
    size = max(_SMALLEST - 2, _size(image.width, image.height) * 3 // 4)
    wide, high = _box(size)
    margin = size * 2 // 3
    left, top = image.width - wide - margin, image.height - high - margin
    if left < 0 or top < 0:
        spot = max(1, min(image.size) // 4)
        draw.rectangle((image.width - spot, image.height - spot, image.width, image.height), fill=INK)
        return
    draw.rounded_rectangle((left, top, left + wide, top + high), radius=high // 3, fill=INK)
    _write(image, MARK, size, (left + size // 2, top + size // 5), _LIGHT_ON_DARK)


def _size(width: int, height: int) -> int:
    """Even sizes only, so that few fonts are kept."""
    return max(_SMALLEST, min(_LARGEST, round(min(width, height) * 0.018) * 2))


def _box(size: int) -> tuple[int, int]:
    """Width and height of the mark's label."""
    return _text_width(MARK, size) + size, round(size * 1.6)


def _caption(text: str, size: int, room: int, most: int) -> tuple[str, ...]:
    pieces = list(_pieces(text, size, room))
    lines = tuple(islice(_lines(pieces, size, room), most + 1))
    if len(lines) <= most:
        return _balanced(pieces, size, room, lines)
    return (*lines[: most - 1], _truncate(lines[most - 1] + _ELLIPSIS, size, room))


def _balanced(pieces: Sequence[str], size: int, room: int, lines: tuple[str, ...]) -> tuple[str, ...]:
    """No more lines than these, but about as long as each other: a last line of one character looks like a mistake."""
    least = sum(_text_width(piece, size) for piece in pieces) // max(1, len(lines))
    for narrower in range(least, room, size):
        tried = tuple(islice(_lines(pieces, size, narrower), len(lines) + 1))
        if len(tried) == len(lines):
            return tried
    return lines


def _note(missing: int) -> str:
    """What the stand-ins in a text are about."""
    return f"{STAND_IN} no glyph for {missing}" if missing else ""


def _printable(text: str) -> str:
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + _ELLIPSIS
    return " ".join("".join(char if char.isprintable() else " " for char in shown).split())


def _lines(pieces: Iterable[str], size: int, room: int) -> Iterator[str]:
    line, used = "", 0
    for piece in pieces:
        taken = _text_width(piece, size)
        if line and used + taken > room:
            yield line
            line, used = "", 0
            piece = piece.lstrip()  # noqa: PLW2901 - a line does not begin with a space
        line, used = line + piece, used + taken
    if line:
        yield line


def _pieces(text: str, size: int, room: int) -> Iterator[str]:
    """What a line may be broken between: words, or the characters of a word too long for any line."""
    for token in _TOKEN.findall(text):
        if _text_width(token, size) <= room:
            yield token
        else:
            yield from token


def _truncate(text: str, size: int, room: int) -> str:
    if _text_width(text, size) <= room:
        return text
    room -= _advance(_ELLIPSIS, size)
    end = 0
    for char in text:
        room -= _advance(char, size)
        if room < 0:
            break
        end += 1
    return text[:end].rstrip() + _ELLIPSIS if end else ""


def _text_width(text: str, size: int) -> int:
    return sum(_advance(char, size) for char in text)


@lru_cache(maxsize=8192)
def _advance(char: str, size: int) -> int:
    return round(font(size).getlength(char))


def _write(image: Image.Image, text: str, size: int, corner: tuple[int, int], shades: list[int]) -> None:
    if text:
        image.paste(_render(text, size, tuple(shades)), corner)


@lru_cache(maxsize=64)  # the pictures of one request carry the same lines
def _render(text: str, size: int, shades: tuple[int, ...]) -> Image.Image:
    """The text in indices of the palette, on ground of its own."""
    ground = Image.new("L", (_text_width(text, size) + 2, round(size * _LINE)))
    ImageDraw(ground).text((0, -size // 5), text, fill=255, font=font(size))
    return ground.point(shades)
