"""What the project must know of a JSON Schema keyword."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Generic, Literal, Never, TypeAlias, TypeVar

from gateway_contract.values.json_value import ABSENT, Json, Nothing

V = TypeVar("V")
Candidate: TypeAlias = Json | Literal[Nothing.ABSENT]
"""A value for a part of a body; ABSENT takes the part away."""


class Group(Enum):
    """What a keyword limits, in the order of blame: the first group is blamed for a rejected valid value."""

    BOUND = auto()  # how much: only a value exactly at the bound shows that the bound is kept
    FORM = auto()  # how a value is written
    TYPE = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword(Generic[V]):
    """One keyword, where V is the type of its value in a schema."""

    name: str  # as `Constraint.keyword`: `x-pixels/minimum` for one end of a mapping
    group: Group
    sentence: Callable[[V], str]  # what follows the subject: "must have at most 500 characters"
    describe: Callable[[Json], str]  # a value as far as the keyword minds: "501 characters"
    invalid: Callable[[V], Iterator[Candidate]]  # the nearest to the bound first
    boundary: Callable[[V], Iterator[Json]]  # the last valid values
    distance: Callable[[V, Json], float | None]  # 0 at the bound; None where a value has none
    repair: Callable[[V, Json], Candidate]  # what lenient mode puts in the place of an invalid value


def _no_values(_value: object) -> Iterator[Never]:
    return iter(())


def _no_distance(_bound: object, _value: Json) -> None:
    return None


def _leave_out(_bound: object, _value: Json) -> Literal[Nothing.ABSENT]:
    return ABSENT


NO_VALUES: Final = _no_values
NO_DISTANCE: Final = _no_distance
LEAVE_OUT: Final = _leave_out
