"""In what a request differs from the plain valid request of its run, in a few words: `"n": "2"`, `without "model"`."""

import json
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Literal, Self

from contract_tests.client.correlation import TRACE
from gateway_contract.traffic.exchange import Exchange, Request
from gateway_contract.traffic.redaction import OWNED
from gateway_contract.values.json_value import ABSENT, Json, Nothing, same, shortened
from gateway_contract.values.pointer import below, tokens

MOST_CHANGES = 4
LONGEST_CHANGES = 100  # characters; one is shown whatever its length
LONGEST_VALUE = 60  # characters
PLAIN = "the plain request"


class WrittenNumber(float):
    """A number that is not a plain integer, and how it was written: a gateway may take `1.0` and reject `1e0`."""

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number


def request_difference(exchange: Exchange, baseline: Request) -> str:
    """What is special about a request and its circumstances. It may hold secrets and control characters."""
    return ", ".join(_differences(exchange, baseline)) or PLAIN


def _differences(exchange: Exchange, baseline: Request) -> Iterator[str]:
    request = exchange.request
    if request.method != baseline.method:
        yield request.method
    if request.credential not in OWNED:
        yield request.credential.value
    if request.form.is_special:
        yield request.form.value
    if request.method == baseline.method:
        yield from _of_body(request, baseline)
    if exchange.played is not None:
        yield f"upstream plays {exchange.played.name}"
    if exchange.kept is not None and exchange.kept.before:
        yield f"over a kept connection after {exchange.kept.before}"
    if exchange.carried:
        yield f"after another request ({exchange.carried[0].source})"
    if exchange.follows is not None:
        yield f"after the upstream played {exchange.follows.name}"


def _of_body(request: Request, baseline: Request) -> Iterator[str]:
    if not request.content:
        yield "no body"
    elif request.body is ABSENT:
        yield f"not JSON: {shortened(request.content[:LONGEST_VALUE].decode('utf-8', 'replace'), LONGEST_VALUE)}"
    else:
        body = json.loads(request.content, parse_float=WrittenNumber, parse_int=_integer)
        changes = [_change(pointer, value) for pointer, value in _changes(baseline.body, body, "")]
        ends = list(accumulate(map(len, changes)))
        shown = max(1, min(MOST_CHANGES, bisect_right(ends, LONGEST_CHANGES)))
        yield from changes[:shown]
        left = len(changes) - shown
        if left > 0:
            yield f"and {left} more change{'s' * (left > 1)}"


def _integer(text: str) -> int | WrittenNumber:
    """The integer, or a number where it has more digits than Python converts at once."""
    return int(text) if len(text) <= LONGEST_VALUE else WrittenNumber(text)


def _changes(
    base: Json | Literal[Nothing.ABSENT], body: Json | Literal[Nothing.ABSENT], pointer: str
) -> Iterator[tuple[str, Json | Literal[Nothing.ABSENT]]]:
    """The outermost values that differ, with their pointers. Correlation ids are no difference."""
    if isinstance(base, dict) and isinstance(body, dict):
        for key in [*base, *(key for key in body if key not in base)]:
            yield from _changes(base.get(key, ABSENT), body.get(key, ABSENT), below(pointer, key))
    elif isinstance(base, list) and isinstance(body, list) and len(base) == len(body):
        for index, (left, right) in enumerate(zip(base, body, strict=True)):
            yield from _changes(left, right, below(pointer, index))
    elif isinstance(base, str) and isinstance(body, str):
        if TRACE.sub("", base) != TRACE.sub("", body):
            yield pointer, body
    elif base is ABSENT or body is ABSENT or not same(base, body):
        yield pointer, body


def _change(pointer: str, value: Json | Literal[Nothing.ABSENT]) -> str:
    path = tokens(pointer)
    name = shortened(path[0], LONGEST_VALUE) if len(path) == 1 else pointer
    if value is ABSENT:
        return f"without {name}"
    if isinstance(value, WrittenNumber) and len(value.text) <= LONGEST_VALUE:
        return f"{name or 'the body'}: {value.text}"
    return f"{name or 'the body'}: {shortened(value, LONGEST_VALUE)}"
