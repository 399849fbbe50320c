"""Values that break exactly one constraint; whether they do is proven by the contract after serialisation."""

import json
import re
from collections.abc import Callable, Iterator, Mapping

from contract_tests.planning.valid_values import shapes
from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import leaf_name
from gateway_contract.values.sample_texts import CHINESE, ENGLISH, of_length

Candidate = Json | Nothing

WRONG_TYPES: Mapping[str, tuple[Json, ...]] = {
    "integer": ("2", 1.5, True, [1], {}),
    "number": ("0.5", True, [0.5], {}),
    "boolean": ("false", "no", 0, 1, []),
    "string": (7, ["word"], {}, True),
    "array": ("word", {}, 3),
    "object": ("word", [], 7),
}


def _wrong_types(constraint: Constraint) -> Iterator[Candidate]:
    yield from WRONG_TYPES.get(str(constraint.value), ())


def _beside_list(constraint: Constraint) -> Iterator[Candidate]:
    listed = constraint.value if isinstance(constraint.value, list) else []
    yield from (neighbour(value) for value in listed if isinstance(value, str))
    yield from ("no-such-value", f"{listed[0]}-none", 7, [listed[0]])


def neighbour(text: str) -> str:
    """A text of the same form that differs in its last digit."""
    return re.sub(r"[0-9](?=[^0-9]*$)", lambda digit: str((int(digit[0]) + 1) % 10), text)


def _below(constraint: Constraint) -> Iterator[Candidate]:
    bound = _number(constraint)
    yield from (bound - 1, -1, -2147483648, -1e30)
    yield bound - 0.5


def _above(constraint: Constraint) -> Iterator[Candidate]:
    bound = _number(constraint)
    yield from (bound + 1, bound * 10 + 1, 1e30)
    yield bound + 0.5


def _longer(constraint: Constraint) -> Iterator[Candidate]:
    length = int(_number(constraint)) + 1
    yield from (of_length(length, script) for script in (ENGLISH, CHINESE))


def _shorter(constraint: Constraint) -> Iterator[Candidate]:
    yield "a" * (int(_number(constraint)) - 1)


def _fewer(constraint: Constraint) -> Iterator[Candidate]:
    yield ["word"] * (int(_number(constraint)) - 1)


def _more(constraint: Constraint) -> Iterator[Candidate]:
    yield ["word"] * (int(_number(constraint)) + 1)


def _malformed(constraint: Constraint) -> Iterator[Candidate]:
    if constraint.value == "image-size":
        yield from ("big", "1024*1024px", "1024", "1024*", "*1024", "1024*1024*2", "-1024*1024", "1024.5*1024", "a*b")


def _too_few_pixels(constraint: Constraint) -> Iterator[Candidate]:
    for width, height in shapes(int(_number(constraint))):
        yield from (f"{width}*{height - 1}", f"{width - 1}*{height}")
    yield "64*64"


def _too_many_pixels(constraint: Constraint) -> Iterator[Candidate]:
    for width, height in shapes(int(_number(constraint))):
        yield from (f"{width}*{height + 1}", f"{width + 1}*{height}")
    yield "8192*8192"


def _missing(_constraint: Constraint) -> Iterator[Candidate]:
    yield ABSENT


def _anything(constraint: Constraint) -> Iterator[Candidate]:
    named: dict[str, Json] = {leaf_name(constraint.pointer): 1}
    anything: tuple[Candidate, ...] = ({}, named, [], "word", 1, False)
    yield from anything


def _not_a_multiple(constraint: Constraint) -> Iterator[Candidate]:
    yield _number(constraint) * 1.5


CANDIDATES: Mapping[str, Callable[[Constraint], Iterator[Candidate]]] = {
    "type": _wrong_types,
    "enum": _beside_list,
    "const": lambda _: iter(("no-such-value", 7)),
    "minimum": _below,
    "exclusiveMinimum": _below,
    "maximum": _above,
    "exclusiveMaximum": _above,
    "multipleOf": _not_a_multiple,
    "maxLength": _longer,
    "minLength": _shorter,
    "maxItems": _more,
    "minItems": _fewer,
    "format": _malformed,
    "pattern": lambda _: iter(("", "?", "no such value")),
    "x-pixels/minimum": _too_few_pixels,
    "x-pixels/maximum": _too_many_pixels,
    "x-aspect/minimum": lambda _: iter(("64*16384",)),
    "x-aspect/maximum": lambda _: iter(("16384*64",)),
    "required": _missing,
    "forbidden": _anything,
}


def _number(constraint: Constraint) -> float:
    value = constraint.value
    return value if isinstance(value, int | float) else json.loads(str(value))


def forbidden_values(constraint: Constraint) -> Iterator[Candidate]:
    """Candidates for the part that a constraint is about, the nearest to its bound first; ABSENT takes it away."""
    candidates = CANDIDATES.get(constraint.keyword)
    return iter(()) if candidates is None else candidates(constraint)
