"""What a run and the process that draws for it tell each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ContractFiles:
    """The contract to draw for, by name or path."""

    contract: str
    overlays: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """Draw so many contents from each source: Contents for each of them come back, then Drawn."""

    seed: int
    examples: int


@dataclass(frozen=True, slots=True)
class Contents:
    source: str
    contents: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Drawn:
    pass


@dataclass(frozen=True, slots=True)
class MakeSmaller:
    """Make those contents smaller that break rules which are not `known`: Asks and Finds come back, then Searched.

    `broken` are the ids of the rules that contents broke. At most `most_asked` of them may be asked for, and
    `patience` seconds waited for the answers.
    """

    drawn: Draw
    contents: Sequence[Contents]
    broken: Mapping[bytes, frozenset[str]]
    known: frozenset[str]
    most_asked: int
    patience: float


@dataclass(frozen=True, slots=True)
class Ask:
    """What does this content break? Broken comes back."""

    source: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """Ids of rules; None where the request was not sent."""

    rules: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Find:
    """The smallest content that breaks a rule, among those that were drawn or asked for."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Searched:
    pass


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong in the process, which has ended."""

    error: str


Command: TypeAlias = ContractFiles | Draw | MakeSmaller | Broken
Message: TypeAlias = Contents | Drawn | Ask | Find | Searched | Failure
