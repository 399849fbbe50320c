"""JSON Pointers (RFC 6901) into bodies: read, place, take away, walk."""

from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from itertools import pairwise
from typing import Literal, TypeAlias, cast

from jsonpointer import JsonPointer, escape

from gateway_contract.values.json_value import ABSENT, Json, Nothing

HOLDERS = (dict, list)

Way: TypeAlias = tuple[tuple[str, int, type[list[Json]] | type[dict[str, Json]]], ...]
"""Tokens, each as an index, too (-1 if it is none), and with what has to be made where there is nothing."""


LONG = 1000  # characters of a pointer that is not kept: clients choose names of any length


def tokens(pointer: str) -> tuple[str, ...]:
    """The unescaped parts of a pointer. Raises jsonpointer.JsonPointerException where it is none."""
    return _kept_tokens(pointer) if len(pointer) < LONG else tuple(JsonPointer(pointer).parts)


@lru_cache(maxsize=1024)
def _kept_tokens(pointer: str) -> tuple[str, ...]:
    return tuple(JsonPointer(pointer).parts)


def below(pointer: str, token: str | int) -> str:
    return f"{pointer}/{escape(str(token))}"


def parent(pointer: str) -> str:
    return pointer.rpartition("/")[0]


def is_within(pointer: str, outer: str) -> bool:
    """Whether a pointer leads to what another one does, or into it."""
    return pointer == outer or pointer.startswith(f"{outer}/")


def as_schema_pointer(pointer: str) -> str:
    """A pointer as schemas know it: every item of a list by its first."""
    return "/".join("0" if token.isdecimal() else token for token in pointer.split("/"))


def leaf_name(pointer: str) -> str:
    """The last name in a pointer that is not an index."""
    return next((token for token in reversed(tokens(pointer)) if not token.isdecimal()), "")


def read(body: object, pointer: str) -> Json | Literal[Nothing.ABSENT]:
    """The value at a pointer, ABSENT where the body has none."""
    value = body
    for token in tokens(pointer):
        if isinstance(value, dict):
            value = value.get(token, ABSENT)
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return ABSENT
    return value  # type: ignore[return-value] # JSON in, JSON out


def placed(body: Json, pointer: str, value: Json) -> Json:
    """A copy of a body with a value at a pointer; objects and lists on the way are made where they are missing.

    Raises ValueError where the way leads through something that is neither, or leaves a gap in a list.
    """
    return _placed(body, tokens(pointer), 0, value)


def _placed(body: Json, path: tuple[str, ...], depth: int, value: Json) -> Json:
    """The same from a depth of the path on."""
    if depth == len(path):
        return deepcopy(value) if isinstance(value, list | dict) else value
    token = path[depth]
    if isinstance(body, list) or (body is None and token.isdecimal()):
        return _with_item(body or [], path, depth, value)
    if body is None:
        return {token: _placed(None, path, depth + 1, value)}
    if isinstance(body, dict):
        return {**body, token: _placed(body.get(token), path, depth + 1, value)}
    raise ValueError(f"{token!r} cannot stand in {type(body).__name__}")


def _with_item(items: list[Json], path: tuple[str, ...], depth: int, value: Json) -> Json:
    token = path[depth]
    if not token.isdecimal():
        raise ValueError(f"{token!r} cannot stand in list")
    index = int(token)
    if index > len(items):
        raise ValueError(f"item {index} of a list of {len(items)} leaves a gap")
    item = _placed(items[index] if index < len(items) else None, path, depth + 1, value)
    return [*items[:index], item, *items[index + 1 :]]


def put(body: Json, pointer: str, value: Json) -> None:
    """Does within a body that is just being made what `placed` does in a copy, for a fraction of its cost.

    The value itself goes in, and no copy. Raises ValueError where `placed` does, and for the empty pointer.
    """
    way, last = way_to(pointer)
    hold(walked(body, way), last, value)


def walked(body: Json, way: Way) -> Json:
    """What a way leads to, made where there is nothing."""
    for token, index, made in way:
        held: Json = None
        if type(body) is dict:
            held = body.get(token)
        elif type(body) is list and 0 <= index < len(body):
            held = body[index]
        if held is None:
            held = made()
            hold(body, token, held)
        body = held
    return body


@lru_cache(maxsize=1024)
def way_to(pointer: str) -> tuple[Way, str]:
    """The way to what holds a pointer's last token, and that token. Raises ValueError for the empty pointer."""
    if not pointer:
        raise ValueError("a body cannot be put into itself")
    path = tokens(pointer)
    way: Way = tuple((token, index_of(token), list if ahead.isdecimal() else dict) for token, ahead in pairwise(path))
    return way, path[-1]


def index_of(token: str) -> int:
    """A token as an index into a list; -1 if it is none."""
    return int(token) if token.isdecimal() else -1


def hold(holder: Json, token: str, value: Json) -> None:
    """Put a value under a token of a list or an object. Raises ValueError where it cannot stand."""
    if isinstance(holder, dict):
        holder[token] = value
    elif not isinstance(holder, list) or not token.isdecimal():
        raise ValueError(f"{token!r} cannot stand in {type(holder).__name__}")
    elif int(token) > len(holder):
        raise ValueError(f"item {token} of a list of {len(holder)} leaves a gap")
    else:
        holder[int(token) : int(token) + 1] = [value]


def removed(body: Json, pointer: str) -> Json:
    """A copy of a body without the value at a pointer; the same body where there is none."""
    if not pointer or read(body, pointer) is ABSENT:
        return body
    copy = deepcopy(body)
    holder = read(copy, parent(pointer))
    token = tokens(pointer)[-1]
    if isinstance(holder, list):
        del holder[int(token)]
    else:
        del cast("dict[str, Json]", holder)[token]
    return copy


def values(body: Json, pointer: str = "") -> Iterator[tuple[str, Json]]:
    """A value and every value within it, with their pointers."""
    yield pointer, body
    for token, value in members(body):
        if isinstance(value, HOLDERS):
            yield from values(value, below(pointer, token))
        else:
            yield below(pointer, token), value


def leaves(body: Json) -> Iterator[tuple[str, Json]]:
    """Every value that holds no other, with its pointer; empty objects and lists are leaves."""
    return ((pointer, value) for pointer, value in values(body) if not (isinstance(value, HOLDERS) and value))


def texts(body: object) -> Iterator[str]:
    """Every text within a value, in no order; names of members are none."""
    left = [body]
    while left:
        match left.pop():
            case str() as text:
                yield text
            case dict() as held:
                left.extend(held.values())
            case list() as held:
                left.extend(held)


def members(value: Json) -> list[tuple[str | int, Json]]:
    """What a value holds, each by its name or index."""
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []
