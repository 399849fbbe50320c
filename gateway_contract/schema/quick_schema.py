"""Schemas without keywords of our own: what is valid by one is valid by the original, which costs much more.

Validators call Python for our own keywords. Here they are patterns, which for bounds hold for most sizes within them.
"""

from collections.abc import Callable, Mapping
from itertools import chain
from math import isqrt
from typing import TypeAlias

from gateway_contract.values.json_value import Json
from gateway_contract.values.size import SIDE_DIGITS

SIDE = f"[1-9][0-9]{{0,{SIDE_DIGITS - 1}}}"
LARGE_DIGITS = 6  # of the largest sides that a pattern for a minimum holds
Replace: TypeAlias = Callable[[Json], list[Json]]
"""The schemas that stand for a keyword with a value."""


def quick_schema(schema: dict[str, Json]) -> dict[str, Json]:
    """The schema with patterns for our own keywords, wherever being stricter makes no more values valid."""
    return _quick(schema, {"format": _format, "x-pixels": _pixels})


def _quick(schema: Json, replacements: Mapping[str, Replace]) -> dict[str, Json]:
    if not isinstance(schema, dict):
        return schema  # type: ignore[return-value] # true or false
    found: dict[str, Json] = {}
    added: list[Json] = []
    for keyword, value in schema.items():
        if keyword in replacements:
            added += replacements[keyword](value)
        elif keyword == "properties" and isinstance(value, dict):
            found[keyword] = {name: _quick(member, replacements) for name, member in value.items()}
        elif keyword in {"items", "additionalProperties", "then", "else"}:
            found[keyword] = _quick(value, replacements)
        elif keyword in {"if", "not"}:  # what is stricter here makes more values valid
            found[keyword] = _quick(value, {"format": _format})
        elif keyword in {"allOf", "anyOf"} and isinstance(value, list):
            found[keyword] = [_quick(member, replacements) for member in value]
        else:
            found[keyword] = value
    if added:
        all_of = found.get("allOf", [])
        found["allOf"] = [*chain(all_of if isinstance(all_of, list) else [], added)]
    return found


def _format(name: Json) -> list[Json]:
    return [{"pattern": f"^{SIDE}[*x]{SIDE}$"} if name == "image-size" else {"format": name}]


def _pixels(bounds: Json) -> list[Json]:
    """Both sides at least the root of the minimum, and at most that of the maximum."""
    if not isinstance(bounds, dict):
        return [{"x-pixels": bounds}]
    sides = {"minimum": _at_least, "maximum": _at_most}
    made = [(sides[end], bound) for end, bound in bounds.items() if isinstance(bound, int) and bound > 0]
    patterns: list[Json] = [{"pattern": f"^(?:{side(bound)})[*x](?:{side(bound)})$"} for side, bound in made]
    return patterns if len(patterns) == len(bounds) else [{"x-pixels": bounds}]


def _at_least(pixels: int) -> str:
    """Numbers with more digits than the root, or with a greater first digit."""
    root = str(isqrt(pixels - 1) + 1)
    first, digits = int(root[0]), len(root)
    more = [f"[1-9][0-9]{{{digits},{LARGE_DIGITS}}}"] if digits <= LARGE_DIGITS else []
    greater = [f"[{first + 1}-9][0-9]{{{digits - 1}}}"] if first < 9 else []
    return "|".join([root, *more, *greater])


def _at_most(pixels: int) -> str:
    """Numbers with fewer digits than the root, or with a smaller first digit."""
    root = str(isqrt(pixels))
    first, digits = int(root[0]), len(root)
    fewer = [f"[1-9][0-9]{{0,{digits - 2}}}"] if digits > 1 else []
    smaller = [f"[1-{first - 1}][0-9]{{{digits - 1}}}"] if first > 1 else []
    return "|".join([root, *fewer, *smaller])
