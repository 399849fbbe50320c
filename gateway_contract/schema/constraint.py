"""The part of JSON Schema that contracts use, and schemas as the validators take them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, partial
from typing import Literal, TypeAlias

import jsonschema_rs

from gateway_contract.document.node import Place
from gateway_contract.schema.quick_schema import quick_schema
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import read
from gateway_contract.values.size import LONGEST, is_image_size, parse_size

Problem: TypeAlias = Callable[[Mapping[str, float], object], str | None]


def pixels_problem(bounds: Mapping[str, float], value: object) -> str | None:
    """Why a size is outside bounds on width x height; None where it is inside or no size at all."""
    size = parse_size(value)
    return None if size is None else _outside(bounds, size.pixels, "pixels")


def aspect_problem(bounds: Mapping[str, float], value: object) -> str | None:
    """Why a size is outside bounds on width / height; None where it is inside or no size at all."""
    size = parse_size(value)
    return None if size is None else _outside(bounds, size.aspect, "width / height")


def _outside(bounds: Mapping[str, float], measure: float, name: str) -> str | None:
    if "minimum" in bounds and measure < bounds["minimum"]:
        return f"{measure} {name}, below {bounds['minimum']}"
    if "maximum" in bounds and measure > bounds["maximum"]:
        return f"{measure} {name}, above {bounds['maximum']}"
    return None


SIZE_KEYWORDS: Mapping[str, Problem] = {
    "x-pixels": pixels_problem,
    "x-aspect": aspect_problem,
}

Path: TypeAlias = tuple[str | int, ...]
Failures: TypeAlias = Callable[[Json], list[Path]]


def fast_failures(schema: dict[str, Json]) -> Failures:
    """Where values fail, by jsonschema-rs. Values must be what a strict JSON parser gives: no lone surrogates."""
    validator, quick = _validator(schema), quick_schema(schema)
    is_valid = (validator if quick == schema else _validator(quick)).is_valid

    def failures(value: Json) -> list[Path]:
        if is_valid(value):  # most are, and to look for errors costs several times as much
            return []
        return [tuple(error.schema_path) for error in validator.iter_errors(value)]

    return failures


def _validator(schema: dict[str, Json]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        schema,
        keywords={name: _fast_keyword(problem) for name, problem in SIZE_KEYWORDS.items()},
        formats={"image-size": is_image_size},
        validate_formats=True,
    )


def _fast_keyword(problem: Problem) -> type:
    class SizeKeyword:
        def __init__(self, _parent: object, bounds: Mapping[str, float], _path: object) -> None:
            self.problem = lru_cache(maxsize=1024)(partial(problem, bounds))  # few sizes are ever asked for

        def validate(self, value: object) -> None:
            found = self.problem(value) if isinstance(value, str) and len(value) <= LONGEST else None
            if found is not None:
                raise ValueError(found)

    return SizeKeyword


LEAVES = frozenset(
    "type enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern "
    "minItems maxItems uniqueItems minProperties maxProperties not anyOf oneOf contains propertyNames "
    "dependentRequired".split()
)
"""Keywords that are one constraint each, whatever stands below them."""

CONSTRAINT_KEYWORDS = LEAVES | {
    "format",
    "required",
    "forbidden",
    "x-not-judged",
    *(f"{keyword}/{end}" for keyword in SIZE_KEYWORDS for end in ("minimum", "maximum")),
}
"""What `Constraint.keyword` may be."""

ANNOTATIONS = frozenset(
    "title description default examples example deprecated readOnly writeOnly contentEncoding contentMediaType "
    "externalDocs $comment $schema $defs".split()
)
VALUES = frozenset({"enum", "const"})
NAMING = frozenset({"properties", "patternProperties", "dependentRequired", "dependentSchemas"})
ASSERTED_FORMATS = frozenset({"image-size"})


def for_validators(schema: Json) -> Json:
    """A schema without annotations of ours and formats not asserted; the keywords that validators know stay."""
    if isinstance(schema, list):
        return [for_validators(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: plain_value(key, value) for key, value in schema.items() if _asserts(key, value)}


def _asserts(keyword: str, value: Json) -> bool:
    if keyword == "format":
        return value in ASSERTED_FORMATS
    return not keyword.startswith("x-") or keyword in SIZE_KEYWORDS


def plain_value(keyword: str, value: Json) -> Json:
    """The value of a keyword as the validators take it."""
    if keyword in NAMING and isinstance(value, dict):
        return {name: for_validators(member) for name, member in value.items()}
    return value if keyword in VALUES else for_validators(value)


def value_problem(keyword: str, value: Json) -> str:
    """Why JSON Schema does not take a keyword with a value; empty where it does."""
    try:
        fast_failures({keyword: plain_value(keyword, value)})
    except jsonschema_rs.ValidationError as error:
        return error.message
    return ""


SchemaObject: TypeAlias = dict[str, Json]

NONE: frozenset["Constraint"] = frozenset()
ANY_NAME = "*"  # stands in pointers for a property that no schema names


class Level(StrEnum):
    """How strongly a promise is made."""

    DOCUMENTED = "documented"  # the page says it
    EXPECTED = "expected"  # any reader of the page would rely on it
    NOT_JUDGED = "not-judged"


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
    level: Level | None
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
    levels: Mapping[str, Level]
    places: Mapping[str, Place]  # of the schema's keywords
    place: Place
    required: bool

    def clause(self, keyword: str) -> str | None:
        return self.clauses.get(keyword, self.clauses.get("*"))

    def level(self, keyword: str) -> Level | None:
        return self.levels.get(keyword, self.levels.get("*"))


def is_integer_type(type_: Json) -> bool:
    names = type_ if isinstance(type_, list) else [type_]
    return "integer" in names and "number" not in names


@dataclass(frozen=True, slots=True)
class CompiledSchema:
    """A schema for the validators, and what each of its paths is about."""

    schema: SchemaObject
    constraints: Mapping[Path, Constraint]
    parts: tuple[Part, ...]
    failures: Failures = field(repr=False, compare=False)
    defaulted: Mapping[str, tuple[Part, ...]] = field(init=False, repr=False, compare=False)
    """The parts that say a default, by pointer."""
    integers: frozenset[str] = field(init=False, repr=False, compare=False)
    """Pointers to the parts that hold integers and no other numbers."""

    def __post_init__(self) -> None:
        found: dict[str, tuple[Part, ...]] = {}
        for part in self.parts:
            if "default" in part.schema:
                found[part.pointer] = (*found.get(part.pointer, ()), part)
        object.__setattr__(self, "defaulted", found)
        integers = frozenset(part.pointer for part in self.parts if is_integer_type(part.schema.get("type")))
        object.__setattr__(self, "integers", integers)

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
