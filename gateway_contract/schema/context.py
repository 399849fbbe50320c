"""Where the compiler of schemas is, what the schemas around it say of all that they hold, and what it has found."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from gateway_contract.document.load_document import Document
from gateway_contract.document.node import DocumentError, Errors
from gateway_contract.schema.constraint import SIZE_KEYWORDS, Condition, Constraint, Level, Part, Path, SchemaObject
from gateway_contract.values.conversion import TO_FORMAT, TO_TYPE, conversion_to
from gateway_contract.values.json_value import Json, shortened
from gateway_contract.values.pointer import below

V = TypeVar("V")

EVERY = "*"  # stands for every keyword that is not named
PER_KEYWORD = ("x-clause", "x-level", "x-if-violated")
SAID_ELSEWHERE = frozenset({EVERY, "required", "forbidden"})  # about a part, and not a keyword of its own schema
REFUSE = frozenset({"refuse"})
CONVERSIONS = ", ".join((*(f"type: {name}" for name in TO_TYPE), *(f"format: {name}" for name in TO_FORMAT)))


@dataclass(frozen=True, slots=True)
class Context:
    """Where the compiler is, and what the schemas around it say of all that they hold."""

    document: Document
    source: str  # JSON Pointer into the document
    path: Path  # into the compiled schema
    instance: str  # JSON Pointer into the body
    subject: str
    in_items: bool = False
    required: bool = True
    condition: Condition | None = None
    clauses: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    alternatives: Mapping[str, frozenset[str]] = field(default_factory=dict)
    refusal: Mapping[str, str] = field(default_factory=dict)

    def of(self, schema: SchemaObject) -> "Context":
        """This context with what a schema itself says."""
        return replace(
            self,
            subject=str(schema.get("x-subject", self.subject)),
            clauses={**_for_every_keyword(self.clauses), **_texts(_per_keyword(schema.get("x-clause")))},
            levels={**_for_every_keyword(self.levels), **_levels(schema.get("x-level"))},
            alternatives={key: _names(item) for key, item in _per_keyword(schema.get("x-if-violated")).items()},
            refusal={**self.refusal, **_texts(schema.get("x-refusal"))},
        )

    def inside(self, keyword: str, instance: str, *, in_items: bool = False) -> "Context":
        """The context of the one schema that stands below a keyword."""
        return replace(
            self,
            source=below(self.source, keyword),
            path=(*self.path, keyword),
            instance=instance,
            in_items=in_items,
        )

    def error(self, keyword: str, problem: str, remedy: str = "") -> DocumentError:
        return DocumentError(self.document.place(below(self.source, keyword)), problem, remedy)

    def part(self, schema: SchemaObject) -> Part:
        return Part(
            pointer=self.instance,
            subject=self.subject,
            schema=schema,
            condition=self.condition,
            clauses=self.clauses,
            levels=self.levels,
            places={keyword: self.document.place(below(self.source, keyword)) for keyword in schema},
            place=self.document.place(self.source),
            required=self.required,
        )

    def constraint(self, keyword: str, value: Json) -> Constraint:
        alternatives = self.alternatives.get(keyword, self.alternatives.get(EVERY, REFUSE))
        if "convert" in alternatives and conversion_to(keyword, value) is None:
            problem = f"x-if-violated: nothing is converted to {keyword} {shortened(value)}"
            raise self.error("x-if-violated", problem, f"convert goes with {CONVERSIONS}")
        return Constraint(
            keyword=keyword,
            value=value,
            pointer=self.instance,
            subject=self.subject,
            in_items=self.in_items,
            condition=self.condition,
            clause=self.clauses.get(keyword, self.clauses.get(EVERY)),
            level=self.levels.get(keyword, self.levels.get(EVERY)),
            alternatives=alternatives,
            refusal=self.refusal,
            place=self.document.place(below(self.source, keyword)),
        )


@dataclass(slots=True)
class Found:
    """What a schema turns out to hold, in the order of the document."""

    constraints: dict[Path, Constraint] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    errors: Errors = field(default_factory=Errors)


def check_named_keywords(schema: SchemaObject, here: Context) -> None:
    """Raises DocumentError where something is said of a keyword that a schema does not have."""
    known = {*SAID_ELSEWHERE, *schema}
    known |= {f"{keyword}/{end}" for keyword in SIZE_KEYWORDS for end in _texts(schema.get(keyword))}
    for extension in PER_KEYWORD:
        for keyword in _per_keyword(schema.get(extension)):
            if keyword not in known:
                problem = f"{extension} speaks of {keyword}, which does not stand here"
                place = here.document.place(below(below(here.source, extension), keyword))
                raise DocumentError(place, problem, "name a keyword of this schema, or *")


def _for_every_keyword(said: Mapping[str, V]) -> dict[str, V]:
    return {EVERY: said[EVERY]} if EVERY in said else {}


def _per_keyword(value: Json) -> SchemaObject:
    if isinstance(value, dict):
        return value
    return {} if value is None else {EVERY: value}


def _levels(value: Json) -> dict[str, Level]:
    return {keyword: Level(name) for keyword, name in _texts(_per_keyword(value)).items()}


def _texts(value: Json) -> dict[str, str]:
    return {key: str(item) for key, item in value.items()} if isinstance(value, dict) else {}


def _names(value: Json) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()
