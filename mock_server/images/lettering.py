"""Text on a picture: fitted to its width, and drawn with soft edges in five colours of the palette."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from PIL import Image
from PIL.ImageDraw import ImageDraw

from mock_server.images.drawable_text import JOINERS, drawable_text, missing_note
from mock_server.images.scenery import INK, LETTERING, PAPER
from mock_server.images.text_line import LINE, characters, is_right_to_left, render_line, text_width

MARK: Final = "AI 生成"

_ELLIPSIS: Final = "…"
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
        return round((len(self.lines) * self.size + self.small) * LINE) + 2 * self.padding


def fit_band(caption: str, detail: str, width: int, height: int) -> Band | None:
    """The text as it fits a picture of this size; None where it would be too narrow or take too much."""
    size = _size(width, height)
    small = max(_SMALLEST - 2, size * 3 // 4)
    room = width - size * 3 // 2
    most = 2 if width >= 20 * size else 4
    free = room - _box(small)[0] - small
    shown, small_text = drawable_text(_printable(caption)), drawable_text(_printable(detail))
    note = missing_note(Counter(shown.missing) + Counter(small_text.missing))
    whole = f"{small_text.text} · {note}" if note else small_text.text
    apart = (_truncate(note, size, room),) if note and text_width(whole, small) > free else ()
    lines = (*_caption(shown.text, size, room, most - len(apart)), *apart)
    band = Band(lines, _truncate(small_text.text if apart else whole, small, free), size, small)
    return band if width >= _NARROWEST and band.height <= height * 0.4 and (lines or band.detail) else None


def write_band(image: Image.Image, draw: ImageDraw, band: Band) -> None:
    top = image.height - band.height
    draw.rectangle((0, top, image.width, image.height), fill=PAPER)
    y = top + band.padding
    for line in band.lines:
        free = image.width - 2 * band.padding - text_width(line, band.size)
        left = band.padding + (max(0, free) if is_right_to_left(line) else 0)
        _write(image, line, band.size, (left, y), _DARK_ON_LIGHT)
        y += round(band.size * LINE)
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
    return text_width(MARK, size) + size, round(size * 1.6)


def _caption(text: str, size: int, room: int, most: int) -> tuple[str, ...]:
    pieces = list(_pieces(text, size, room))
    lines = tuple(islice(_lines(pieces, size, room), most + 1))
    if len(lines) <= most:
        return _balanced(pieces, size, room, lines)
    return (*lines[: most - 1], _truncate(lines[most - 1] + _ELLIPSIS, size, room))


def _balanced(pieces: Sequence[str], size: int, room: int, lines: tuple[str, ...]) -> tuple[str, ...]:
    """No more lines than these, but about as long as each other: a last line of one character looks like a mistake."""
    least = sum(text_width(piece, size) for piece in pieces) // max(1, len(lines))
    for narrower in range(least, room, size):
        tried = tuple(islice(_lines(pieces, size, narrower), len(lines) + 1))
        if len(tried) == len(lines):
            return tried
    return lines


def _printable(text: str) -> str:
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + _ELLIPSIS
    return " ".join("".join(char if char.isprintable() or char in JOINERS else " " for char in shown).split())


def _lines(pieces: Iterable[str], size: int, room: int) -> Iterator[str]:
    line, used = "", 0
    for piece in pieces:
        taken = text_width(piece, size)
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
        if text_width(token, size) <= room:
            yield token
        else:
            yield from characters(token)


def _truncate(text: str, size: int, room: int) -> str:
    if text_width(text, size) <= room:
        return text
    room -= text_width(_ELLIPSIS, size)
    kept = []
    for char in characters(text):
        room -= text_width(char, size)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept).rstrip() + _ELLIPSIS if kept else ""


def _write(image: Image.Image, text: str, size: int, corner: tuple[int, int], shades: list[int]) -> None:
    if text:
        image.paste(render_line(text, size).point(shades), corner)
