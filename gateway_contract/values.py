"""JSON values, and what is not there."""

from enum import Enum
from typing import Final, TypeAlias

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


class Nothing(Enum):
    """What is said instead of a value; apart from JSON's own null."""

    ABSENT = "absent"  # not in the JSON value, or no JSON at all
    UNOBSERVED = "unobserved"  # nobody looked: it may or may not have happened


ABSENT: Final = Nothing.ABSENT
UNOBSERVED: Final = Nothing.UNOBSERVED


def same(left: object, right: object) -> bool:
    """Whether two JSON values are equal as JSON Schema says: 1 and 1.0 are, true and 1 are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return left == right
