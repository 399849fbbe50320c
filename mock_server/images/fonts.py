"""The fonts of captions, all Noto Sans under the SIL Open Font License 1.1.

- pylopdf-fonts-zh-cn, 8 MB: Latin, Greek, Cyrillic, kana and the Chinese characters in use.
- manimgx-fonts, 3.5 MB: one small font for each of twenty scripts, symbols, and emoji in one colour.
- pylopdf-fonts-ko, 5 MB: Hangul.

The extra `mock` brings the last two; without it their scripts are missing. Letters that join, stack or run from right
to left need Pillow's Raqm, which needs FriBiDi on the system: without it only the other scripts are drawn.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PIL import ImageFont, features
from pylopdf_fonts_zh_cn import sans_path as chinese_path

_SIZE: Final = 16  # glyphs are compared at this size
_FIRST, _LAST = "\u4e00", "\u9fef"  # Chinese characters, all of which the font has: to look at each would take long
_NOWHERE: Final = "\uffff"  # no font has a glyph for it


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, and whether its letters have to be shaped."""

    path: Path
    is_shaped: bool


MAIN: Final = Face(chinese_path(), is_shaped=False)


@cache
def can_shape() -> bool:
    return bool(features.check("raqm"))


@cache
def faces() -> dict[str, Face]:
    """The faces by the word that the Unicode names of their characters begin with."""
    found = {}
    for file in _files("manimgx_fonts", "Noto*[[]wght].ttf"):
        name = file.name.removeprefix("NotoSans").removeprefix("Noto").removesuffix("[wght].ttf")
        found[name.upper()] = Face(file, is_shaped=True)
    for file in _files("pylopdf_fonts_ko", "NotoSans*"):
        found["HANGUL"] = Face(file, is_shaped=False)
    return found


def _files(package: str, pattern: str) -> list[Path]:
    """Files of a package; none if it is not installed."""
    spec = find_spec(package)
    folders = (spec and spec.submodule_search_locations) or []
    return [file for folder in folders for file in sorted(Path(folder).glob(pattern))]


@lru_cache(maxsize=8192)
def find_face(char: str) -> Face | None:
    """The first face with a glyph for the character."""
    if char.isascii() or _FIRST <= char <= _LAST or has_glyph(MAIN, char):
        return MAIN
    name = unicodedata.name(char, "").partition(" ")[0]
    known = faces()
    tried = [known[word] for word in (name, "EMOJI", "SYMBOLS") if word in known]
    return next((face for face in tried if (can_shape() or not face.is_shaped) and has_glyph(face, char)), None)


def has_glyph(face: Face, char: str) -> bool:
    return _glyph(face, char) != _glyph(face, _NOWHERE)


@lru_cache(maxsize=1024)
def _glyph(face: Face, char: str) -> tuple[tuple[int, int], bytes]:
    mask = _font(face, _SIZE, ImageFont.Layout.BASIC).getmask(char)
    return mask.size, bytes(mask)


def font(face: Face, size: int) -> ImageFont.FreeTypeFont:
    return _font(face, size, ImageFont.Layout.RAQM if face.is_shaped else ImageFont.Layout.BASIC)


@lru_cache(maxsize=128)  # every size that lettering uses, in the faces of a few scripts
def _font(face: Face, size: int, layout: ImageFont.Layout) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face.path, size, layout_engine=layout)
