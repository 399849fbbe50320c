"""How near a body is to each bound of its contract, for Hypothesis to come nearer."""

from collections.abc import Callable, Iterator, Mapping
from math import log1p

from gateway_contract.contract import Contract
from gateway_contract.pointer import read
from gateway_contract.read_json import read_json
from gateway_contract.schema import Constraint
from gateway_contract.size import parse_size
from gateway_contract.values import ABSENT, Json


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _length(value: object) -> float | None:
    return len(value) if isinstance(value, str | list) else None


def _pixels(value: object) -> float | None:
    size = parse_size(value)
    return None if size is None else size.pixels


MEASURES: Mapping[str, Callable[[object], float | None]] = {
    "minimum": _number,
    "maximum": _number,
    "minLength": _length,
    "maxLength": _length,
    "minItems": _length,
    "maxItems": _length,
    "x-pixels/minimum": _pixels,
    "x-pixels/maximum": _pixels,
}
"""What a bound is held against, by the keyword that sets it."""


def aims(contract: Contract, content: bytes) -> dict[str, float]:
    """For each bound that bears on a body, by a name of it, how near the body is: 0 at the bound, less away from it."""
    body = read_json(content)
    return {} if body is ABSENT else dict(_aims(contract, body))


def _aims(contract: Contract, body: Json) -> Iterator[tuple[str, float]]:
    for constraint in contract.request.constraints.values():
        condition = constraint.condition
        distance = _distance(constraint, read(body, constraint.pointer))
        if distance is not None and (condition is None or condition.holds(body)):
            title = "" if condition is None else condition.title
            yield f"{constraint.pointer} {constraint.keyword} {title}", -log1p(distance)


def _distance(constraint: Constraint, value: object) -> float | None:
    bound, measure = _number(constraint.value), MEASURES.get(constraint.keyword)
    measured = None if measure is None else measure(value)
    return None if bound is None or measured is None else abs(measured - bound)
