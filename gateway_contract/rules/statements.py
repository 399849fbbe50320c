"""What a rule says, in one sentence made from the contract."""

from collections.abc import Callable, Mapping

from gateway_contract.contract import MappedField
from gateway_contract.mapping import shortened
from gateway_contract.schema import Constraint
from gateway_contract.values import Json


def _types(value: Json) -> str:
    names = value if isinstance(value, list) else [value]
    return " or ".join(map(str, names))


def _list(value: Json) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


SENTENCES: Mapping[str, Callable[[Json], str]] = {
    "type": lambda value: f"is {_types(value)}",
    "enum": lambda value: f"is one of {_list(value)}",
    "const": lambda value: f"is {shortened(value)}",
    "minimum": lambda value: f"is at least {value}",
    "maximum": lambda value: f"is at most {value}",
    "exclusiveMinimum": lambda value: f"is above {value}",
    "exclusiveMaximum": lambda value: f"is below {value}",
    "multipleOf": lambda value: f"is a multiple of {value}",
    "minLength": lambda value: f"has at least {value} characters",
    "maxLength": lambda value: f"has at most {value} characters",
    "minItems": lambda value: f"has at least {value} items",
    "maxItems": lambda value: f"has at most {value} items",
    "uniqueItems": lambda _: "has no item twice",
    "pattern": lambda value: f"matches {value}",
    "format": lambda value: f"is written as {value}",
    "required": lambda _: "is required",
    "forbidden": lambda _: "is not accepted",
    "json": lambda _: "is JSON",
    "x-pixels/minimum": lambda value: f"has at least {value} pixels",
    "x-pixels/maximum": lambda value: f"has at most {value} pixels",
    "x-aspect/minimum": lambda value: f"is at least {value} as wide as high",
    "x-aspect/maximum": lambda value: f"is at most {value} as wide as high",
}


def constraint_sentence(constraint: Constraint) -> str:
    """For example `n is at most 6 for the other-models`."""
    subject = f"every item of {constraint.subject}" if constraint.in_items else constraint.subject
    sentence = SENTENCES.get(constraint.keyword)
    said = f"keeps to {constraint.keyword}" if sentence is None else sentence(constraint.value)
    condition = f" for {constraint.condition.title}" if constraint.condition is not None else ""
    mended = {"truncate": "cut", "coerce": "answered as if it were"}
    others = [mended[name] for name in sorted(constraint.alternatives & mended.keys())]
    return f"{subject} {said}{condition}" + (f" (or is {others[0]})" if others else "")


def mapped_sentence(field: MappedField) -> str:
    return f"{field.subject} arrives upstream at {field.upstream}"


def normalized_sentence(field: MappedField) -> str:
    return f"{field.subject} arrives at {field.upstream} in the form of the upstream ({field.normalize})"


def preserved_sentence(field: MappedField, value: Json) -> str:
    return f"an explicit {shortened(value)} for {field.subject} arrives at {field.upstream}"


def invented_sentence(field: MappedField) -> str:
    return f"{field.subject} left out stays out of the upstream call"
