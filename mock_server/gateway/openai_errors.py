"""Errors of a gateway, in the format of the OpenAI API."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Literal

import orjson

from gateway_contract.contract.definition import Contract, MockRejection
from gateway_contract.contract.response_sample import error_skeleton
from gateway_contract.contract.validity import NOT_JUDGED
from gateway_contract.contract.violations import violations_of
from gateway_contract.schema.constraint import ANY_NAME, Constraint, Part
from gateway_contract.schema.keywords import requirement
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import leaf_name, placed, read, tokens
from gateway_contract.values.prepared_pointers import putter
from mock_server.serving.error_response import ErrorResponse

SHORT = 100  # characters of a value, whose errors are kept
LONG_ERROR = 1000  # characters of an error that is not kept: it may name what a client sent, of any length
NO_TOKEN = ErrorResponse(
    401, "authentication_error", "missing_api_key", "Send your token as Authorization: Bearer <token>."
)
WRONG_TOKEN = ErrorResponse(401, "authentication_error", "invalid_api_key", "The token is not one of this gateway's.")
NOT_JSON = ErrorResponse(400, "invalid_request_error", "invalid_json", "The body must be a JSON object in UTF-8.")


def error_body(contract: Contract, error: ErrorResponse) -> Json:
    """The body by the contract. Required strings with names that the OpenAI API does not have are the message.

    What the contract requires beyond that, or allows no such value for, is made from its schema.
    """
    return _error_layout(contract)(error)


def error_content(contract: Contract, error: ErrorResponse) -> bytes:
    """The same as JSON."""
    is_short = len(error.message) + len(error.param or "") < LONG_ERROR
    return _kept_content(contract, error) if is_short else orjson.dumps(error_body(contract, error))


@lru_cache(maxsize=1024)
def _kept_content(contract: Contract, error: ErrorResponse) -> bytes:
    return orjson.dumps(error_body(contract, error))


@lru_cache(maxsize=64)
def _error_layout(contract: Contract) -> Callable[[ErrorResponse], Json]:
    """Lays out the errors of a contract."""
    skeleton, schema = error_skeleton(contract), contract.operation.refusal
    pointers, names = _error_fields(contract)
    put_each = putter(pointers)

    def lay_out(error: ErrorResponse) -> Json:
        fields = error.fields
        body: Json = orjson.loads(skeleton)
        values = [fields[name] for name in names]
        put_each(body, values)
        broken = () if schema is None else schema.broken(body)
        wrong = {one.pointer for one in broken}.intersection(pointers) if broken else ()
        if not wrong:
            return body
        body = orjson.loads(skeleton)
        right = zip(pointers, values, strict=True)
        put_each(body, [ABSENT if pointer in wrong else value for pointer, value in right])
        return body

    return lay_out


@lru_cache(maxsize=64)
def _error_fields(contract: Contract) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pointers of an error body's fields, and the OpenAI API's name for the value of each."""
    schema = contract.operation.refusal
    if schema is None:
        return tuple(f"/error/{name}" for name in NO_TOKEN.fields), tuple(NO_TOKEN.fields)
    named = ((part, leaf_name(part.pointer)) for part in schema.parts)
    values = [(part.pointer, name if name in NO_TOKEN.fields else _replacement(part)) for part, name in named]
    filled = [(pointer, name) for pointer, name in values if name is not None]
    return tuple(pointer for pointer, _ in filled), tuple(name for _, name in filled)


def message_in(contract: Contract, body: Json | Literal[Nothing.ABSENT]) -> str:
    """The message of an error body; empty if it has none."""
    messages = (
        read(body, pointer) for pointer, name in zip(*_error_fields(contract), strict=True) if name == "message"
    )
    return next((text for text in messages if isinstance(text, str)), "")


def _replacement(part: Part) -> str | None:
    return "message" if part.required and part.schema.get("type") == "string" else None


@lru_cache(maxsize=64)
def _order(contract: Contract) -> Mapping[Constraint, int]:
    """The place of each constraint in the contract; one that stands at several keeps its first."""
    return {constraint: place for place, constraint in reversed(list(enumerate(contract.request.constraints.values())))}


def in_order(contract: Contract, broken: Iterable[Constraint]) -> list[Constraint]:
    """Broken constraints as they come in the contract."""
    return sorted(broken, key=_order(contract).__getitem__)


def judged_violations(contract: Contract, body: Json) -> frozenset[Constraint]:
    """The constraints that a body breaks and that the contract judges."""
    return frozenset([one for one in contract.request.broken(body) if one.keyword != NOT_JUDGED])


def rejection_error(rejection: MockRejection) -> ErrorResponse:
    param = ".".join(tokens(rejection.pointer))
    return ErrorResponse(400, "invalid_request_error", "unsupported_value", f"{rejection.says}.", param)


def error_for(contract: Contract, body: Json, broken: frozenset[Constraint]) -> ErrorResponse:
    """The rejection of a body that breaks constraints; of several, the first in the contract is named."""
    first = min(broken, key=_order(contract).__getitem__)
    value = read(body, first.pointer)
    depends = first.condition is not None or "/0" in first.pointer
    is_long = isinstance(value, str) and len(value) > SHORT
    if isinstance(value, str | int | float) and not is_long and not depends:
        return _error_for_value(contract, first, repr(value), value)
    return _error_for_body(contract, body, first)


@lru_cache(maxsize=1024)  # a mock rejects for the same reasons again and again
def _error_for_value(contract: Contract, constraint: Constraint, _written: str, value: str | float) -> ErrorResponse:
    """The same for a value that breaks a constraint by itself; True and 1.0 are not written as 1, nor -0.0 as 0.0."""
    return _error_for_body(contract, placed({}, constraint.pointer, value), constraint)


def _error_for_body(contract: Contract, body: Json, first: Constraint) -> ErrorResponse:
    violation = next(violations_of(contract, body, first), None)
    unknown = leaf_name(first.pointer) == ANY_NAME
    pointer = first.pointer if not unknown else violation.pointer if violation is not None else None
    absent = read(body, first.pointer) is ABSENT
    message = requirement(first) if violation is None else violation.message
    return ErrorResponse(
        status=400,
        type="invalid_request_error",
        code="unknown_parameter" if unknown else "missing_required_parameter" if absent else "invalid_value",
        message=message if message.endswith("?") else f"{message}.",
        param=".".join(tokens(pointer or "")) or None,
    )
