"""A contract's schema, taken apart: every constraint with the part of the body that it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gateway_contract.document import Place
from gateway_contract.pointer import read
from gateway_contract.validator import Failures, Path
from gateway_contract.values import ABSENT, Json, Nothing

SchemaObject: TypeAlias = dict[str, Json]

NONE: frozenset["Constraint"] = frozenset()
ANY_NAME = "*"  # stands in pointers for a property that no schema names


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """Constraints under `then` and `else` hold only where the body at `pointer` meets, or does not meet, `schema`."""

    title: str
    pointer: str
    schema: SchemaObject
    met: bool
    outer: "Condition | None"
    failures: Failures = field(repr=False)

    def holds(self, body: Json) -> bool:
        if self.outer is not None and not self.outer.holds(body):
            return False
        value = read(body, self.pointer)
        return value is not ABSENT and (not self.failures(value)) is self.met


@dataclass(frozen=True, slots=True, eq=False)
class Constraint:
    """One keyword of a schema with all that rules need to know of it. Compared by identity."""

    keyword: str  # as in JSON Schema; "forbidden" for a false schema, "x-not-judged" for what is never judged
    value: Json
    pointer: str  # of the part it is about, items as /0
    subject: str
    in_items: bool
    condition: Condition | None
    clause: str | None
    level: str | None
    alternatives: frozenset[str]
    refusal: Mapping[str, str]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One schema object of the source: what else it says of the part of the body at `pointer`."""

    pointer: str
    subject: str
    schema: SchemaObject
    condition: Condition | None
    clauses: Mapping[str, str]
    levels: Mapping[str, str]
    places: Mapping[str, Place]  # of the schema's keywords
    place: Place
    required: bool

    def clause(self, keyword: str) -> str | None:
        return self.clauses.get(keyword, self.clauses.get("*"))

    def level(self, keyword: str) -> str | None:
        return self.levels.get(keyword, self.levels.get("*"))


@dataclass(frozen=True, slots=True)
class CompiledSchema:
    """A schema for the validators, and what each of its paths is about."""

    schema: SchemaObject
    constraints: Mapping[Path, Constraint]
    parts: tuple[Part, ...]
    failures: Failures = field(repr=False, compare=False)
    defaulted: Mapping[str, tuple[Part, ...]] = field(init=False, repr=False, compare=False)
    """The parts that say a default, by pointer."""

    def __post_init__(self) -> None:
        found: dict[str, tuple[Part, ...]] = {}
        for part in self.parts:
            if "default" in part.schema:
                found[part.pointer] = (*found.get(part.pointer, ()), part)
        object.__setattr__(self, "defaulted", found)

    def broken(self, value: Json) -> frozenset[Constraint]:
        """The constraints that a value fails, `x-not-judged` matches among them."""
        failing = self.failures(value)
        return frozenset([self.constraint_at(path) for path in failing]) if failing else NONE

    def constraint_at(self, path: Path) -> Constraint:
        """The constraint that a failing path of the compiled schema lies in."""
        for length in range(len(path), 0, -1):
            found = self.constraints.get(path[:length])
            if found is not None:
                return found
        raise KeyError(path)

    def default(self, pointer: str, body: Json) -> Json | Literal[Nothing.ABSENT]:
        """The default that holds for a field in a body, ABSENT where there is none; a conditional one goes first."""
        found: Json | Literal[Nothing.ABSENT] = ABSENT
        for part in self.defaulted.get(pointer, ()):
            if part.condition is None and found is not ABSENT:
                continue
            if part.condition is None or part.condition.holds(body):
                found = part.schema["default"]
        return found
