"""Image sizes as text: `1024*768` and `1024x768`."""

from dataclasses import dataclass
from functools import lru_cache

SEPARATORS = "*x"
SIDE_DIGITS = 12  # beyond that nothing is an image, and int() of very long digits is slow
LONGEST = 2 * SIDE_DIGITS + 1


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels, both positive."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}*{self.height}"

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def aspect(self) -> float:
        return self.width / self.height


def parse_size(text: object) -> Size | None:
    """The size that a text names, None where it names none: digits without leading zeros around one separator."""
    return _parsed(text) if isinstance(text, str) and len(text) <= LONGEST else None


@lru_cache(maxsize=1024)  # a request is asked for its size again and again, and few sizes are ever asked for
def _parsed(text: str) -> Size | None:
    for separator in SEPARATORS:
        width, found, height = text.partition(separator)
        if found and is_side(width) and is_side(height):
            return Size(int(width), int(height))
    return None


def is_side(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and not digits.startswith("0") and len(digits) <= SIDE_DIGITS


def is_image_size(value: object) -> bool:
    """JSON Schema's format `image-size`: says nothing of values that are not text."""
    return not isinstance(value, str) or (len(value) <= LONGEST and _parsed(value) is not None)
