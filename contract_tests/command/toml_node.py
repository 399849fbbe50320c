"""A part of a TOML file as values that know their lines: tomllib tells values only."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from gateway_contract.document.node import DocumentError, Node, Place, mapping, sequence

_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEY = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_TABLE = re.compile(rf"\s*\[\s*({_KEY})\s*\]\s*(?:#.*)?")
_ENTRY = re.compile(rf"\s*({_KEY})\s*=.*")
_ERROR_LINE = re.compile(r"at line (\d+)")


def read_toml(path: Path, *keys: str) -> Node | None:
    """What stands below some keys; None if nothing does. Raises DocumentError."""
    try:
        text = path.read_text("utf-8")
        value: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _ERROR_LINE.search(str(error))
        raise DocumentError(Place(path, int(found[1]) if found else 1), f"this is not valid TOML: {error}") from error
    except (OSError, UnicodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8"
        raise DocumentError(None, f"{path} cannot be read: {reason}") from error
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    lines = _lines(text)
    return _node(value, keys, lines, Place(path, lines.get(keys, 1)))


def _lines(text: str) -> Mapping[tuple[str, ...], int]:
    """In which line each key is written; what stands within braces or brackets has the line of its key."""
    table: tuple[str, ...] = ()
    lines: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if head := _TABLE.fullmatch(line):
            table = _names(head[1])
            lines.setdefault(table, number)
        elif entry := _ENTRY.fullmatch(line):
            lines.setdefault(table + _names(entry[1]), number)
    return lines


def _names(key: str) -> tuple[str, ...]:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, key))


def _node(value: object, keys: tuple[str, ...], lines: Mapping[tuple[str, ...], int], around: Place) -> Node:
    place = Place(around.file, lines.get(keys, around.line))
    match value:
        case dict():
            return mapping({key: _node(item, (*keys, key), lines, place) for key, item in value.items()}, place)
        case list():
            return sequence(tuple(_node(item, keys, {}, place) for item in value), place)
        case bool() | int() | float() | str():
            return Node(value, place)
    return Node(str(value), place)  # a date or a time, which no option takes
