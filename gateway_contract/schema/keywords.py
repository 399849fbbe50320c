"""TODO docstring."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from gateway_contract.schema.constraint import ANY_NAME, Constraint
from gateway_contract.values.json_value import Json, shortened

TYPES: Mapping[str, str] = {
    "null": "null",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}
FORMATS: Mapping[str, str] = {"image-size": "a width and a height in pixels"}


@lru_cache(maxsize=1024)  # a mock refuses for the same reasons again and again
def constraint_sentence(constraint: Constraint) -> str:
    """For example `n is at most 1 for other models (or is answered as if it were 1)`."""
    if constraint.pointer.endswith(f"/{ANY_NAME}"):
        return f"{constraint.subject} holds nothing that is not listed"
    subject = f"every item of {constraint.subject}" if constraint.in_items else constraint.subject
    condition = f" for {constraint.condition.title}" if constraint.condition is not None else ""
    return f"{subject} {SENTENCES[constraint.keyword](constraint.value)}{condition}{_mended(constraint)}"


def _mended(constraint: Constraint) -> str:
    """What may be done instead of refusing."""
    if "truncate" in constraint.alternatives:
        return " (or is cut)"
    if "coerce" in constraint.alternatives:
        return f" (or is answered as if it were {_said(constraint.value)})"
    return ""


def _said(value: Json) -> str:
    """A value in a sentence: text that is not empty stands as it is."""
    return value if isinstance(value, str) and value else shortened(value)


def _types(value: Json) -> str:
    names = value if isinstance(value, list) else [value]
    return "is " + " or ".join(TYPES[str(name)] for name in names)


def _enum(value: Json) -> str:
    listed = [_said(item) for item in value] if isinstance(value, list) else []
    return f"is one of {', '.join(listed)}" if len(listed) > 1 else f"is {''.join(listed)}"


def _amount(end: str, one: str, several: str, value: Json) -> str:
    return f"has at {end} {value} {one if value == 1 else several}"


def _text(template: str, value: Json) -> str:
    return template.format(_said(value))


SENTENCES: Mapping[str, Callable[[Json], str]] = {
    "type": _types,
    "enum": _enum,
    "minLength": partial(_amount, "least", "character", "characters"),
    "maxLength": partial(_amount, "most", "character", "characters"),
    "minItems": partial(_amount, "least", "item", "items"),
    "maxItems": partial(_amount, "most", "item", "items"),
    "minProperties": partial(_amount, "least", "property", "properties"),
    "maxProperties": partial(_amount, "most", "property", "properties"),
    "x-pixels/minimum": partial(_amount, "least", "pixel", "pixels"),
    "x-pixels/maximum": partial(_amount, "most", "pixel", "pixels"),
    "format": lambda value: f"is {FORMATS[str(value)]}",
    **{
        keyword: partial(_text, template)
        for keyword, template in {
            "const": "is {}",
            "minimum": "is at least {}",
            "maximum": "is at most {}",
            "exclusiveMinimum": "is above {}",
            "exclusiveMaximum": "is below {}",
            "multipleOf": "is a multiple of {}",
            "uniqueItems": "has no item twice",
            "pattern": "matches {}",
            "required": "is required",
            "forbidden": "is not accepted",
            "not": "is none of what {} describes",
            "anyOf": "is at least one of {}",
            "oneOf": "is exactly one of {}",
            "contains": "has an item that {} describes",
            "propertyNames": "has only names that {} describes",
            "dependentRequired": "has all that {} asks for",
            "x-aspect/minimum": "is at least {} times as wide as high",
            "x-aspect/maximum": "is at most {} times as wide as high",
        }.items()
    },
}
