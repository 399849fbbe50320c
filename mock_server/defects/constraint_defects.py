"""Defects of validation: the gateway accepts what it should reject, or rejects what it should accept."""

import re
from math import isqrt
from typing import cast

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.conversion_rules import obvious_meaning
from gateway_contract.rules.statements import kebab_case
from gateway_contract.schema.constraint import Constraint
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.values.json_value import ABSENT, Json, same
from gateway_contract.values.pointer import placed, read, removed
from gateway_contract.values.size import parse_size
from mock_server.defects.constraint_sites import (
    SINGLE,
    above_zero,
    bounds,
    choices,
    constraints,
    convertible,
    enums,
    forms,
    item_limits,
    known_upstream,
    lengths_unknown_to_upstream,
    not_below_zero,
    of_one_model,
    pixels_ranges,
    ranges,
    single,
    types,
    unknown_to_upstream,
)
from mock_server.defects.defect import PlainSite
from mock_server.defects.request_operators import coerce_defect, rewrite_defect, strict_defect, validate_defect
from mock_server.defects.sites import example, examples
from mock_server.gateway.openai_errors import error_for, judged_violations
from mock_server.gateway.stages import Gateway
from mock_server.serving.error_response import ErrorResponse

WORDS: dict[str, Json] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}
EXAMPLE_REJECTED = ErrorResponse(400, "invalid_request_error", "invalid_value", "Not this.")


def breaks(constraint: Constraint, contract: Contract, body: Json) -> bool:
    return constraint in contract.request.broken(body)


def unchecked(constraint: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """One keyword is not checked, and the upstream does not check it either."""
    violations = judged_violations(gateway.contract, body) - {constraint}
    return error_for(gateway.contract, body, violations) if violations else body


@validate_defect(unknown_to_upstream)
def constraint_ignored(constraint: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """One constraint is not checked, and the upstream does not check it either."""
    return unchecked(constraint, gateway, body)


@validate_defect(of_one_model)
def model_constraint_ignored(constraint: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """A bound that holds for some models only is not checked."""
    return unchecked(constraint, gateway, body)


@validate_defect(item_limits)
def item_constraint_ignored(constraint: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """The items of a list are not checked for one constraint."""
    return unchecked(constraint, gateway, body)


for _keyword in SINGLE:
    validate_defect(single(_keyword), f"ignores-{kebab_case(_keyword)}")(unchecked)


@validate_defect(known_upstream)
def unlisted_value_accepted(constraint: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """A value that the contract does not list is accepted if the upstream knows it."""
    return unchecked(constraint, gateway, body)


@validate_defect(ranges)
def clamped(constraint: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """A value out of range is set to the bound; where the contract allows that, to one beyond it."""
    bound = cast("int", constraint.value) + ("coerce" in constraint.alternatives)
    if breaks(constraint, gateway.contract, body):
        others = gateway.contract.request.broken(body) - {constraint}
        return error_for(gateway.contract, body, others) if others else placed(body, constraint.pointer, bound)
    return gateway.validate(gateway, body)


@validate_defect(ranges)
def off_by_one_accepted(constraint: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """The first value out of range is treated as the bound; where the contract allows that, it is forwarded."""
    bound = cast("int", constraint.value)
    beyond = bound + (1 if constraint.keyword == "maximum" else -1)
    if breaks(constraint, gateway.contract, body) and read(body, constraint.pointer) == beyond:
        return body if "coerce" in constraint.alternatives else placed(body, constraint.pointer, bound)
    return gateway.validate(gateway, body)


@validate_defect(lengths_unknown_to_upstream)
def extra_character_accepted(constraint: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """A text that is one character too long is accepted."""
    value = read(body, constraint.pointer)
    one_more = isinstance(value, str) and len(value) == cast("int", constraint.value) + 1
    return unchecked(constraint, gateway, body) if one_more else gateway.validate(gateway, body)


@rewrite_defect(above_zero)
def zero_as_missing(constraint: Constraint, _contract: Contract, body: Json) -> Json:
    """0 is treated as a missing value, and so becomes the default."""
    return removed(body, constraint.pointer) if same(read(body, constraint.pointer), 0) else body


@coerce_defect(not_below_zero)
def sign_dropped(_constraint: Constraint, value: Json) -> Json:
    """A negative number is made positive."""
    return abs(value) if isinstance(value, int | float) and value < 0 else value


@strict_defect(bounds)
def boundary_rejected(constraint: Constraint, body: Json) -> bool:
    """The last allowed value is rejected."""
    value = read(body, constraint.pointer)
    applies = constraint.condition is None or constraint.condition.holds(body)
    return applies and value is not ABSENT and KEYWORDS[constraint.keyword].distance(constraint.value, value) == 0


@coerce_defect(types("integer", "number"))
def string_as_number(constraint: Constraint, value: Json) -> Json:
    """Digits in a string are accepted as a number."""
    if not isinstance(value, str) or not re.fullmatch(r"-?\d+(\.\d+)?", value):
        return value
    return float(value) if constraint.value == "number" else int(float(value))


@coerce_defect(convertible)
def converted(constraint: Constraint, value: Json) -> Json:
    """A value of another type or form is accepted as the one that it obviously means."""
    meaning = obvious_meaning(constraint, value)
    return value if meaning is ABSENT or same(meaning, value) else meaning


@coerce_defect(types("integer"))
def fraction_truncated(_constraint: Constraint, value: Json) -> Json:
    """1.5 is accepted as 1."""
    return int(value) if isinstance(value, float) else value


@coerce_defect(types("boolean"))
def string_as_boolean(_constraint: Constraint, value: Json) -> Json:
    """Strings are accepted as true and false."""
    return WORDS.get(value, True) if isinstance(value, str) else value


@coerce_defect(types("boolean"))
def number_as_boolean(_constraint: Constraint, value: Json) -> Json:
    """0 and 1 are accepted as false and true."""
    return bool(value) if isinstance(value, int | float) else value


@strict_defect(constraints("maxLength"))
def length_in_bytes(constraint: Constraint, body: Json) -> bool:
    """The length is counted in bytes, not in characters."""
    found = read(body, constraint.pointer.removesuffix("/0"))
    texts = found if isinstance(found, list) else [found]
    return any(isinstance(text, str) and len(text.encode()) > cast("int", constraint.value) for text in texts)


@strict_defect(pixels_ranges)
def bound_per_side(constraint: Constraint, body: Json) -> bool:
    """Each side is compared with the square root of the bound, not the product with the bound."""
    size, side = parse_size(read(body, constraint.pointer)), isqrt(cast("int", constraint.value))
    if size is None or (constraint.condition is not None and not constraint.condition.holds(body)):
        return False
    shorter, longer = sorted((size.width, size.height))
    return shorter < side if constraint.keyword.endswith("minimum") else longer > side


@rewrite_defect(pixels_ranges)
def replaced_when_out_of_range(constraint: Constraint, contract: Contract, body: Json) -> Json:
    """A size out of range is replaced by the size in the example."""
    return as_in_example(constraint, contract, body)


@rewrite_defect(enums)
def replaced_when_unlisted(constraint: Constraint, contract: Contract, body: Json) -> Json:
    """A value that is not listed is replaced by the first that is."""
    first = cast("list[Json]", constraint.value)[0]
    return placed(body, constraint.pointer, first) if breaks(constraint, contract, body) else body


@coerce_defect(enums)
def listed_prefix_accepted(constraint: Constraint, value: Json) -> Json:
    """A value that begins with a listed value is accepted as that value."""
    for listed in cast("list[Json]", constraint.value):
        if isinstance(value, str) and value.startswith(str(listed)):
            value = listed
    return value


@strict_defect(choices)
def last_listed_value_rejected(constraint: Constraint, body: Json) -> bool:
    """The last listed value is rejected."""
    return read(body, constraint.pointer) == cast("list[Json]", constraint.value)[-1]


@coerce_defect(forms)
def prefix_accepted(_constraint: Constraint, value: Json) -> Json:
    """A text that begins with a size is accepted as that size."""
    found = re.match(r"[1-9]\d*\*[1-9]\d*", value) if isinstance(value, str) else None
    return found[0] if found else value


@rewrite_defect(forms)
def replaced_when_malformed(constraint: Constraint, contract: Contract, body: Json) -> Json:
    """A malformed size is replaced by the size in the example."""
    return as_in_example(constraint, contract, body)


@validate_defect(constraints("forbidden"))
def accepted_when_empty(constraint: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """A field that must not be sent is accepted if it is an empty object."""
    return body if read(body, constraint.pointer) == {} else gateway.validate(gateway, body)


@rewrite_defect(constraints("forbidden"))
def merged_into_parent(constraint: Constraint, _contract: Contract, body: Json) -> Json:
    """The members of an object that must not be sent are accepted as members of its parent."""
    found, rest = read(body, constraint.pointer), removed(body, constraint.pointer)
    return {**found, **rest} if isinstance(found, dict) and isinstance(rest, dict) else body


@rewrite_defect(constraints("required"))
def replaced_when_missing(constraint: Constraint, contract: Contract, body: Json) -> Json:
    """A missing field is taken from the example."""
    return as_in_example(constraint, contract, body) if isinstance(body, dict) else body


@rewrite_defect(types("string", "object", "array"))
def replaced_when_wrong_type(constraint: Constraint, contract: Contract, body: Json) -> Json:
    """A value of the wrong type is replaced by that of the example."""
    return as_in_example(constraint, contract, body)


@rewrite_defect(constraints("minItems"))
def replaced_when_empty(constraint: Constraint, contract: Contract, body: Json) -> Json:
    """A list that must not be empty is filled from the example."""
    return as_in_example(constraint, contract, body)


def as_in_example(constraint: Constraint, contract: Contract, body: Json) -> Json:
    """A body that breaks the constraint, with the value of the example at its pointer."""
    if not breaks(constraint, contract, body):
        return body
    if constraint.pointer == "":
        return example(contract)
    value = read(example(contract), constraint.pointer)
    return removed(body, constraint.pointer) if value is ABSENT else placed(body, constraint.pointer, value)


@validate_defect(examples)
def example_rejected(_site: PlainSite, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """The contract's own example is rejected."""
    return EXAMPLE_REJECTED if same(body, example(gateway.contract)) else gateway.validate(gateway, body)
