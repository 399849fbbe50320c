"""What of a text the fonts can draw, and in words what they cannot."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from mock_server.images.fonts import MAIN, find_face

STAND_IN: Final = "□"
_STAND_INS: Final = re.compile(rf"{STAND_IN}(?: {STAND_IN})+")
JOINERS: Final = "\u200c\u200d"
_ATTACHED: Final = {"Mn", "Me", "Cf"}  # marks and joiners: without their neighbour's glyph they are nothing
# What stands in a character's name behind the name of its script.
_SCRIPT: Final = re.compile(
    r"([A-Z -]+?) (?:CAPITAL|SMALL|LETTER|SYLLABLE|SYLLABICS|SIGN|VOWEL|DIGIT|CONSONANT|HIEROGLYPH|NUMBER|MARK|SYMBOL|"
    r"PUNCTUATION|INDEPENDENT|DEPENDENT|SUBJOINED|MODIFIER|TONE|FINAL|IDEOGRAPH|CHARACTER)\b"
)
_RENAMED: Final = {"Cjk": "Chinese", "Cjk Compatibility": "Chinese", "Cjk Unified": "Chinese"}


@dataclass(frozen=True, slots=True)
class DrawableText:
    """A text with one stand-in for each run of characters without a glyph; `missing` counts them by script."""

    text: str
    missing: Mapping[str, int] = field(default_factory=dict)


def is_attached(char: str) -> bool:
    return unicodedata.category(char) in _ATTACHED


def drawable_text(text: str) -> DrawableText:
    pieces: list[str] = []
    missing: Counter[str] = Counter()
    for can, chars in groupby(_without_loose_marks(text), can_draw):
        run = [*chars]
        pieces.append("".join(run) if can else STAND_IN)
        missing.update([] if can else map(script_name, run))
    return DrawableText(_STAND_INS.sub(STAND_IN, "".join(pieces)), dict(missing))


def can_draw(char: str) -> bool:
    return is_attached(char) or find_face(char) is not None


def _without_loose_marks(text: str) -> str:
    """Without the marks and joiners that nothing before them can carry."""
    kept: list[str] = []
    carried = False  # by the character before, whose shaping font takes any mark
    for char in text:
        face = find_face(char)
        if not is_attached(char):
            carried = face is not None and face.is_shaped
        elif not carried and face is not MAIN:
            continue
        kept.append(char)
    return "".join(kept)


def script_name(char: str) -> str:
    """The name of a character's script; empty for symbols and for characters without a name."""
    found = _SCRIPT.match(unicodedata.name(char, "").replace("IDEOGRAPH-", "IDEOGRAPH "))
    if found is None or unicodedata.category(char)[0] not in "LMNP":
        return ""
    name = found[1].title()
    return _RENAMED.get(name, name)


def missing_note(missing: Mapping[str, int]) -> str:
    """What the stand-ins in a text are about, such as: 4 characters of Tibetan cannot be drawn."""
    total, names = sum(missing.values()), [*filter(None, missing)]
    if not missing:
        return ""
    if not names:
        return f"{total} symbol{'s' * (total != 1)} cannot be drawn"
    scripts = names[0] if len(missing) == 1 else f"{len(missing)} scripts, such as {names[0]},"
    return f"{total} character{'s' * (total != 1)} of {scripts} cannot be drawn"
