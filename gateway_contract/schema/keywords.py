"""Everything the project knows of each JSON Schema keyword: its sentence, values on both sides of it, and repairs."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from gateway_contract.schema import keyword_values as values
from gateway_contract.schema.constraint import ANY_NAME, CONSTRAINT_KEYWORDS, Constraint
from gateway_contract.schema.keyword_type import (
    LEAVE_OUT,
    NO_DISTANCE,
    NO_VALUES,
    Candidate,
    Group,
    Keyword,
)
from gateway_contract.values.json_value import ABSENT, Json, shortened
from gateway_contract.values.size import parse_size

TYPES: Mapping[str, str] = {
    "null": "null",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}
FORMATS: Mapping[str, str] = {"image-size": "must look like 1024x1024"}

Measure = Callable[[Json], float | None]


@lru_cache(maxsize=1024)  # a mock rejects for the same reasons again and again
def constraint_sentence(constraint: Constraint) -> str:
    """For example `n must be at most 1 for other models (or is treated as 1)`."""
    titles = () if constraint.condition is None else (constraint.condition.title,)
    return requirement(constraint, *titles) + _alternative(constraint)


def requirement(constraint: Constraint, *cases: str) -> str:
    """What clients must do in some cases, without what a gateway may do: `n must be at most 1 for model wan2.7`."""
    if constraint.pointer.endswith(f"/{ANY_NAME}"):
        return f"{constraint.subject} must not have unknown fields"
    subject = f"every item of {constraint.subject}" if constraint.in_items else constraint.subject
    condition = f" for {' and '.join(cases)}" if cases else ""
    return f"{subject} {KEYWORDS[constraint.keyword].sentence(constraint.value)}{condition}"


def _alternative(constraint: Constraint) -> str:
    """What a gateway may do instead of rejecting."""
    if "truncate" in constraint.alternatives:
        return " (or is truncated)"
    if "coerce" in constraint.alternatives:
        return f" (or is treated as {_quoted(constraint.value)})"
    return ""


def _quoted(value: Json) -> str:
    """A value in a sentence: text that is not empty stands as it is."""
    return value if isinstance(value, str) and value else shortened(value)


def _type_sentence(names: str | list[str]) -> str:
    return "must be " + " or ".join(TYPES[name] for name in ([names] if isinstance(names, str) else names))


def _enum_sentence(listed: list[Json]) -> str:
    return f"must be {'one of ' if len(listed) > 1 else ''}{', '.join(map(_quoted, listed))}"


def _format_sentence(name: str) -> str:
    return FORMATS[name]


def _amount(end: str, one: str, several: str, value: float) -> str:
    return f"must have at {end} {value} {one if value == 1 else several}"


def _fill(template: str, value: Json) -> str:
    return template.format(_quoted(value))


def _describe_type(value: Json) -> str:
    match value:
        case str():
            return f"a string: {shortened(value)}"
        case list():
            return f"an array: {shortened(value)}"
        case dict():
            return f"an object: {shortened(value)}"
    return shortened(value)


def _describe_length(unit: str, value: Json) -> str:
    if isinstance(value, str | list):
        return f"{len(value)} {unit}{'' if len(value) == 1 else 's'}"
    return shortened(value)


def _describe_pixels(value: Json) -> str:
    size = parse_size(value)
    return shortened(value) if size is None else f"{value}: {size.pixels} pixels"


def _number(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _length(value: Json) -> float | None:
    return len(value) if isinstance(value, str | list) else None


def _pixels(value: Json) -> float | None:
    size = parse_size(value)
    return None if size is None else size.pixels


def _aspect(value: Json) -> float | None:
    size = parse_size(value)
    return None if size is None else size.aspect


def _distance(measure: Measure, bound: float, value: Json) -> float | None:
    measured = measure(value)
    return None if measured is None else abs(measured - bound)


def _to_bound(bound: float, value: Json) -> Candidate:
    return bound if isinstance(value, int | float) else ABSENT


def _truncate(length: int, value: Json) -> Candidate:
    return value[:length] if isinstance(value, str) else ABSENT


def _the_value(value: Json) -> Iterator[Json]:
    yield value


def _sentence_only(name: str, template: str) -> Keyword[Json]:
    """A keyword of which nothing but a sentence is known."""
    return _other(name, Group.OTHER, partial(_fill, template), NO_VALUES, NO_VALUES)


def _other(
    name: str,
    group: Group,
    sentence: Callable[[Any], str],
    invalid: Callable[[Any], Iterator[Candidate]],
    boundary: Callable[[Any], Iterator[Json]],
) -> Keyword[Any]:
    """A keyword that measures nothing: a value is as it should be, or not."""
    return Keyword(
        name=name,
        group=group,
        sentence=sentence,
        describe=shortened,
        invalid=invalid,
        boundary=boundary,
        distance=NO_DISTANCE,
        repair=LEAVE_OUT,
    )


def _limit(name: str, template: str, invalid: Callable[[float], Iterator[Json]]) -> Keyword[float]:
    """A limit on a number that belongs to what is allowed."""
    return Keyword(
        name=name,
        group=Group.BOUND,
        sentence=partial(_fill, template),
        describe=shortened,
        invalid=invalid,
        boundary=_the_value,
        distance=partial(_distance, _number),
        repair=_to_bound,
    )


def _characters(
    name: str, end: str, invalid: Callable[[int], Iterator[Json]], repair: Callable[[int, Json], Candidate]
) -> Keyword[int]:
    return Keyword(
        name=name,
        group=Group.BOUND,
        sentence=partial(_amount, end, "character", "characters"),
        describe=partial(_describe_length, "character"),
        invalid=invalid,
        boundary=values.of_exact_length,
        distance=partial(_distance, _length),
        repair=repair,
    )


def _items(name: str, end: str, invalid: Callable[[int], Iterator[Json]]) -> Keyword[int]:
    return Keyword(
        name=name,
        group=Group.BOUND,
        sentence=partial(_amount, end, "item", "items"),
        describe=partial(_describe_length, "item"),
        invalid=invalid,
        boundary=values.exactly_as_many_items,
        distance=partial(_distance, _length),
        repair=LEAVE_OUT,
    )


def _image_pixels(name: str, end: str, invalid: Callable[[int], Iterator[Json]]) -> Keyword[int]:
    return Keyword(
        name=name,
        group=Group.BOUND,
        sentence=partial(_amount, end, "pixel", "pixels"),
        describe=_describe_pixels,
        invalid=invalid,
        boundary=values.exactly_as_many_pixels,
        distance=partial(_distance, _pixels),
        repair=LEAVE_OUT,
    )


def _image_aspect(name: str, end: str, invalid: Callable[[float], Iterator[Json]]) -> Keyword[float]:
    return Keyword(
        name=name,
        group=Group.BOUND,
        sentence=partial(_fill, f"must be at {end} {{}} times as wide as high"),
        describe=shortened,
        invalid=invalid,
        boundary=values.exactly_as_wide,
        distance=partial(_distance, _aspect),
        repair=LEAVE_OUT,
    )


def check_names(keywords: Iterable[str]) -> None:
    """Raises ImportError unless the names are exactly those of the compiler's constraints."""
    names = frozenset(keywords)
    if names != CONSTRAINT_KEYWORDS:
        missing, unknown = sorted(CONSTRAINT_KEYWORDS - names), sorted(names - CONSTRAINT_KEYWORDS)
        raise ImportError(f"KEYWORDS must be the keywords of the compiler; missing: {missing}; unknown: {unknown}")


_ALL: tuple[Keyword[Any], ...] = (
    Keyword(
        name="type",
        group=Group.TYPE,
        sentence=_type_sentence,
        describe=_describe_type,
        invalid=values.wrong_types,
        boundary=NO_VALUES,
        distance=NO_DISTANCE,
        repair=LEAVE_OUT,
    ),
    _other("enum", Group.FORM, _enum_sentence, values.beside_list, iter),
    _other("const", Group.FORM, partial(_fill, "must be {}"), values.beside_constant, _the_value),
    _other("format", Group.FORM, _format_sentence, values.malformed, NO_VALUES),
    _other("pattern", Group.FORM, partial(_fill, "must match {}"), values.beside_pattern, NO_VALUES),
    _limit("minimum", "must be at least {}", values.below),
    _limit("maximum", "must be at most {}", values.above),
    _other("exclusiveMinimum", Group.OTHER, partial(_fill, "must be above {}"), values.at_or_below, values.just_above),
    _other("exclusiveMaximum", Group.OTHER, partial(_fill, "must be below {}"), values.at_or_above, values.just_below),
    _other("multipleOf", Group.OTHER, partial(_fill, "must be a multiple of {}"), values.not_a_multiple, _the_value),
    _characters("minLength", "least", values.shorter, LEAVE_OUT),
    _characters("maxLength", "most", values.longer, _truncate),
    _items("minItems", "least", values.fewer_items),
    _items("maxItems", "most", values.more_items),
    _image_pixels("x-pixels/minimum", "least", values.too_few_pixels),
    _image_pixels("x-pixels/maximum", "most", values.too_many_pixels),
    _image_aspect("x-aspect/minimum", "least", values.too_narrow),
    _image_aspect("x-aspect/maximum", "most", values.too_wide),
    _other("minProperties", Group.OTHER, partial(_amount, "least", "property", "properties"), NO_VALUES, NO_VALUES),
    _other("maxProperties", Group.OTHER, partial(_amount, "most", "property", "properties"), NO_VALUES, NO_VALUES),
    _other("required", Group.OTHER, partial(_fill, "is required"), values.missing, NO_VALUES),
    _other("forbidden", Group.OTHER, partial(_fill, "is not accepted"), values.anything, NO_VALUES),
    _sentence_only("uniqueItems", "must not have duplicate items"),
    _sentence_only("not", "must not match {}"),
    _sentence_only("anyOf", "must match at least one of {}"),
    _sentence_only("oneOf", "must match exactly one of {}"),
    _sentence_only("contains", "must have an item that matches {}"),
    _sentence_only("propertyNames", "must have only names that match {}"),
    _sentence_only("dependentRequired", "must have the properties that {} requires"),
    _sentence_only("x-not-judged", "is not judged where it matches {}"),
)
KEYWORDS: Mapping[str, Keyword[Any]] = {keyword.name: keyword for keyword in _ALL}
check_names(KEYWORDS)

BOUNDS = frozenset(name for name, keyword in KEYWORDS.items() if keyword.group is Group.BOUND)
