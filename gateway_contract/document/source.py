"""A YAML or JSON file as a tree of values that know where they are written."""

import math
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from gateway_contract.document.node import DocumentError, Node, Place, Scalar, did_you_mean, mapping, sequence


def read(path: Path, asked_at: Place | None = None) -> Node:
    """What a YAML or JSON file says; `asked_at` is where another file points to this one."""
    return _parsed(_text(path, asked_at), path)


@lru_cache(maxsize=16)  # contracts of one upstream share its document
def _parsed(text: str, path: Path) -> Node:
    root = _composed(text, path)
    if not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1 if root else 1
        raise DocumentError(Place(path, line), "the file must hold a mapping of keys to values")
    return _written(root, path, {})


def read_list(path: Path) -> Node:
    """What a YAML or JSON file says that holds a list; an empty one if nothing is in it."""
    root = _composed(_text(path, None), path)
    if root is None:
        return sequence((), Place(path, 1))
    if not isinstance(root, yaml.SequenceNode):
        raise DocumentError(Place(path, root.start_mark.line + 1), "the file must hold a list")
    return _written(root, path, {})


def _text(path: Path, asked_at: Place | None) -> str:
    raw = _bytes(path, asked_at)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentError(Place(path, line), "this is not UTF-8 text", "save the file as UTF-8") from None
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        line = text.count("\n", 0, unprintable.start()) + 1
        problem = f"the character U+{ord(unprintable.group()):04X} cannot stand in YAML as it is"
        raise DocumentError(Place(path, line), problem, "write it as an escape, in double quotes")
    return text


# What YAML does not take, and three characters that libyaml would take for the ends of lines.
_UNPRINTABLE = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _bytes(path: Path, asked_at: Place | None) -> bytes:
    try:
        if path.is_file():
            return path.read_bytes()
        if path.exists():
            raise DocumentError(asked_at, f"{path} is not a file", "name a YAML or JSON file")
        beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    except OSError as error:
        raise DocumentError(asked_at, f"{path} cannot be read: {error.strerror}") from None
    raise DocumentError(asked_at, f"{path} does not exist", did_you_mean(path.name, beside))


def _composed(text: str, path: Path) -> yaml.Node | None:
    _check_nesting(text, path)
    loader = _LOADER(text)
    loader.yaml_implicit_resolvers = _BY_FIRST_CHARACTER
    try:
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, path) from None
    finally:
        loader.dispose()


MOST_LEVELS = 500  # libyaml's composer recurses in C: tens of thousands of levels end the process


def _check_nesting(text: str, path: Path) -> None:
    """Raise DocumentError with the line where nesting gets too deep, before anything recurses.

    The bound by brackets and indentation is quick, and too high where they stand in texts; then events are counted.
    """
    opened = list(accumulate(1 if bracket in "[{" else -1 for bracket in _BRACKETS.findall(text)))
    indented = max((len(start) for start in _LINE_STARTS.findall(text)), default=0)
    if max(opened, default=0) - min(opened, default=0) + indented <= MOST_LEVELS:
        return
    levels = 0
    with suppress(yaml.MarkedYAMLError):  # composing it says what is wrong
        for event in yaml.parse(text, _LOADER):
            levels += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if levels > MOST_LEVELS:
                remedy = "flatten it with $refs, or look for a runaway bracket"
                place = Place(path, event.start_mark.line + 1 if event.start_mark else 1)
                raise DocumentError(place, f"the document is nested more than {MOST_LEVELS} levels deep", remedy)


_BRACKETS = re.compile(r"[\[\]{}]")
_LINE_STARTS = re.compile(r"^[ ?:-]*", re.MULTILINE)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _syntax_error(error: yaml.MarkedYAMLError, text: str, path: Path) -> DocumentError:
    """An error at the end of the text is put in its last line; what was begun earlier is named with its line."""
    line = min(error.problem_mark.line, text.rstrip("\n").count("\n")) + 1 if error.problem_mark else 1
    begun = f"{error.context} (line {error.context_mark.line + 1}), " if error.context_mark else ""
    return DocumentError(Place(path, line), f"this is not valid YAML: {begun}{error.problem}")


def _written(node: yaml.Node, file: Path, known: dict[int, Node | None]) -> Node:
    """The value of a node. An alias is its anchor's node once more; `known` holds None for what is under way."""
    place = _place(node, file)
    if isinstance(node, yaml.ScalarNode):
        return Node(_scalar(node, place), place)
    if id(node) not in known:
        known[id(node)] = None
        known[id(node)] = _collection(node, file, known)
    earlier = known[id(node)]
    if earlier is None:
        raise DocumentError(place, "this value contains itself through an alias", "write it out as a finite tree")
    return earlier


def _collection(node: yaml.Node, file: Path, known: dict[int, Node | None]) -> Node:
    place = _place(node, file)
    if node.tag != _TAG + ("seq" if isinstance(node, yaml.SequenceNode) else "map"):
        raise DocumentError(place, f"the tag {node.tag.replace(_TAG, '!!')} means nothing in JSON", "leave it out")
    if isinstance(node, yaml.SequenceNode):
        return sequence(tuple(_written(item, file, known) for item in node.value), place)
    entries: dict[str, Node] = {}
    for key_node, value in node.value:
        key_place = _place(key_node, file)
        key = _key(key_node, key_place)
        if key in entries:
            raise DocumentError(key_place, f"the key {key!r} is here already, in line {entries[key].place.line}")
        entries[key] = replace(_written(value, file, known), place=key_place)
    return mapping(entries, place)


def _key(node: yaml.Node, place: Place) -> str:
    """A number serves as a key as it is written: response statuses are often left unquoted."""
    if not isinstance(node, yaml.ScalarNode):
        raise DocumentError(place, "a key must be text, not a mapping or a list")
    if node.value == "<<" and not node.style:
        raise DocumentError(place, "merge keys (<<) are not JSON", "write the keys out, or use a $ref")
    if node.tag not in {_TAG + "str", _TAG + "int"}:
        raise DocumentError(place, f"the key {node.value} is not text", f'quote it: "{node.value}"')
    return str(node.value)


def _scalar(node: yaml.ScalarNode, place: Place) -> Scalar:
    kind = _KINDS.get(node.tag)
    if kind and kind.pattern.match(node.value):
        with suppress(ValueError):
            return kind.read(node.value)
    tag = node.tag.replace(_TAG, "!!")
    raise DocumentError(place, f"{tag} {node.value[:40]!r} has no JSON value", "quote it if it is text")


def _place(node: yaml.Node, file: Path) -> Place:
    return Place(file, node.start_mark.line + 1)


_TAG = "tag:yaml.org,2002:"


class _Kind(NamedTuple):
    pattern: re.Pattern[str]
    first: str  # the first characters that it takes
    read: Callable[[str], Scalar]


def _integer(text: str) -> int:
    return int(text, 0 if text[:2] in {"0o", "0x"} else 10)


def _finite(text: str) -> float:
    number = float(text)  # which knows neither ".inf" nor ".nan"
    if not math.isfinite(number):
        raise ValueError(text)
    return number


# The core schema of YAML 1.2: without the yes, no, on, off, 1:30 and 2024-01-01 of YAML 1.1.
_KINDS: Final = {
    _TAG + name: _Kind(re.compile(rf"(?:{pattern})\Z", re.DOTALL), first, read)
    for name, pattern, first, read in (
        ("null", "|~|null|Null|NULL", "~nN", lambda _: None),
        ("bool", "true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text[0] in "tT"),
        ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789", _integer),
        (
            "float",
            r"[-+]?(?:(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
            "-+.0123456789",
            _finite,
        ),
        ("str", ".*", "", str),
    )
}
_BY_FIRST_CHARACTER: Final = {
    first: [(tag, kind.pattern) for tag, kind in _KINDS.items() if first in kind.first]
    for first in ("", *"~nNtTfF-+.0123456789")
}
