"""Modes of a gateway: strict rejects what its contract rejects, lenient repairs it and says so, off checks nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.violations import violations
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
MAX_HEADER = 4000  # characters; clients read heads of 16 KB at least
ROUNDS = 6
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


@dataclass(frozen=True, slots=True)
class Repair:
    """A body within the contract, or the error if there is none, and in sentences what was wrong with the sent one."""

    body: Json | ErrorResponse
    messages: tuple[str, ...] = ()


def repaired(contract: Contract, body: Json) -> Json | ErrorResponse:
    return repair(contract, body).body


def repair(contract: Contract, body: Json) -> Repair:
    """The body within the contract: values are repaired where a keyword can, others removed.

    If that is not enough, the contract's own example; if there is none, the error. What holds only under a condition,
    such as for a model, is repaired once all else is right: the condition may then no longer hold.
    """
    right, messages = body, list[str]()
    for rejection in (one for one in contract.mock_rejections if one.applies(body)):
        right = removed(right, rejection.pointer)
        messages.append(rejection.says)
    for _ in range(ROUNDS):
        breaches = in_order(contract, judged_violations(contract, right))
        if not breaches:
            return Repair(right, tuple(dict.fromkeys(messages)))
        repairable = [one for one in breaches if one.condition is None] or breaches
        messages += [one.message for one in violations(contract, right, repairable)]
        for breach in repairable:
            right = _repaired_at(contract, breach, right)
    example = _example(contract)
    error = error_for(contract, body, judged_violations(contract, body)) if example is ABSENT else example
    return Repair(error, tuple(dict.fromkeys(messages)))


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
    """The answer stage, with a header that says of every repaired field what was wrong with it."""

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right = await gateway.answer(own, body, links, request)
        sent = read_json(request.content)
        messages = () if sent is ABSENT else repair(own.contract, sent).messages
        if not messages:
            return right
        text = as_header_value(" ".join(sentences(*messages)))
        return replace(right, headers={**right.headers, VIOLATION_HEADER: text[:MAX_HEADER]})

    return answer


def sentences(*messages: str) -> list[str]:
    return [message if message.endswith("?") else f"{message}." for message in messages]


def as_header_value(text: str) -> str:
    """A text as a header can carry it (RFC 9110, 5.5): it may quote whatever a client sent."""
    escaped = text.encode("ascii", "backslashreplace").decode()
    return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", escaped)
