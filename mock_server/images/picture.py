"""What a picture shows. Drawing it takes Pillow and the fonts; those load with the first picture."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Picture:
    """All that shapes an image: equal pictures give equal bytes, in any process."""

    identity: str  # 16 lower-case hexadecimal digits, unique per generated image
    width: int
    height: int
    caption: str  # such as the prompt
    detail: str  # a second, smaller line
    palette_key: str  # with the place, decides colours and shapes
    marked: bool  # whether it has a watermark in the lower right corner
    place: int = 0  # among the pictures of one call


PictureValues: TypeAlias = tuple[str, int, int, str, str, str, bool, int]
"""The values of a picture's fields, in their order: all that a link holds, before anybody asks for the picture."""
