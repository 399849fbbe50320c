"""Colours that go together: sixteen per theme, so that a pixel takes four bits."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from PIL import ImageColor

Colour = tuple[int, int, int]

SKY: Final = range(4)  # from the edge of the sky to the sun
SUN: Final = 4
RIDGES: Final = range(5, 10)  # from far to near
ACCENT: Final = 10
LETTERING: Final = range(11, 16)  # from paper to ink, so that letters have soft edges
PAPER, INK = LETTERING[0], LETTERING[-1]


@dataclass(frozen=True, slots=True)
class Theme:
    sky: str
    glow: str
    sun: str
    far: str
    near: str
    accent: str


THEMES: Final = (
    Theme(sky="#f3b5a0", glow="#fee9d2", sun="#fff7e6", far="#d59a94", near="#463653", accent="#fff1e2"),
    Theme(sky="#9fd6df", glow="#eef8f3", sun="#ffd27d", far="#7fbfca", near="#154459", accent="#ffffff"),
    Theme(sky="#bcdcc0", glow="#f5f7e2", sun="#f6cf63", far="#9cc29a", near="#1d4433", accent="#fdfdf1"),
    Theme(sky="#46407a", glow="#f0a08c", sun="#ffdcae", far="#8c5a86", near="#211a3a", accent="#f6c3a4"),
    Theme(sky="#f7d39c", glow="#fdf0d6", sun="#ee8059", far="#dea873", near="#70372f", accent="#fff8ea"),
    Theme(sky="#13214a", glow="#4d669b", sun="#f6f0d8", far="#35507f", near="#0a1229", accent="#8ea6cf"),
    Theme(sky="#c4b8e6", glow="#f5eefc", sun="#ffdf9f", far="#ae98d0", near="#3a2b60", accent="#ffffff"),
    Theme(sky="#b3e4d5", glow="#f0faf3", sun="#ff9478", far="#84cbb8", near="#195354", accent="#ffffff"),
    Theme(sky="#f4c17d", glow="#fdebc8", sun="#df4f2f", far="#d6934f", near="#532424", accent="#fff3da"),
    Theme(sky="#c2d6ef", glow="#f6fafe", sun="#ffffff", far="#a3bbdb", near="#29436b", accent="#ffffff"),
    Theme(sky="#f2b8c6", glow="#fdecee", sun="#fff6d8", far="#dd94a8", near="#5d2748", accent="#fff7f7"),
    Theme(sky="#2c6e79", glow="#a9d8c3", sun="#fbeab4", far="#3f8b8b", near="#0d2f3a", accent="#d3ede0"),
)


@cache  # bounded by the number of themes
def colours(theme: Theme) -> bytes:
    """The theme's sixteen colours as Pillow takes them, in the order of the indices above."""
    sky, glow, sun, far, near, accent = (
        _rgb(name) for name in (theme.sky, theme.glow, theme.sun, theme.far, theme.near, theme.accent)
    )
    paper, ink = _mixed(sun, (255, 253, 248), 0.85), _mixed(near, (0, 0, 0), 0.45)
    ramps = (_ramp(sky, glow, len(SKY)), [sun], _ramp(far, near, len(RIDGES)), [accent])
    listed = [colour for ramp in (*ramps, _ramp(paper, ink, len(LETTERING))) for colour in ramp]
    return bytes(part for colour in listed for part in colour)


def _rgb(name: str) -> Colour:
    red, green, blue = ImageColor.getrgb(name)[:3]
    return red, green, blue


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _ramp(one: Colour, other: Colour, steps: int) -> list[Colour]:
    return [_mixed(one, other, step / (steps - 1)) for step in range(steps)]
