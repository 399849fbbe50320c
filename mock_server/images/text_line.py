"""A line of text: split by font and direction, ordered as it is read, measured and drawn.

The order is a part of the Unicode Bidirectional Algorithm (UAX #9): no explicit embeddings, which `lettering` leaves
out, and no isolates.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from PIL import Image
from PIL.ImageDraw import ImageDraw

from mock_server.images.drawable_text import is_attached
from mock_server.images.fonts import MAIN, Face, find_face, font

LINE: Final = 1.4  # from one line to the next, in font sizes
_RIGHT: Final = {"R", "AL"}
_NUMBER: Final = {"EN", "AN"}
_SEPARATOR: Final = {"ES", "CS"}
_NUMBERS: Final = "number"
_MIRRORED: Final = str.maketrans("()[]{}<>«»", ")(][}{><»«")


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one font and one direction, in the order in which they are spoken."""

    text: str
    face: Face
    level: int  # odd from right to left


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction is one of a script from right to left."""
    strong = (unicodedata.bidirectional(char) for char in text)
    return next((kind in _RIGHT for kind in strong if kind == "L" or kind in _RIGHT), False)


def text_width(text: str, size: int) -> int:
    return sum(_run_width(run, size) for run in runs(text))


def characters(text: str) -> Iterator[str]:
    """Each character with the marks on it; a joiner takes the next one along."""
    taken = ""
    for char in text:
        if taken and not (is_attached(char) or taken.endswith("\u200d")):
            yield taken
            taken = ""
        taken += char
    if taken:
        yield taken


@lru_cache(maxsize=64)  # the pictures of one request carry the same lines
def render_line(text: str, size: int) -> Image.Image:
    """The text as shades of grey, on ground of its own."""
    ordered = visual_order(runs(text))
    widths = [_run_width(run, size) for run in ordered]
    ground = Image.new("L", (sum(widths) + 2, round(size * LINE)))
    pen, left = ImageDraw(ground), 0
    baseline = font(MAIN, size).getmetrics()[0] - -(-size // 5)
    for run, width in zip(ordered, widths, strict=True):
        _draw(pen, run, size, (left, baseline))
        left += width
    return ground


def _draw(pen: ImageDraw, run: Run, size: int, corner: tuple[int, int]) -> None:
    is_right = run.level % 2 == 1
    if run.face.is_shaped:
        direction = "rtl" if is_right else "ltr"
        pen.text(corner, run.text, fill=255, font=font(run.face, size), anchor="ls", direction=direction)
    else:
        text = run.text[::-1].translate(_MIRRORED) if is_right else run.text
        pen.text(corner, text, fill=255, font=font(run.face, size), anchor="ls")


def runs(text: str) -> list[Run]:
    """The runs of a text in the order in which they are spoken."""
    if text.isascii():
        return [Run(text, MAIN, 0)] if text else []
    found, face = [], MAIN
    for char, level in zip(text, _levels(text), strict=True):
        if not (is_attached(char) and face.is_shaped):
            face = find_face(char) or MAIN
        found.append((char, face, level))
    return [
        Run("".join(char for char, _, _ in group), face, level)
        for (face, level), group in groupby(found, lambda one: (one[1], one[2]))
    ]


def visual_order(ordered: Sequence[Run]) -> list[Run]:
    """Rule L2: from the highest level down, whatever is at least as high is reversed."""
    result = [*ordered]
    for level in range(max((run.level for run in result), default=0), 0, -1):
        result = _reverse_from(level, result)
    return result


def _reverse_from(level: int, ordered: Sequence[Run]) -> list[Run]:
    groups = groupby(ordered, lambda run: run.level >= level)
    return [run for is_high, group in groups for run in ([*group][::-1] if is_high else group)]


def _levels(text: str) -> list[int]:
    """The embedding level of each character."""
    base = int(is_right_to_left(text))
    return [
        2 * base if side == "L" else 2 if kind == _NUMBERS else 1 for side, kind in _sides(text, "R" if base else "L")
    ]


def _sides(text: str, base: str) -> list[tuple[str, str]]:
    """The direction of each character, and whether it is a letter, a number or a neutral one: rules W1 to N2."""
    kinds = [unicodedata.bidirectional(char) for char in text]
    sides: list[tuple[str, str]] = []
    strong = base
    for at, kind in enumerate(kinds):
        between = kind in _SEPARATOR and 0 < at < len(kinds) - 1 and {kinds[at - 1], kinds[at + 1]} <= _NUMBER
        if kind == "NSM" and sides:
            sides.append(sides[-1])
        elif kind == "L" or kind in _RIGHT:
            strong = "L" if kind == "L" else "R"
            sides.append((strong, "letter"))
        elif kind in _NUMBER or between:
            sides.append(("R" if kind == "AN" else strong, _NUMBERS))
        else:
            sides.append(("", "neutral"))
    return [_resolve(sides, at, base) for at in range(len(sides))]


def _resolve(sides: Sequence[tuple[str, str]], at: int, base: str) -> tuple[str, str]:
    """A neutral character takes the direction that both neighbours have, and else that of the text."""
    if sides[at][0]:
        return sides[at]
    before = next((side for side, _ in reversed(sides[:at]) if side), base)
    after = next((side for side, _ in sides[at:] if side), base)
    return (before if before == after else base), "neutral"


def _run_width(run: Run, size: int) -> int:
    if run.face.is_shaped:
        return _shaped_width(run.face, run.text, size, run.level % 2)
    return sum(_advance(run.face, char, size) for char in run.text)


@lru_cache(maxsize=2048)
def _shaped_width(face: Face, text: str, size: int, odd: int) -> int:
    return round(font(face, size).getlength(text, direction="rtl" if odd else "ltr"))


@lru_cache(maxsize=8192)
def _advance(face: Face, char: str, size: int) -> int:
    return round(font(face, size).getlength(char))
