"""JSON line by line, so that the lines of certain places can be marked."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from gateway_contract.pointer import below, is_within
from gateway_contract.values import ABSENT, Json, Nothing

INDENT = "  "


@dataclass(frozen=True, slots=True)
class Line:
    """`mark` says what is the matter with it, or nothing."""

    text: str
    mark: str = ""


def lines(
    value: Json | Literal[Nothing.ABSENT], raw: bytes, marks: Mapping[str, str] = MappingProxyType({})
) -> list[Line]:
    """A body as it is read best: JSON with the lines at some pointers marked; anything else as it came."""
    if value is ABSENT:
        return [Line(text) for text in raw.decode("utf-8", "replace").splitlines()]
    return [Line(text, _mark(at, marks)) for at, text in _written(value, "", "", "")]


def _mark(at: str, marks: Mapping[str, str]) -> str:
    return next((mark for pointer, mark in marks.items() if is_within(at, pointer)), "")


def _written(value: Json, at: str, indent: str, name: str) -> Iterator[tuple[str, str]]:
    """Each line with the pointer of what it shows. `name` stands before the first."""
    if isinstance(value, dict) and value:
        yield at, f"{indent}{name}{{"
        members = [(below(at, key), f"{_text(key)}: ", member) for key, member in value.items()]
        yield from _between(members, indent)
        yield at, f"{indent}}}"
    elif isinstance(value, list) and value:
        yield at, f"{indent}{name}["
        yield from _between([(below(at, index), "", item) for index, item in enumerate(value)], indent)
        yield at, f"{indent}]"
    else:
        yield at, f"{indent}{name}{_text(value)}"


def _between(members: list[tuple[str, str, Json]], indent: str) -> Iterator[tuple[str, str]]:
    """The lines of all members, a comma after each but the last."""
    for count, (at, name, member) in enumerate(members, 1):
        written = list(_written(member, at, indent + INDENT, name))
        last, text = written[-1]
        yield from written[:-1]
        yield last, text if count == len(members) else f"{text},"


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
