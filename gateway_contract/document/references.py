"""Every $ref of a document replaced by what it points to."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import unquote

from jsonpointer import JsonPointer, JsonPointerException

from gateway_contract.document.bundled import find_document
from gateway_contract.document.node import DocumentError, Node, Place, children, mapping, sequence
from gateway_contract.document.source import read

_REFERENCE: Final = "$ref"


class Role(Enum):
    """What a value is for, which decides what its keys mean."""

    KEYWORDS = "an object of the document's own vocabulary"
    NAMES = "a mapping of names that the author chose"
    SECTIONS = "the components: sections of names"
    DATA = "an example or a value, in which $ref is a key like any other"


_DATA_KEYWORDS: Final = frozenset({"const", "default", "enum", "example", "examples"})
_NAMING_KEYWORDS: Final = frozenset(
    {
        *("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"),
        *("callbacks", "encoding", "headers", "links", "responses", "webhooks"),
    },
)


class Opened(NamedTuple):
    path: Path
    root: Node


Target: TypeAlias = tuple[str, tuple[str, ...], Role]


@dataclass(frozen=True, slots=True)
class Library:
    """The files opened so far, by real path, and what was found in them; None stands for what is under way."""

    files: dict[str, Opened]
    open_file: Callable[[Path, Place], Node]
    inlined: dict[Target, Node | None]


def inlined(root: Node, path: Path, open_file: Callable[[Path, Place], Node] = read) -> Node:
    """`root`, the content of the file at `path`, with every $ref replaced by what it points to.

    `open_file` reads another file for a reference that stands at a place.
    """
    library = Library({os.path.realpath(path): Opened(path, root)}, open_file, {})
    return _walked(root, Role.KEYWORDS, path, library)


def neighbour(reference: str, file: Path, place: Place) -> Path:
    """The file that a relative reference, standing in `file`, names: beside it, or else one of this package."""
    if _NO_PATH.search(reference):
        remedy = "nothing is fetched: put the file beside this one and give its relative path"
        raise DocumentError(place, f"{reference!r} is not a relative path", remedy)
    name = unquote(reference)
    return find_document(name, [file.parent]) or file.parent / name


_NO_PATH = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:|^//|\0|%00")


def _walked(node: Node, role: Role, file: Path, library: Library) -> Node:
    if role is Role.DATA:
        return node
    if isinstance(node.value, tuple):
        items = tuple(_walked(item, Role.KEYWORDS, file, library) for item in node.value)
        return sequence(items, node.place)
    if not isinstance(node.value, dict):
        return node
    entries = {
        key: _walked(child, _role(key, role), file, library)
        for key, child in node.value.items()
        if not _refers(key, child)
    }
    if len(entries) == len(node.value):
        return mapping(entries, node.place)
    reference = node.value[_REFERENCE]
    return _beside(entries, _followed(reference, role, file, library), reference)


def _refers(key: str, value: Node) -> bool:
    """A property may be named $ref, but then its value is a schema."""
    return key == _REFERENCE and isinstance(value.value, str)


def _role(key: str, within: Role) -> Role:
    if within is Role.NAMES:
        return Role.KEYWORDS
    if key in _DATA_KEYWORDS:
        return Role.DATA
    if within is Role.SECTIONS or key in _NAMING_KEYWORDS:
        return Role.NAMES
    return Role.SECTIONS if key == "components" else Role.KEYWORDS


def _beside(siblings: dict[str, Node], target: Node, reference: Node) -> Node:
    """OpenAPI 3.1 lets keys stand beside a $ref: they win over the target's."""
    if not siblings:
        return target
    if not isinstance(target.value, dict):
        problem = f"{reference.value!r} points to no mapping, so nothing can be merged over it"
        raise DocumentError(reference.place, problem, "remove the keys beside the $ref")
    return mapping({**target.value, **siblings}, target.place)


def _followed(reference: Node, role: Role, file: Path, library: Library) -> Node:
    name, _, fragment = str(reference.value).partition("#")
    opened = _opened(neighbour(name, file, reference.place) if name else file, reference.place, library)
    steps = _steps(fragment, reference)
    target = (os.path.realpath(opened.path), steps, role)
    if target not in library.inlined:
        library.inlined[target] = None
        pointed_to = _pointed_to(opened, steps, reference)
        library.inlined[target] = _walked(pointed_to, role, opened.path, library)
    found = library.inlined[target]
    if found is None:
        problem = f"{reference.value!r} leads back to itself, by way of {_way_round(target, library)}"
        raise DocumentError(reference.place, problem, "a contract is a finite tree: end the cycle")
    return found


def _way_round(target: Target, library: Library) -> str:
    """The targets under way since this one was begun."""
    under_way = [begun for begun, found in library.inlined.items() if found is None]
    return ", ".join(
        f"{Path(file).name}#{JsonPointer.from_parts(steps).path}"
        for file, steps, _ in under_way[under_way.index(target) :]
    )


def _opened(path: Path, asked_at: Place, library: Library) -> Opened:
    real = os.path.realpath(path)
    if real not in library.files:
        library.files[real] = Opened(path, library.open_file(path, asked_at))
    return library.files[real]


def _steps(fragment: str, reference: Node) -> tuple[str, ...]:
    try:
        return tuple(JsonPointer(unquote(fragment)).parts)
    except JsonPointerException:
        problem = f"{reference.value!r} has no JSON Pointer behind its '#'; anchors and ids are not followed"
        raise DocumentError(reference.place, problem, "write the way from the root: '#/...'") from None


def _pointed_to(opened: Opened, steps: tuple[str, ...], reference: Node) -> Node:
    node = opened.root
    for step in steps:
        below = children(node)
        if step not in below:
            problem = (
                f"{reference.value!r} points to nothing: {opened.path} has no {JsonPointer.from_parts(steps).path}"
            )
            raise DocumentError(reference.place, problem, _nearest(opened.root, steps))
        node = below[step]
    return node


def _nearest(root: Node, steps: tuple[str, ...]) -> str:
    """The pointer that was probably meant, each step corrected where it leads nowhere."""
    node, taken = root, list[str]()
    for step in steps:
        below = children(node)
        near = [step] if step in below else get_close_matches(step, below, n=1)
        if not near:
            return ""
        taken += near
        node = below[near[0]]
    return f"did you mean '#{JsonPointer.from_parts(taken).path}'?"
