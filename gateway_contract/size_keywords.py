"""Our keywords of JSON Schema: bounds on what an `image-size` text amounts to."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from gateway_contract.size import parse_size

Problem: TypeAlias = Callable[[Mapping[str, float], object], str | None]


def pixels_problem(bounds: Mapping[str, float], value: object) -> str | None:
    """Why a size is outside bounds on width x height; None where it is inside or no size at all."""
    size = parse_size(value)
    return None if size is None else _outside(bounds, size.pixels, "pixels")


def aspect_problem(bounds: Mapping[str, float], value: object) -> str | None:
    """Why a size is outside bounds on width / height; None where it is inside or no size at all."""
    size = parse_size(value)
    return None if size is None else _outside(bounds, size.aspect, "width / height")


def _outside(bounds: Mapping[str, float], measure: float, name: str) -> str | None:
    if "minimum" in bounds and measure < bounds["minimum"]:
        return f"{measure} {name}, below {bounds['minimum']}"
    if "maximum" in bounds and measure > bounds["maximum"]:
        return f"{measure} {name}, above {bounds['maximum']}"
    return None


SIZE_KEYWORDS: Mapping[str, Problem] = {
    "x-pixels": pixels_problem,
    "x-aspect": aspect_problem,
}
