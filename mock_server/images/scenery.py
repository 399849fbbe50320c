"""The scene of a picture: a sun in its glow, and one kind of land before it, all of flat areas."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from PIL import ImageColor
from PIL.ImageDraw import ImageDraw

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


Point = tuple[float, float]
Outline = Callable[[float], float]  # how high the land is along the way, from -1 to 1

_POINTS: Final = 160  # of an outline; more cannot be told apart
_FEWEST: Final = 40


@dataclass(frozen=True, slots=True)
class Canvas:
    draw: ImageDraw
    width: int
    height: int
    chance: Random

    @property
    def unit(self) -> int:
        """What shapes are measured by, so that they look alike in any format."""
        return min(self.width, self.height)


def paint(canvas: Canvas) -> None:
    """The whole scene; the same chance gives the same scene."""
    sun = (canvas.width * canvas.chance.uniform(0.25, 0.75), canvas.height * canvas.chance.uniform(0.24, 0.4))
    radius = canvas.unit * canvas.chance.uniform(0.09, 0.15)
    _sky(canvas, sun, radius)
    _clouds(canvas)
    land = canvas.chance.choice((_hills, _mountains, _dunes, _sea, _city))
    land(canvas, sun[0], radius)


def _sky(canvas: Canvas, sun: Point, radius: float) -> None:
    canvas.draw.rectangle((0, 0, canvas.width, canvas.height), fill=SKY[0])
    for colour, growth in zip(SKY[1:], (5.2, 3.2, 1.8), strict=True):
        _disc(canvas, sun, radius * growth, colour)
    _disc(canvas, sun, radius, SUN)


def _disc(canvas: Canvas, centre: Point, radius: float, colour: int) -> None:
    x, y = centre
    canvas.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _clouds(canvas: Canvas) -> None:
    for _ in range(canvas.chance.randint(1, 3) * _spread(canvas)):
        x = canvas.chance.uniform(0, 0.9) * canvas.width
        y = canvas.chance.uniform(0.14, 0.42) * canvas.height
        length, thickness = canvas.unit * canvas.chance.uniform(0.14, 0.26), canvas.unit * 0.028
        _bar(canvas, (x, y), length, thickness)
        _bar(canvas, (x + length * 0.3, y - thickness * 0.8), length * 0.45, thickness)


def _spread(canvas: Canvas) -> int:
    """How many times as much sky as a square has, within reason."""
    return min(12, 1 + max(canvas.width, canvas.height) // (3 * canvas.unit))


def _bar(canvas: Canvas, start: Point, length: float, thickness: float) -> None:
    x, y = start
    box = (x, y, x + length, y + thickness)
    canvas.draw.rounded_rectangle(box, radius=thickness / 2, fill=ACCENT)


def _hills(canvas: Canvas, _sun: float, _radius: float) -> None:
    for layer, colour in enumerate(RIDGES):
        line = _line(canvas, layer, _rolling, length=0.9 - 0.08 * layer, swing=0.07)
        _trees(canvas, line, layer, colour)
        _fill(canvas, line, colour)


def _mountains(canvas: Canvas, _sun: float, _radius: float) -> None:
    for layer, colour in enumerate(RIDGES):
        outline, swing = (_peaks, 0.13 - 0.02 * layer) if layer < 3 else (_rolling, 0.05)
        line = _line(canvas, layer, outline, length=0.75, swing=swing)
        _trees(canvas, line, layer, colour)
        _fill(canvas, line, colour)


def _dunes(canvas: Canvas, _sun: float, _radius: float) -> None:
    for layer, colour in enumerate(RIDGES):
        _fill(canvas, _line(canvas, layer, _crests, length=1.1 + 0.15 * layer, swing=0.07), colour)


def _sea(canvas: Canvas, sun: float, radius: float) -> None:
    for layer, colour in enumerate(RIDGES):
        _fill(canvas, _line(canvas, layer, _scallops, length=0.2 + 0.05 * layer, swing=0.012), colour)
        if layer == 4:  # the foremost wave shows its upper edge only
            break
        length = radius * (1.9 - 0.35 * layer)
        height = canvas.height * (0.55 + 0.1 * layer) + canvas.unit * 0.045
        _bar(canvas, (sun - length / 2, height), length, canvas.unit * 0.012)


def _city(canvas: Canvas, _sun: float, _radius: float) -> None:
    for layer, colour in enumerate(RIDGES[:4]):
        _houses(canvas, 0.56 + 0.1 * layer, colour, lit=layer >= 2)
    _fill(canvas, _line(canvas, 4, _rolling, length=1.2, swing=0.02), RIDGES[4])


def _houses(canvas: Canvas, base: float, colour: int, *, lit: bool) -> None:
    """A row of houses with their foot below `base`; `lit` rows have windows."""
    x = -canvas.unit * canvas.chance.uniform(0, 0.1)
    least, tallest = max(canvas.unit, canvas.width / 12), 0.2 * max(canvas.unit, canvas.height * 0.45)
    while x < canvas.width:
        broad = max(1.0, least * canvas.chance.uniform(0.06, 0.13))
        top = canvas.height * base - tallest * canvas.chance.random()
        canvas.draw.rectangle((x, top, x + broad, canvas.height * base), fill=colour)
        if lit:
            _windows(canvas, (x, top), broad)
        x += broad * canvas.chance.choice((1.0, 1.0, 1.35))
    canvas.draw.rectangle((0, canvas.height * base, canvas.width, canvas.height), fill=colour)


def _windows(canvas: Canvas, corner: Point, broad: float) -> None:
    pane = broad / 7
    if pane < 2:  # too fine to be seen
        return
    for row in range(3):
        for column in range(3):
            if canvas.chance.random() < 0.45:
                x, y = corner[0] + pane * (1 + 2 * column), corner[1] + pane * (1.5 + 2.4 * row)
                canvas.draw.rectangle((x, y, x + pane, y + pane * 1.4), fill=SUN)


def _line(canvas: Canvas, layer: int, outline: Outline, *, length: float, swing: float) -> list[Point]:
    """The upper edge of one layer of land, from the left to the right side."""
    base, start = canvas.height * (0.55 + 0.1 * layer), canvas.chance.uniform(0, 20)
    pace = 1 / max(length * canvas.unit, canvas.width / 20)  # waves finer than the points would break up
    points = min(_POINTS, max(_FEWEST, canvas.width // 2))
    step, swing_pixels = canvas.width / points, canvas.unit * swing
    heights = (outline(start + index * step * pace) for index in range(points + 1))
    return [(index * step, base - swing_pixels * height) for index, height in enumerate(heights)]


def _fill(canvas: Canvas, line: list[Point], colour: int) -> None:
    """Everything below the line. The part below its lowest point is a rectangle, which is far cheaper."""
    lowest = math.ceil(max(y for _, y in line))
    canvas.draw.polygon([(0, lowest), *line, (canvas.width, lowest)], fill=colour)
    if lowest < canvas.height:
        canvas.draw.rectangle((0, lowest, canvas.width, canvas.height), fill=colour)


def _trees(canvas: Canvas, line: list[Point], layer: int, colour: int) -> None:
    """Firs along the line, on the nearer layers only."""
    if layer < 3:
        return
    for x, y in canvas.chance.sample(line, 14):
        tall = canvas.unit * canvas.chance.uniform(0.03, 0.065)
        foot = y + canvas.unit * 0.012
        canvas.draw.polygon([(x - tall * 0.27, foot), (x, y - tall), (x + tall * 0.27, foot)], fill=colour)


def _rolling(way: float) -> float:
    return 0.65 * math.sin(way * math.tau) + 0.35 * math.sin(way * math.tau * 1.7 + 1)


def _peaks(way: float) -> float:
    return 0.7 * _zigzag(way) + 0.3 * _zigzag(way * 2.7)


def _zigzag(way: float) -> float:
    return 4 * abs(way % 1 - 0.5) - 1


def _crests(way: float) -> float:
    """Long slopes that end in a sharp crest."""
    return 1 - 2 * abs(math.sin(way * math.pi + 0.3 * math.sin(way * math.tau)))


def _scallops(way: float) -> float:
    return 2 * abs(math.sin(way * math.pi)) - 1
