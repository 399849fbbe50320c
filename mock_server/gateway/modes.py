"""Modes of a gateway: strict rejects what its contract rejects, lenient repairs it and says so, off checks nothing."""

import re
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Literal

from gateway_contract.contract.definition import Contract
from gateway_contract.schema.constraint import ANY_NAME, Constraint
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.values.json_value import ABSENT, Json, Nothing, read_json
from gateway_contract.values.pointer import below, leaf_name, members, parent, placed, read, removed
from mock_server.gateway.openai_errors import error_for, in_order, judged_violations
from mock_server.gateway.stages import AnswerStage, Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import ErrorResponse

MODE_HEADER = "x-mock-mode"
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
VIOLATION_HEADER = "x-mock-violation"
ROUNDS = 4
"""One repair can reveal the next violation; after so many rounds the contract's own example is used."""


class Mode(Enum):
    STRICT = "strict"
    LENIENT = "lenient"
    OFF = "off"


class UnknownModeError(Exception):
    """An unknown mode; the message lists the modes."""


def mode_named(name: str) -> Mode:
    """Raises UnknownModeError."""
    try:
        return Mode(name.strip().lower())
    except ValueError as error:
        known = ", ".join(mode.value for mode in Mode)
        raise UnknownModeError(f"Unknown mode {name!r}. Modes: {known}") from error


def in_each_mode(gateway: Gateway) -> Mapping[Mode, Gateway]:
    return {mode: in_mode(gateway, mode) for mode in Mode}


def in_mode(gateway: Gateway, mode: Mode) -> Gateway:
    """The gateway in this mode."""
    match mode:
        case Mode.STRICT:
            return gateway
        case Mode.LENIENT:
            return replace(gateway, validate=_repair, answer=_with_violation_header(gateway))
        case Mode.OFF:
            return replace(gateway, validate=lambda _, body: body)


def violation(contract: Contract, body: Json) -> ErrorResponse | None:
    """The error of a strict gateway for a body."""
    breaches = judged_violations(contract, body)
    return error_for(contract, body, breaches) if breaches else None


def repaired(contract: Contract, body: Json) -> Json | ErrorResponse:
    """The body within the contract: values are repaired where a keyword can, others removed.

    If that is not enough, the contract's own example; if there is none, the error.
    """
    right = body
    for _ in range(ROUNDS):
        breaches = judged_violations(contract, right)
        if not breaches:
            return right
        for breach in in_order(contract, breaches):
            right = _repaired_at(contract, breach, right)
    example = _example(contract)
    return error_for(contract, body, judged_violations(contract, body)) if example is ABSENT else example


def _repaired_at(contract: Contract, breach: Constraint, body: Json) -> Json:
    value = read(body, breach.pointer)
    repaired = ABSENT if value is ABSENT else KEYWORDS[breach.keyword].repair(breach.value, value)
    if repaired is not ABSENT:
        return placed(body, breach.pointer, repaired)
    if leaf_name(breach.pointer) == ANY_NAME:
        return _without_unlisted(contract, parent(breach.pointer), body)
    return _as_in_example(contract, breach.pointer, removed(body, breach.pointer))


def _as_in_example(contract: Contract, pointer: str, body: Json) -> Json:
    """The body with what it must have at a pointer; a body that may do without stays without."""
    expected = read(_example(contract), pointer)
    missing = any(one.keyword == "required" and one.pointer == pointer for one in contract.request.broken(body))
    if expected is ABSENT or not (missing or pointer == ""):
        return body
    try:
        return placed(body, pointer, expected)
    except ValueError:  # something on the way is no object
        return body


def _without_unlisted(contract: Contract, holder: str, body: Json) -> Json:
    known = {part.pointer for part in contract.request.parts}
    held = read(body, holder)
    for name, _ in [] if held is ABSENT else members(held):
        pointer = below(holder, name)
        body = body if pointer in known else removed(body, pointer)
    return body


def _example(contract: Contract) -> Json | Literal[Nothing.ABSENT]:
    right = (one.body for one in contract.examples if not judged_violations(contract, one.body))
    return next(right, ABSENT)


def _repair(gateway: Gateway, body: Json) -> Json | ErrorResponse:
    return repaired(gateway.contract, body)


def _with_violation_header(gateway: Gateway) -> AnswerStage:
    """The answer stage, with a header that holds the error of a strict gateway."""

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right = await gateway.answer(own, body, links, request)
        sent = read_json(request.content)
        error = None if sent is ABSENT else violation(own.contract, sent)
        if error is None:
            return right
        return replace(right, headers={**right.headers, VIOLATION_HEADER: as_header_value(error.message)})

    return answer


def as_header_value(text: str) -> str:
    """A text as a header can carry it (RFC 9110, 5.5): it may quote whatever a client sent."""
    escaped = text.encode("ascii", "backslashreplace").decode()
    return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", escaped)
