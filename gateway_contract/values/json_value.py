"""JSON from the other side, as far as anybody can have a use for it."""

import json
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final, Literal, TypeAlias, TypeGuard, TypeVar

import orjson

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


EXACT = 1 << 53
"""Beyond this, a float of 64 bits does not hold every integer."""


def is_whole_fraction(value: object) -> TypeGuard[float]:
    """Whether a number was written with a fraction or an exponent and is an integer nevertheless: 42.0, 1e0."""
    return isinstance(value, float) and value.is_integer() and abs(value) <= EXACT


V = TypeVar("V")


def distinct(values: Iterable[V]) -> Iterator[V]:
    """Each value once, in the order of the first ones."""
    seen: list[V] = []
    for value in values:
        if not any(same(value, other) for other in seen):
            seen.append(value)
            yield value


VALUES = 100_000  # a million empty lists in 3 MB of text would take 60 MB
DEPTH = 100  # code that walks a value recursively must come to its end


def read_json(content: bytes) -> Json | Literal[Nothing.ABSENT]:
    """Bytes as JSON (RFC 8259, strictly UTF-8); ABSENT where they are none, or monstrous: too many or too deep."""
    opened = content.count(b"[") + content.count(b"{")
    if opened + content.count(b",") > VALUES:
        return ABSENT
    try:
        value: Json = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ABSENT
    return ABSENT if opened > DEPTH and deeper(value, DEPTH) else value


def deeper(value: Json, most: int) -> bool:
    """Whether lists and objects stand within one another more than `most` deep."""
    level: Iterable[Json] = [value]
    for _ in range(most + 1):
        level = [child for parent in level for child in children(parent)]
        if not level:
            return False
    return True


def children(value: Json) -> Iterable[Json]:
    match value:
        case list():
            return value
        case dict():
            return value.values()
    return ()


SHORTENED = 60  # characters
COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def shortened(value: object, limit: int = SHORTENED) -> str:
    """A JSON value as text for a report, cut in the middle where it is long."""
    try:
        text = orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # half a character, or a number beyond 64 bits
        text = COMPACT.encode(value)
    if len(text) <= limit:
        return text
    size = len(value) if isinstance(value, str) else len(text)  # of a string as its contract counts it
    return f"{text[: limit // 2]}…{text[-limit // 4 :]} ({size} characters)"


def compact(value: Json) -> bytes:
    """JSON without spaces. A lone surrogate has no UTF-8 and becomes an escape."""
    return COMPACT.encode(value).encode("utf-8", "backslashreplace")
