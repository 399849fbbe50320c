"""Gateways that take what they should reject, or refuse what they should take."""

import re
from math import isqrt
from typing import cast

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import NOT_JUDGED
from gateway_contract.schema.constraint import Constraint
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.values.json_value import ABSENT, Json, same
from gateway_contract.values.pointer import placed, read, removed
from gateway_contract.values.size import parse_size
from mock_server.defects.defect import Spot, broken
from mock_server.defects.sites import (
    above_zero,
    bodies,
    bounds,
    choices,
    example,
    examples,
    lengths_unknown_to_upstream,
    limits,
    not_below_zero,
    of_one_model,
    sold_upstream,
    types,
    unknown_to_upstream,
)
from mock_server.gateway.openai_errors import error_for
from mock_server.gateway.stages import Gateway, GatewayRequest, read_body, validate
from mock_server.serving.error_response import ErrorResponse

BOUNDS = limits("minimum", "maximum")
WORDS: dict[str, Json] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


def breaks(constraint: Constraint, contract: Contract, body: Json) -> bool:
    return constraint in contract.request.broken(body)


def refused(constraint: Constraint, gateway: Gateway, body: Json) -> ErrorResponse:
    return error_for(gateway.contract, body, frozenset({constraint}))


@broken("validate", unknown_to_upstream)
def limit_ignored(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """One constraint is never looked at, and the upstream does not know it."""
    return unchecked(at, gateway, body)


def unchecked(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    broken_ones = {one for one in gateway.contract.request.broken(body) if one.keyword != NOT_JUDGED} - {at}
    return error_for(gateway.contract, body, frozenset(broken_ones)) if broken_ones else body


@broken("validate", of_one_model)
def limit_of_one_model_ignored(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """What only some models bear is passed on for all of them."""
    return unchecked(at, gateway, body)


@broken("validate", sold_upstream)
def unlisted_passed_on(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """Whatever the upstream knows is taken, though the contract does not list it."""
    return unchecked(at, gateway, body)


@broken("validate", BOUNDS)
def clamped_silently(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """What is out of bounds is brought within them. Where the contract allows that, one too many is."""
    bound = cast("int", at.value) + ("coerce" in at.alternatives)
    if breaks(at, gateway.contract, body):
        broken_ones = gateway.contract.request.broken(body) - {at}
        return error_for(gateway.contract, body, broken_ones) if broken_ones else placed(body, at.pointer, bound)
    return validate(gateway, body)


@broken("validate", BOUNDS)
def one_too_lenient(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """The first value out of bounds is taken for the bound. Where the contract allows that, it is passed on."""
    bound = cast("int", at.value)
    beyond = bound + (1 if at.keyword == "maximum" else -1)
    if breaks(at, gateway.contract, body) and read(body, at.pointer) == beyond:
        return body if "coerce" in at.alternatives else placed(body, at.pointer, bound)
    return validate(gateway, body)


@broken("validate", lengths_unknown_to_upstream)
def one_too_long(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """A text with one character more than allowed is passed on."""
    value = read(body, at.pointer)
    one_more = isinstance(value, str) and len(value) == cast("int", at.value) + 1
    return unchecked(at, gateway, body) if one_more else validate(gateway, body)


@broken("validate", above_zero)
def zero_taken_for_nothing(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """0 counts as left out, and so as the default."""
    zero = same(read(body, at.pointer), 0)
    return validate(gateway, removed(body, at.pointer) if zero else body)


@broken("validate", not_below_zero)
def negative_made_positive(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """The sign is not looked at."""
    value = read(body, at.pointer)
    negative = type(value) in {int, float} and cast("float", value) < 0
    return validate(gateway, placed(body, at.pointer, -cast("float", value)) if negative else body)


@broken("validate", bounds)
def one_too_strict(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """The last value within bounds is refused."""
    value = read(body, at.pointer)
    applies = at.condition is None or at.condition.holds(body)
    if applies and value is not ABSENT and KEYWORDS[at.keyword].distance(at.value, value) == 0:
        return refused(at, gateway, body)
    return validate(gateway, body)


@broken("validate", types("integer", "number"))
def number_from_text(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """Digits in quotes are taken for a number."""
    value = read(body, at.pointer)
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        body = placed(body, at.pointer, float(value) if at.value == "number" else int(float(value)))
    return validate(gateway, body)


@broken("validate", types("integer"))
def fraction_cut(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """1.5 is taken for 1."""
    value = read(body, at.pointer)
    return validate(gateway, placed(body, at.pointer, int(value)) if isinstance(value, float) else body)


@broken("validate", types("boolean"))
def boolean_from_text(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """Words are taken for true and false."""
    value = read(body, at.pointer)
    return validate(gateway, placed(body, at.pointer, WORDS.get(value, True)) if isinstance(value, str) else body)


@broken("validate", types("boolean"))
def boolean_from_number(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """0 and 1 are taken for false and true."""
    value = read(body, at.pointer)
    return validate(gateway, placed(body, at.pointer, bool(value)) if type(value) in {int, float} else body)


@broken("validate", limits("maxLength"))
def length_in_bytes(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """Bytes are counted where characters are meant."""
    found = read(body, at.pointer.removesuffix("/0"))
    texts = found if isinstance(found, list) else [found]
    too_long = any(isinstance(text, str) and len(text.encode()) > cast("int", at.value) for text in texts)
    return refused(at, gateway, body) if too_long else validate(gateway, body)


@broken("validate", limits("x-pixels/minimum", "x-pixels/maximum"))
def bounds_per_side(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """Each side is held against the root of the bound, where the product is meant."""
    size, side = parse_size(read(body, at.pointer)), isqrt(cast("int", at.value))
    if size is None or (at.condition is not None and not at.condition.holds(body)):
        return validate(gateway, body)
    shorter, longer = sorted((size.width, size.height))
    wrong = shorter < side if at.keyword.endswith("minimum") else longer > side
    return refused(at, gateway, body) if wrong else validate(gateway, body)


@broken("validate", limits("x-pixels/minimum", "x-pixels/maximum"))
def brought_within_bounds(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """In the place of a size out of bounds the one of the example is taken, and nothing said."""
    if breaks(at, gateway.contract, body):
        body = as_in_example(gateway.contract, body, at.pointer)
    return validate(gateway, body)


@broken("validate", limits("enum"))
def unlisted_taken_for_the_first(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """A value that is not listed is taken for the first that is."""
    if breaks(at, gateway.contract, body):
        body = placed(body, at.pointer, cast("list[Json]", at.value)[0])
    return validate(gateway, body)


@broken("validate", limits("enum"))
def listed_by_its_beginning(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """Whatever begins like a listed value is taken for it."""
    value = read(body, at.pointer)
    for listed in cast("list[Json]", at.value):
        if isinstance(value, str) and value.startswith(str(listed)):
            body = placed(body, at.pointer, listed)
    return validate(gateway, body)


@broken("validate", choices)
def last_of_the_list_unknown(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """One listed value is not known."""
    last = cast("list[Json]", at.value)[-1]
    return refused(at, gateway, body) if read(body, at.pointer) == last else validate(gateway, body)


@broken("validate", limits("format"))
def size_by_its_beginning(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """What begins like a size is taken for one."""
    value = read(body, at.pointer)
    found = re.match(r"[1-9]\d*\*[1-9]\d*", value) if isinstance(value, str) else None
    return validate(gateway, placed(body, at.pointer, found[0]) if found else body)


@broken("validate", limits("format"))
def malformed_size_left_out(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """What is no size is taken for the one of the example."""
    if breaks(at, gateway.contract, body):
        body = placed(body, at.pointer, cast("Json", read(example(gateway.contract), at.pointer)))
    return validate(gateway, body)


@broken("validate", limits("forbidden"))
def forbidden_taken_when_empty(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """A field that is not accepted is, as long as there is nothing in it."""
    return body if read(body, at.pointer) == {} else validate(gateway, body)


@broken("validate", limits("forbidden"))
def forbidden_merged(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """What a field holds that is not accepted is taken as if it stood beside it."""
    found, rest = read(body, at.pointer), removed(body, at.pointer)
    merged = {**found, **rest} if isinstance(found, dict) and isinstance(rest, dict) else body
    return validate(gateway, merged)


@broken("validate", limits("required"))
def missing_made_up(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """What is missing is taken from the example."""
    if isinstance(body, dict) and breaks(at, gateway.contract, body):
        body = placed(body, at.pointer, cast("Json", read(example(gateway.contract), at.pointer)))
    return validate(gateway, body)


@broken("validate", types("string", "object", "array"))
def another_type_taken(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """What is of another type is taken for what the example says."""
    if breaks(at, gateway.contract, body):
        body = as_in_example(gateway.contract, body, at.pointer)
    return validate(gateway, body)


@broken("validate", limits("minItems"))
def empty_list_filled(at: Constraint, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """A list that must not be empty is filled from the example."""
    if breaks(at, gateway.contract, body):
        body = as_in_example(gateway.contract, body, at.pointer)
    return validate(gateway, body)


def as_in_example(contract: Contract, body: Json, pointer: str) -> Json:
    value = read(example(contract), pointer)
    if pointer == "":
        return example(contract)
    return removed(body, pointer) if value is ABSENT else placed(body, pointer, value)


@broken("read", bodies)
def anything_read_as_json(_at: Spot, gateway: Gateway, request: GatewayRequest) -> Json | ErrorResponse:
    """Content that is no JSON is taken for the example."""
    body = read_body(gateway, request)
    return example(gateway.contract) if isinstance(body, ErrorResponse) else body


@broken("validate", examples)
def example_refused(_at: Spot, gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """The page's own example is refused."""
    if same(body, example(gateway.contract)):
        return ErrorResponse(400, "invalid_request_error", "invalid_value", "Not this.")
    return validate(gateway, body)
