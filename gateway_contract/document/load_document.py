"""A contract's document, ready to use: overlays applied, every $ref replaced, every line known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway_contract.document.node import DocumentError, Node, Place, places, plain
from gateway_contract.document.openapi_30 import upgraded
from gateway_contract.document.overlay import overlaid
from gateway_contract.document.references import inlined
from gateway_contract.document.source import read
from gateway_contract.values.json_value import Json


@dataclass(frozen=True, slots=True)
class Document:
    path: Path
    tree: dict[str, Json]
    places: Mapping[str, Place]  # where each JSON Pointer's value is written, in whichever file
    upgraded: Mapping[str, int] = field(default_factory=dict)  # how often a keyword of OpenAPI 3.0 was read as 3.1

    def place(self, pointer: str) -> Place:
        """Where a value is written; for a pointer that leads nowhere, its nearest ancestor."""
        while pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places[pointer]


def load(path: Path, overlays: Sequence[Path] = (), *, is_contract: bool = True) -> Document:
    """The document at `path`, with all that it refers to, changed by each overlay that extends one of these files.

    An overlay that does not say what it extends changes the contract.
    """

    def open_file(file: Path, asked_at: Place | None = None) -> Node:
        content = read(file, asked_at)
        return overlaid(content, file, overlays, is_contract=is_contract and file == path)

    try:
        return _document(inlined(open_file(path), path, open_file), path)
    except RecursionError:
        remedy = "flatten it with $refs, or look for a runaway bracket"
        raise DocumentError(Place(path, 1), "the document is nested too deeply", remedy) from None


def _document(inlined_root: Node, path: Path) -> Document:
    root, changes = upgraded(inlined_root)
    tree = plain(root)
    if not isinstance(tree, dict):
        raise DocumentError(root.place, "a whole document must be a mapping")
    return Document(path, tree, places(root), changes)


__all__ = ["Document", "DocumentError", "Place", "load"]
