"""From a schema in a document to a schema for the validators, with a note of what each of its paths is about.

The compiled schema says the same as the source, with one path per constraint: `required` is split by name, `x-pixels`
by bound, `false` is written `{not: {}}`, and `x-not-judged` becomes a `not` of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from gateway_contract.document import Document, DocumentError
from gateway_contract.pointer import below, read
from gateway_contract.schema import CompiledSchema, Condition, Constraint, Part, SchemaObject
from gateway_contract.size_keywords import SIZE_KEYWORDS
from gateway_contract.validator import Path, fast_failures
from gateway_contract.values import Json

LEAVES = frozenset(
    "type enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern "
    "minItems maxItems uniqueItems minProperties maxProperties not anyOf oneOf contains propertyNames "
    "dependentRequired".split()
)
ANNOTATIONS = frozenset(
    "title description default examples example deprecated readOnly writeOnly contentEncoding contentMediaType "
    "$comment $schema $defs".split()
)
APPLICATORS = frozenset("properties items allOf if then else required additionalProperties".split())
VALUES = frozenset({"enum", "const"})
ASSERTED_FORMATS = frozenset({"image-size"})


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
    levels: Mapping[str, str] = field(default_factory=dict)
    alternatives: Mapping[str, frozenset[str]] = field(default_factory=dict)
    refusal: Mapping[str, str] = field(default_factory=dict)

    def of(self, schema: SchemaObject) -> "Context":
        """This context with what a schema itself says."""
        return replace(
            self,
            subject=str(schema.get("x-subject", self.subject)),
            clauses=_per_keyword(schema.get("x-clause")) or _for_all_keywords(self.clauses),
            levels=_per_keyword(schema.get("x-level")) or _for_all_keywords(self.levels),
            alternatives=_alternatives(schema.get("x-if-violated")),
            refusal={**self.refusal, **_texts(schema.get("x-refusal"))},
        )

    def error(self, keyword: str, problem: str, remedy: str = "") -> DocumentError:
        return DocumentError(self.document.place(below(self.source, keyword)), problem, remedy)


@dataclass(slots=True)
class Found:
    constraints: dict[Path, Constraint] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    def note(self, context: Context, keyword: str, value: Json, path: Path) -> None:
        self.constraints[path] = Constraint(
            keyword=keyword,
            value=value,
            pointer=context.instance,
            subject=context.subject,
            in_items=context.in_items,
            condition=context.condition,
            clause=context.clauses.get(keyword, context.clauses.get("*")),
            level=context.levels.get(keyword, context.levels.get("*")),
            alternatives=context.alternatives.get(keyword, context.alternatives.get("*", frozenset({"refuse"}))),
            refusal=context.refusal,
            place=context.document.place(below(context.source, keyword)),
        )


def compile_schema(document: Document, pointer: str, subject: str) -> CompiledSchema:
    """Compiles the schema at a pointer. Raises DocumentError for keywords that JSON Schema does not know."""
    found = Found()
    context = Context(document, source=pointer, path=(), instance="", subject=subject)
    schema = _compile(read(document.tree, pointer), context, found)
    return CompiledSchema(schema, found.constraints, tuple(found.parts), fast_failures(schema))


def _compile(source: object, context: Context, found: Found) -> SchemaObject:
    if source is False:
        forbidden = replace(context, clauses={"*": context.clauses.get("forbidden", context.clauses.get("*", ""))})
        found.note(forbidden, "forbidden", False, (*context.path, "not"))  # noqa: FBT003 # a JSON value
        return {"not": {}}
    if not isinstance(source, dict):
        return {}
    here = context.of(source)
    found.parts.append(_part(source, here))
    compiled: SchemaObject = {}
    all_of: list[Json] = []
    for keyword, value in source.items():
        # Listed values say the type already, and no request could break the one without the other.
        if not (keyword == "type" and "enum" in source):
            _compile_keyword(keyword, value, here, found, compiled, all_of)
    if all_of:
        compiled["allOf"] = all_of
    return compiled


def _part(source: SchemaObject, here: Context) -> Part:
    return Part(
        pointer=here.instance,
        subject=here.subject,
        schema=source,
        condition=here.condition,
        clauses=here.clauses,
        levels=here.levels,
        place=here.document.place(here.source),
        required=here.required,
    )


def _compile_keyword(
    keyword: str, value: Json, here: Context, found: Found, compiled: SchemaObject, all_of: list[Json]
) -> None:
    if keyword in LEAVES or (keyword == "format" and value in ASSERTED_FORMATS):
        compiled[keyword] = value if keyword in VALUES else _for_validators(value)
        found.note(here, keyword, value, (*here.path, keyword))
    elif keyword == "properties" and isinstance(value, dict):
        compiled[keyword] = _compile_properties(value, here, found)
    elif keyword == "items":
        inside = _inside(here, keyword, below(here.instance, 0), in_items=True)
        compiled[keyword] = _compile(value, inside, found)
    elif keyword == "additionalProperties":
        compiled[keyword] = _compile(value, _inside(here, keyword, below(here.instance, "*")), found)
    elif keyword == "required" and isinstance(value, list):
        all_of.extend(_compile_required(list(map(str, value)), here, found, len(all_of)))
    elif keyword in SIZE_KEYWORDS and isinstance(value, dict):
        all_of.extend(_compile_bounds(keyword, value, here, found, len(all_of)))
    elif keyword == "x-not-judged":
        found.note(here, keyword, value, (*here.path, "allOf", len(all_of), "not"))
        all_of.append({"not": _for_validators(value)})
    elif keyword == "allOf" and isinstance(value, list):
        for index, branch in enumerate(value):
            inside = replace(
                here, source=below(below(here.source, keyword), index), path=(*here.path, "allOf", len(all_of))
            )
            all_of.append(_compile(branch, inside, found))
    elif keyword == "if" and isinstance(value, dict):
        compiled.update(_compile_condition(value, here, found))
    elif not (keyword in ANNOTATIONS or keyword in {"then", "else", "format"} or keyword.startswith("x-")):
        close = get_close_matches(keyword, LEAVES | APPLICATORS | ANNOTATIONS, n=1)
        raise here.error(keyword, f"unknown keyword {keyword}", f"did you mean {close[0]}?" if close else "")


def _inside(here: Context, keyword: str, instance: str, *, in_items: bool = False) -> Context:
    return replace(
        here,
        source=below(here.source, keyword),
        path=(*here.path, keyword),
        instance=instance,
        in_items=in_items,
        clauses=_for_all_keywords(here.clauses),
    )


def _compile_properties(properties: SchemaObject, here: Context, found: Found) -> SchemaObject:
    required = _required_names(here)
    compiled: SchemaObject = {}
    for name, schema in properties.items():
        inside = replace(
            here,
            source=below(below(here.source, "properties"), name),
            path=(*here.path, "properties", name),
            instance=below(here.instance, name),
            subject=name,
            in_items=False,
            required=name in required,
        )
        compiled[name] = _compile(schema, inside, found)
    return compiled


def _required_names(here: Context) -> list[str]:
    names = read(here.document.tree, below(here.source, "required"))
    return list(map(str, names)) if isinstance(names, list) else []


def _compile_required(names: list[str], here: Context, found: Found, index: int) -> list[Json]:
    for offset, name in enumerate(names):
        schema = read(here.document.tree, below(below(here.source, "properties"), name))
        said = here.of(schema) if isinstance(schema, dict) else here
        missing = replace(
            said,
            instance=below(here.instance, name),
            in_items=False,
            subject=said.subject if isinstance(schema, dict) and "x-subject" in schema else name,
        )
        found.note(missing, "required", name, (*here.path, "allOf", index + offset, "required"))
    return [{"required": [name]} for name in names]


def _compile_bounds(keyword: str, bounds: SchemaObject, here: Context, found: Found, index: int) -> list[Json]:
    compiled: list[Json] = []
    for offset, (end, bound) in enumerate(bounds.items()):
        found.note(here, f"{keyword}/{end}", bound, (*here.path, "allOf", index + offset, keyword))
        compiled.append({keyword: {end: bound}})
    return compiled


def _compile_condition(test: SchemaObject, here: Context, found: Found) -> SchemaObject:
    plain = _for_validators(test)
    title = read(here.document.tree, below(here.source, "title"))
    if not isinstance(title, str) or not isinstance(plain, dict):
        raise here.error("if", "a condition without a title", "rules are named by it: add a short title beside `if`")
    compiled: SchemaObject = {"if": plain}
    for keyword, met in (("then", True), ("else", False)):
        branch = read(here.document.tree, below(here.source, keyword))
        if not isinstance(branch, dict):
            continue
        name = title if met else f"not-{title}"
        condition = Condition(name, here.instance, plain, met, here.condition, fast_failures(plain))
        inside = replace(
            here, source=below(here.source, keyword), path=(*here.path, keyword), condition=condition, required=False
        )
        compiled[keyword] = _compile(branch, inside, found)
    return compiled


def _for_validators(schema: Json) -> Json:
    """A schema without our annotations; the keywords that validators know stay."""
    if isinstance(schema, dict):
        return {
            key: _for_validators(value)
            for key, value in schema.items()
            if not key.startswith("x-") or key in SIZE_KEYWORDS
        }
    return [_for_validators(item) for item in schema] if isinstance(schema, list) else schema


def _for_all_keywords(said: Mapping[str, str]) -> dict[str, str]:
    return {"*": said["*"]} if "*" in said else {}


def _per_keyword(value: Json) -> dict[str, str]:
    if isinstance(value, dict):
        return {key: str(item) for key, item in value.items()}
    return {} if value is None else {"*": str(value)}


def _texts(value: Json) -> dict[str, str]:
    return {key: str(item) for key, item in value.items()} if isinstance(value, dict) else {}


def _alternatives(value: Json) -> dict[str, frozenset[str]]:
    if isinstance(value, dict):
        return {key: _names(item) for key, item in value.items()}
    return {} if value is None else {"*": _names(value)}


def _names(value: Json) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()
