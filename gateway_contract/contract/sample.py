"""Values that a schema allows, made from the schema alone: first what it shows, then the least within its bounds."""

from collections.abc import Iterable, Iterator
from functools import partial, reduce
from itertools import count, islice, product
from math import ceil
from typing import Literal

from gateway_contract.schema.constraint import Failures, SchemaObject, fast_failures, for_validators
from gateway_contract.values.json_value import ABSENT, Json, Nothing, same
from gateway_contract.values.pointer import below, is_within
from gateway_contract.values.sample_texts import ENGLISH, of_length

MOST_CANDIDATES = 60  # looked at for one type, or one choice of branches
MOST_BRANCHES = 16
MOST_NAMES = 8  # of properties that a schema does not list
FORMATS = {
    "image-size": ("1024*1024", "1024x768"),
    "date-time": ("2026-01-01T00:00:00Z",),
    "date": ("2026-01-01",),
    "time": ("00:00:00Z",),
    "duration": ("PT1S",),
    "uuid": ("0f6d3c1a-7a52-4c0e-9a43-6a0c8c0f1b2d",),
    "uri": ("https://example.com/sample",),
    "uri-reference": ("/sample",),
    "email": ("someone@example.com",),
    "hostname": ("example.com",),
    "ipv4": ("192.0.2.1",),
    "ipv6": ("2001:db8::1",),
}
WORDS = ("sample", "a", "other", "0", "1", "A", "sample 2", "<sample>", "#000000", "a-b", "a_b", "a.b", "/a", "")


def sample(schema: Json, leave_out: Iterable[str] = (), pointer: str = "") -> Json | Literal[Nothing.ABSENT]:
    """The first of `samples`, ABSENT where there is none."""
    return next(samples(schema, leave_out, pointer), ABSENT)


def samples(schema: Json, leave_out: Iterable[str] = (), pointer: str = "") -> Iterator[Json]:
    """Different values that a schema allows: const, examples, default, enum, then the least within its bounds.

    Properties whose pointers are in `leave_out` are filled in by somebody else: no value is made for them, and their
    being required does not count. `pointer` is where the value will stand.
    """
    left_out = frozenset(leave_out)
    passes = _failures(schema, left_out, pointer)
    found: list[Json] = []
    for value in islice(_candidates(schema, left_out, pointer), MOST_BRANCHES * MOST_CANDIDATES):
        if not passes(value) and not any(same(value, other) for other in found):
            found.append(value)
            yield value


def _failures(schema: Json, left_out: frozenset[str], pointer: str) -> Failures:
    plain = for_validators(_without(schema, left_out, pointer) if left_out else schema)
    return fast_failures(plain if isinstance(plain, dict) else {"allOf": [plain]})


def _without(schema: Json, left_out: frozenset[str], pointer: str) -> Json:
    """A schema that says nothing of the parts that are left out."""
    if pointer in left_out:
        return {}
    if not isinstance(schema, dict):
        return schema
    plain = dict(schema)
    properties, required, branches = (schema.get(key) for key in ("properties", "required", "allOf"))
    if isinstance(properties, dict):
        plain["properties"] = {
            name: _without(member, left_out, below(pointer, name)) for name, member in properties.items()
        }
    if isinstance(required, list):
        plain["required"] = [name for name in required if below(pointer, str(name)) not in left_out]
    if isinstance(branches, list):
        plain["allOf"] = [_without(branch, left_out, pointer) for branch in branches]
    return plain


def _candidates(schema: Json, left_out: frozenset[str], pointer: str) -> Iterator[Json]:
    if not isinstance(schema, dict):
        yield from () if schema is False else ("sample", 1, {})
        return
    if "const" in schema:
        yield schema["const"]
        return
    examples, listed = schema.get("examples"), schema.get("enum")
    if not any(is_within(other, pointer) for other in left_out):  # which an example of the whole would hold
        yield from (*(examples if isinstance(examples, list) else ()), *_stated(schema, "example"))
        yield from _stated(schema, "default")
    if isinstance(listed, list):
        yield from listed
        return
    for merged in islice(_merged(schema), MOST_BRANCHES):
        yield from merged["enum"] if isinstance(merged.get("enum"), list) else _stated(merged, "const")  # type: ignore[misc] # a list
        for name in types_of(merged):
            yield from islice(_of_type(name, merged, left_out, pointer), MOST_CANDIDATES)


def _stated(schema: SchemaObject, keyword: str) -> Iterator[Json]:
    if keyword in schema:
        yield schema[keyword]


def _merged(schema: SchemaObject) -> Iterator[SchemaObject]:
    """The schema with what its `allOf` adds, once for each choice of branches of its `anyOf` and `oneOf`."""
    plain = {key: value for key, value in schema.items() if key not in BRANCHING}
    choices = [[*_merged(branch)] for branch in _schemas(schema.get("allOf"))]
    for keyword in filter(schema.__contains__, ("anyOf", "oneOf")):
        choices += [[merged for branch in _schemas(schema[keyword]) for merged in _merged(branch)]]
    for chosen in product(*choices):
        yield reduce(joined, chosen, plain)


BRANCHING = frozenset({"allOf", "anyOf", "oneOf"})


def joined(one: SchemaObject, other: SchemaObject) -> SchemaObject:
    """Both schemas in one, as far as keywords can be joined; where they differ, the second one's stand."""
    both: SchemaObject = {**one, **other}
    for keyword in ("properties", "required"):
        first, second = one.get(keyword), other.get(keyword)
        if isinstance(first, dict) and isinstance(second, dict):
            both[keyword] = {**first, **second}
        elif isinstance(first, list) and isinstance(second, list):
            both[keyword] = [*first, *(name for name in second if name not in first)]
    return both


def _schemas(value: Json) -> list[SchemaObject]:
    return [branch for branch in value if isinstance(branch, dict)] if isinstance(value, list) else []


IMPLIED = {
    "properties": "object",
    "required": "object",
    "minProperties": "object",
    "maxProperties": "object",
    "propertyNames": "object",
    "dependentRequired": "object",
    "additionalProperties": "object",
    "items": "array",
    "minItems": "array",
    "maxItems": "array",
    "uniqueItems": "array",
    "contains": "array",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",
    "multipleOf": "number",
}


def types_of(schema: SchemaObject) -> list[str]:
    """The types that a schema names, or else those that its keywords are about."""
    said = schema.get("type")
    if said is not None:
        return [str(name) for name in (said if isinstance(said, list) else [said])]
    return [*dict.fromkeys(IMPLIED[keyword] for keyword in schema if keyword in IMPLIED)] or ["string", "integer"]


def _of_type(name: str, schema: SchemaObject, left_out: frozenset[str], pointer: str) -> Iterator[Json]:
    match name:
        case "integer" | "number":
            yield from _numbers(schema, whole=name == "integer")
        case "string":
            yield from _texts(schema)
        case "boolean":
            yield from (False, True)
        case "null":
            yield None
        case "array":
            yield from _lists(schema, left_out, pointer)
        case "object":
            yield from _objects(schema, left_out, pointer)


def _number(schema: SchemaObject, keyword: str) -> float | None:
    value = schema.get(keyword)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _numbers(schema: SchemaObject, *, whole: bool) -> Iterator[Json]:
    step = _number(schema, "multipleOf") or 1
    low, above = _number(schema, "minimum"), _number(schema, "exclusiveMinimum")
    high, beneath = _number(schema, "maximum"), _number(schema, "exclusiveMaximum")
    if low is None and above is None and (high is not None or beneath is not None):
        top = next(limit for limit in (high, beneath) if limit is not None)
        yield from (0, *(int(value) if whole else value for value in (top, top - step)))
    first = max(value for value in (low, above, 0 if low is None and above is None else None) if value is not None)
    start = ceil(first / step)
    for number in count(start):
        value = number * step
        yield int(value) if whole or float(value).is_integer() else value
        if not whole and number == start:
            yield first + step / 1000


def _texts(schema: SchemaObject) -> Iterator[Json]:
    least, most = _number(schema, "minLength") or 0, _number(schema, "maxLength")
    yield from FORMATS.get(str(schema.get("format")), ())
    for word in WORDS:
        text = word if len(word) >= least else of_length(int(least), ENGLISH, word)
        yield text if most is None else text[: int(most)]
    yield from (of_length(max(int(least), 1), ENGLISH, f"{number}") for number in range(2, MOST_CANDIDATES))


def _lists(schema: SchemaObject, left_out: frozenset[str], pointer: str) -> Iterator[Json]:
    least, most = int(_number(schema, "minItems") or 0), _number(schema, "maxItems")
    items: Json = schema.get("items", {})
    known = [*islice(samples(items, left_out, below(pointer, 0)), max(least, 3) + 1)]
    special = [] if "contains" not in schema else [*islice(samples(schema["contains"]), 2)]
    for first in ([], *([value] for value in special)):
        for length in range(least, least + 4):
            others = [value for value in known if value not in first] or known
            filled = [*first, *others, *(others[-1:] * least)][: max(length, len(first))]
            if most is None or len(filled) <= most:
                yield filled
    for value in known[:1]:
        yield [value] * max(least, 2)


def _objects(schema: SchemaObject, left_out: frozenset[str], pointer: str) -> Iterator[Json]:
    properties, required = schema.get("properties"), schema.get("required")
    members = properties if isinstance(properties, dict) else {}
    names = [str(name) for name in required] if isinstance(required, list) else []
    least, most = int(_number(schema, "minProperties") or 0), _number(schema, "maxProperties")
    value = partial(_member, schema, members, left_out, pointer)
    body = {name: made for name in names if (made := value(name)) is not ABSENT}
    if len(body) >= least:
        yield dict(body)
    for name in (*members, *_other_names(schema)):
        fits = name in members or len(body) < least
        if name not in body and fits and (most is None or len(body) < most) and (made := value(name)) is not ABSENT:
            body[name] = made
            if len(body) >= least:
                yield dict(body)


def _other_names(schema: SchemaObject) -> Iterator[str]:
    """Names beside those that a schema lists, where it allows any."""
    if schema.get("additionalProperties") is not False:
        allowed: Json = {"allOf": [{"type": "string"}, schema.get("propertyNames", True)]}
        yield from islice((name for name in samples(allowed) if isinstance(name, str)), MOST_NAMES)


def _member(
    schema: SchemaObject, members: SchemaObject, left_out: frozenset[str], pointer: str, name: str
) -> Json | Literal[Nothing.ABSENT]:
    at = below(pointer, name)
    if at in left_out:
        return ABSENT
    return next(samples(members.get(name, schema.get("additionalProperties", {})), left_out, at), ABSENT)
