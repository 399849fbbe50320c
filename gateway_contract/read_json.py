"""JSON from the other side, as far as anybody can have a use for it."""

from collections.abc import Iterable
from typing import Literal

import orjson

from gateway_contract.values import ABSENT, Json, Nothing

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
