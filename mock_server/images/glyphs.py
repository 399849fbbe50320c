"""Which characters the font can draw, and what stands in a text for those that it cannot.

It knows Latin, Greek without accents, Cyrillic, kana and Chinese; not emoji, Hangul, Arabic, Hebrew or what is
written in India.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from PIL import ImageFont
from pylopdf_fonts_zh_cn import sans_path

STAND_IN: Final = "□"
_SIZE: Final = 16  # glyphs are compared at this size
_FIRST, _LAST = "\u4e00", "\u9fef"  # Chinese characters, all of which the font has: to look at each would take long
_NOWHERE: Final = "\uffff"  # no font has a glyph for it
_ATTACHED: Final = {"Mn", "Me", "Cf"}  # marks and joiners: without their neighbour's glyph they are nothing


@dataclass(frozen=True, slots=True)
class Legible:
    """A text as it can be drawn: one stand-in for each run of `missing` characters."""

    text: str
    missing: int


def legible(text: str) -> Legible:
    known = [char for char in text if drawable(char) or unicodedata.category(char) not in _ATTACHED]
    pieces, missing = [], 0
    for can, chars in groupby(known, drawable):
        run = "".join(chars)
        pieces.append(run if can else STAND_IN)
        missing += 0 if can else len(run)
    return Legible("".join(pieces), missing)


@lru_cache(maxsize=8192)
def drawable(char: str) -> bool:
    return char.isascii() or _FIRST <= char <= _LAST or looks_like_something(char)


def looks_like_something(char: str) -> bool:
    return _drawn(char) != _drawn(_NOWHERE)


@lru_cache(maxsize=1024)
def _drawn(char: str) -> tuple[tuple[int, int], bytes]:
    mask = font(_SIZE).getmask(char)
    return mask.size, bytes(mask)


@lru_cache(maxsize=70)  # every size that lettering uses
def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(sans_path(), size, layout_engine=ImageFont.Layout.BASIC)
