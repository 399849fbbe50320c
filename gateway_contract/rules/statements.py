"""What a rule says, in one sentence made from the contract."""

import re

from gateway_contract.contract.definition import MappedField
from gateway_contract.schema.constraint import Condition, Constraint
from gateway_contract.values.json_value import Json, shortened


def mapped_sentence(field: MappedField) -> str:
    return f"{field.subject} is sent upstream at {field.upstream}"


def normalized_sentence(field: MappedField) -> str:
    return f"{field.subject} is sent upstream at {field.upstream} in the form of the upstream ({field.normalize})"


def preserved_sentence(field: MappedField, value: Json) -> str:
    return f"an explicit {shortened(value)} for {field.subject} is sent upstream at {field.upstream}"


def default_sentence(field: MappedField) -> str:
    return f"{field.subject} is sent upstream at {field.upstream} even if it is the upstream's default"


def converted_sentence(constraint: Constraint) -> str:
    return f"{constraint.subject} of another {constraint.keyword} is rejected, not converted"


def invented_sentence(field: MappedField) -> str:
    return f"omitted {field.subject} is not sent upstream"


def carried_over_sentence(field: MappedField) -> str:
    return f"{field.subject} of one request is not carried over into another"


def constraint_property(constraint: Constraint) -> str:
    """For example `max-length`, `minimum-pixels`, `item-type`, `maximum-for-other-models`."""
    keyword = constraint.keyword
    if keyword.startswith("x-"):
        measure, _, end = keyword.removeprefix("x-").partition("/")
        keyword = f"{end}-{measure}"
    item = "item-" if constraint.in_items else ""
    return f"{item}{kebab_case(keyword)}{for_condition(constraint.condition)}"


def kebab_case(keyword: str) -> str:
    """For example `max-length` for `maxLength`."""
    return re.sub("([A-Z])", lambda found: f"-{found[1].lower()}", keyword)


def for_condition(condition: Condition | None) -> str:
    """What the id of a rule ends in that holds only under a condition; empty where it always holds."""
    return "" if condition is None else f"-for-{slug(condition.title)}"


def slug(text: str) -> str:
    """A text as a part of an id: lower case, and hyphens for all but letters, figures and dots."""
    return re.sub("[^a-z0-9.]+", "-", text.lower()).strip("-")
