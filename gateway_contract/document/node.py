"""JSON values that know where they are written, and the error that names the place."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from jsonpointer import escape

from gateway_contract.values.json_value import Json

S = TypeVar("S")
T = TypeVar("T")

# No contract comes near it; a file whose aliases or $refs multiply each other passes it within a few lines.
MOST_VALUES: Final = 200_000


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, the file named as the user named it."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class DocumentError(Exception):
    """A document that cannot be used: where, why, and what to do about it; `others` are what else is wrong with it."""

    def __init__(
        self, place: Place | None, problem: str, remedy: str = "", others: "tuple[DocumentError, ...]" = ()
    ) -> None:
        super().__init__(place, problem, remedy, others)
        self.place = place
        self.problem = problem
        self.remedy = remedy
        self.others = others

    def __str__(self) -> str:
        return "\n".join([_message(self.place, self.problem, self.remedy), *map(str, self.others)])


def together(errors: Sequence[DocumentError]) -> DocumentError:
    """Several errors as one, in the order of their lines, each once."""
    every = [DocumentError(one.place, one.problem, one.remedy) for error in errors for one in (error, *error.others)]
    unique = {str(one): one for one in every}.values()
    first, *others = sorted(unique, key=lambda one: (str(one.place.file), one.place.line) if one.place else ("", 0))
    return DocumentError(first.place, first.problem, first.remedy, tuple(others))


@dataclass(frozen=True, slots=True)
class Errors:
    """What is wrong with some documents, collected so that all of it is told at once."""

    found: list[DocumentError] = field(default_factory=list)

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Notes a DocumentError instead of raising it."""
        try:
            yield
        except DocumentError as error:
            self.found.append(error)

    def raise_all(self) -> None:
        """Raises DocumentError if there was any."""
        if self.found:
            raise together(self.found)


def read_all(sources: Iterable[S], read: Callable[[S], T]) -> list[T]:
    """What each of several sources gives. Raises DocumentError for all those that raise one."""
    errors, found = Errors(), list[T]()
    for source in sources:
        with errors.collect():
            found.append(read(source))
    errors.raise_all()
    return found


@dataclass(frozen=True, slots=True)
class DocumentWarning:
    """Something in a document that is probably not meant: where, why, and what to do about it."""

    place: Place
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"warning: {_message(self.place, self.problem, self.remedy)}"


def _message(place: Place | None, problem: str, remedy: str) -> str:
    where = f"{place}: " if place else ""
    return where + "; ".join(filter(None, (problem, remedy)))


Scalar: TypeAlias = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and where it is written. It is shared freely, so nothing in it is ever changed."""

    value: "Scalar | tuple[Node, ...] | dict[str, Node]"
    place: Place
    size: int = 1  # how many values there are in it, itself included


def mapping(entries: dict[str, Node], place: Place) -> Node:
    return Node(entries, place, _size(entries.values(), place))


def sequence(items: tuple[Node, ...], place: Place) -> Node:
    return Node(items, place, _size(items, place))


def _size(parts: Iterable[Node], place: Place) -> int:
    size = 1 + sum(part.size for part in parts)
    if size > MOST_VALUES:
        raise DocumentError(place, f"this has more than {MOST_VALUES} values in it once written out")
    return size


def children(node: Node) -> Mapping[str, Node]:
    """What stands directly in a value, by the step of a JSON Pointer that leads there."""
    if isinstance(node.value, tuple):
        return {str(index): item for index, item in enumerate(node.value)}
    return node.value if isinstance(node.value, dict) else {}


def plain(node: Node) -> Json:
    """The value alone, sharing nothing with any other."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(item) for item in node.value]
    return node.value


def places(node: Node, pointer: str = "") -> dict[str, Place]:
    """Where the value and everything in it is written, by JSON Pointer."""
    known = {pointer: node.place}
    for step, child in children(node).items():
        known |= places(child, f"{pointer}/{escape(step)}")
    return known


LONG_WORD = 1000  # characters: nothing known is like it, and comparing a megabyte takes a second


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """What was probably meant; empty where nothing is near. `cutoff` is how near: 1 is the same."""
    near = get_close_matches(word, known, 1, cutoff) if len(word) < LONG_WORD else []
    return f"did you mean {near[0]!r}?" if near else ""


def members(node: Node, needed: Sequence[str], optional: Sequence[str]) -> dict[str, Node]:
    """The members of a mapping that may have these names and no others."""
    known = (*needed, *optional)
    if not isinstance(node.value, dict):
        raise DocumentError(node.place, f"expected a mapping of {', '.join(known)}")
    unknown = [(name, value) for name, value in node.value.items() if name not in known]
    errors = [DocumentError(value.place, f"Unknown key {name!r}", did_you_mean(name, known)) for name, value in unknown]
    errors += [DocumentError(node.place, f"missing key {name!r}") for name in needed if name not in node.value]
    if errors:
        raise together(errors)
    return node.value


def items(node: Node | None) -> tuple[Node, ...]:
    """The items of a list; none where nothing is written."""
    if node is None:
        return ()
    if not isinstance(node.value, tuple):
        raise DocumentError(node.place, "expected a list", "begin each item with a hyphen")
    return node.value


def text(node: Node) -> str:
    """The value as text, which a day without quotes is too."""
    if not isinstance(node.value, str):
        raise DocumentError(node.place, "expected a string")
    return node.value
