"""From a schema in a document to a schema for the validators, with a note of what each of its paths is about.

The compiled schema says the same as the source, with one path per constraint: `required` is split by name, `x-pixels`
by bound, `false` is written `{not: {}}`, and `x-not-judged` becomes a `not` of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gateway_contract.document.load_document import Document
from gateway_contract.document.node import DocumentError, did_you_mean
from gateway_contract.schema.constraint import (
    ANNOTATIONS,
    ANY_NAME,
    ASSERTED_FORMATS,
    LEAVES,
    SIZE_KEYWORDS,
    CompiledSchema,
    Condition,
    Path,
    SchemaObject,
    fast_failures,
    for_validators,
    plain_value,
    value_problem,
)
from gateway_contract.schema.context import Context, Found, check_named_keywords
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import below, leaf_name, read


def compile_schema(document: Document, pointer: str, subject: str) -> CompiledSchema:
    """Compiles the schema at a pointer. Raises DocumentError for all keywords that are wrong or not known."""
    found = Found()
    context = Context(document, source=pointer, path=(), instance="", subject=subject)
    schema = _compile(read(document.tree, pointer), context, found)
    found.errors.raise_all()
    return CompiledSchema(schema, found.constraints, tuple(found.parts), fast_failures(schema))


@dataclass(slots=True)
class Schema:
    """A schema of the source, and its compiled form under way."""

    source: SchemaObject
    here: Context
    found: Found
    compiled: SchemaObject = field(default_factory=dict)
    all_of: list[Json] = field(default_factory=list)

    @property
    def next_path(self) -> Path:
        """Where the next schema in `allOf` will stand."""
        return (*self.here.path, "allOf", len(self.all_of))

    def mapping(self, keyword: str) -> SchemaObject:
        value = self.source[keyword]
        if not isinstance(value, dict):
            raise self.here.error(keyword, f"{keyword} must be a mapping")
        return value

    def items(self, keyword: str) -> list[Json]:
        value = self.source[keyword]
        if not isinstance(value, list):
            raise self.here.error(keyword, f"{keyword} must be a list")
        return value


def _compile(source: object, context: Context, found: Found) -> SchemaObject:
    if source is True:
        return {}
    if source is False:
        found.constraints[*context.path, "not"] = context.constraint("forbidden", leaf_name(context.instance))
        return {"not": {}}
    if not isinstance(source, dict):
        raise DocumentError(context.document.place(context.source), "a schema must be a mapping, true or false")
    schema = Schema(source, context.of(source), found)
    with found.errors.collect():
        check_named_keywords(source, schema.here)
    found.parts.append(schema.here.part(source))
    for keyword in source:
        # Listed values say the type already, and no request could break the one without the other.
        if not (keyword == "type" and "enum" in source):
            with found.errors.collect():
                _handler(keyword, schema)(keyword, schema)
    if schema.all_of:
        schema.compiled["allOf"] = schema.all_of
    return schema.compiled


def _handler(keyword: str, schema: Schema) -> "Handler":
    if keyword in LEAVES:
        return _leaf
    if keyword in SIZE_KEYWORDS:
        return _bounds
    if keyword in HANDLERS:
        return HANDLERS[keyword]
    if keyword.startswith("x-"):
        return _nothing
    raise schema.here.error(keyword, f"unknown keyword {keyword}", did_you_mean(keyword, LEAVES | HANDLERS.keys()))


def _nothing(_keyword: str, _schema: Schema) -> None:
    """Our annotations have been read already, and their shape checked."""


def _checked(keyword: str, schema: Schema) -> Json:
    """The value of a keyword below which plain JSON Schema stands."""
    value = schema.source[keyword]
    problem = value_problem("not" if keyword == "x-not-judged" else keyword, value)
    if problem:
        raise schema.here.error(keyword, f"{keyword}: {problem}")
    return value


def _format(keyword: str, schema: Schema) -> None:
    name = str(_checked(keyword, schema))
    if name in ASSERTED_FORMATS:
        _leaf(keyword, schema)
    elif meant := did_you_mean(name, ASSERTED_FORMATS, cutoff=0.8):
        raise schema.here.error(keyword, f"no format {name}", meant)


def _leaf(keyword: str, schema: Schema) -> None:
    value = _checked(keyword, schema)
    schema.compiled[keyword] = plain_value(keyword, value)
    schema.found.constraints[*schema.here.path, keyword] = schema.here.constraint(keyword, value)


def _properties(keyword: str, schema: Schema) -> None:
    here, required = schema.here, schema.source.get("required")
    compiled: SchemaObject = {}
    for name, member in schema.mapping(keyword).items():
        inside = replace(
            here,
            source=below(below(here.source, keyword), name),
            path=(*here.path, keyword, name),
            instance=below(here.instance, name),
            subject=name,
            in_items=False,
            required=isinstance(required, list) and name in required,
        )
        compiled[name] = _compile(member, inside, schema.found)
    schema.compiled[keyword] = compiled


def _items(keyword: str, schema: Schema) -> None:
    inside = schema.here.inside(keyword, below(schema.here.instance, 0), in_items=True)
    schema.compiled[keyword] = _compile(schema.source[keyword], inside, schema.found)


def _other_properties(keyword: str, schema: Schema) -> None:
    inside = schema.here.inside(keyword, below(schema.here.instance, ANY_NAME))
    schema.compiled[keyword] = _compile(schema.source[keyword], inside, schema.found)


def _required(keyword: str, schema: Schema) -> None:
    here = schema.here
    for name in map(str, schema.items(keyword)):
        member = read(schema.source, below("/properties", name))
        said = here.of(member) if isinstance(member, dict) else here
        subject = said.subject if isinstance(member, dict) and "x-subject" in member else name
        missing = replace(said, instance=below(here.instance, name), in_items=False, subject=subject)
        schema.found.constraints[*schema.next_path, keyword] = missing.constraint(keyword, name)
        schema.all_of.append({keyword: [name]})


def _bounds(keyword: str, schema: Schema) -> None:
    for end, bound in schema.mapping(keyword).items():
        constraint = schema.here.constraint(f"{keyword}/{end}", bound)
        schema.found.constraints[*schema.next_path, keyword] = constraint
        schema.all_of.append({keyword: {end: bound}})


def _not_judged(keyword: str, schema: Schema) -> None:
    value = _checked(keyword, schema)
    schema.found.constraints[*schema.next_path, "not"] = schema.here.constraint(keyword, value)
    schema.all_of.append({"not": for_validators(value)})


def _all_of(keyword: str, schema: Schema) -> None:
    for index, branch in enumerate(schema.items(keyword)):
        source = below(below(schema.here.source, keyword), index)
        inside = replace(schema.here, source=source, path=schema.next_path)
        schema.all_of.append(_compile(branch, inside, schema.found))


def _condition(keyword: str, schema: Schema) -> None:
    here, title = schema.here, schema.source.get("title")
    if not isinstance(title, str):
        raise here.error(keyword, "a condition without a title", "rules are named by it: add a short title beside `if`")
    schema.mapping(keyword)
    plain: SchemaObject = for_validators(_checked(keyword, schema))  # type: ignore[assignment] # a mapping stays one
    schema.compiled[keyword] = plain
    for branch, met in (("then", True), ("else", False)):
        source = schema.source.get(branch, ABSENT)
        if source is not ABSENT:
            name = title if met else f"other than {title}"
            condition = Condition(name, here.instance, plain, met, here.condition, fast_failures(plain))
            inside = replace(
                here.inside(branch, here.instance, in_items=here.in_items), condition=condition, required=False
            )
            schema.compiled[branch] = _compile(source, inside, schema.found)


def _branch(keyword: str, schema: Schema) -> None:
    if "if" not in schema.source:
        raise schema.here.error(keyword, f"{keyword} without if", "say when it holds")


Handler = Callable[[str, Schema], object]

HANDLERS: Mapping[str, Handler] = {
    "properties": _properties,
    "items": _items,
    "additionalProperties": _other_properties,
    "required": _required,
    "allOf": _all_of,
    "if": _condition,
    "then": _branch,
    "else": _branch,
    "format": _format,
    "x-not-judged": _not_judged,
    **dict.fromkeys(ANNOTATIONS, _checked),
}
"""What the compiler does with each keyword that holds schemas, or asserts nothing."""
