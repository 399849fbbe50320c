"""Values for a field that the contract allows: at every bound, between them, and the ones that are easily lost."""

from collections.abc import Iterator
from itertools import chain

from contract_tests.client.correlation import with_mark
from contract_tests.planning.fields import Field, base_for
from gateway_contract.contract.definition import Contract
from gateway_contract.rules.constraint_rules import AT_BOUND
from gateway_contract.schema.constraint import CompiledSchema, Constraint
from gateway_contract.values.json_value import Json, same
from gateway_contract.values.sample_texts import AWKWARD, CHINESE, ENGLISH, SPACED, of_length
from gateway_contract.values.size import SEPARATORS

ODD = 2147483645
"""A large odd integer: a float of 32 bits cannot hold it."""

UNLIMITED = 400
"""Characters of a text that nothing limits: more than a column for names holds, and no more than people write."""


def allowed_values(contract: Contract, field: Field) -> tuple[Json, ...]:
    """Candidates for a field, the telling ones first. Whether a request with one is valid is the contract's to say."""
    mapping = contract.mapping_of(field.pointer)
    preserved = mapping.preserve if mapping is not None else ()
    examples = field.schema.get("examples")
    shown = examples if isinstance(examples, list) else ()
    found = chain(preserved, shown, _listed_under_conditions(contract, field), _by_type(contract, field))
    return tuple(_unique(found))


def _listed_under_conditions(contract: Contract, field: Field) -> Iterator[Json]:
    """The values of an enum that holds for some requests only, where there are any such requests."""
    for bound in _at(contract.request, field.pointer):
        if bound.keyword == "enum" and bound.condition is not None and base_for(contract, bound.condition) is not None:
            yield from bound.value if isinstance(bound.value, list) else ()


def _by_type(contract: Contract, field: Field) -> Iterator[Json]:
    bounds = list(bounds_of(contract, field))
    listed = field.schema.get("enum")
    match field.schema.get("type"):
        case _ if isinstance(listed, list):
            yield from listed
        case "boolean":
            yield from (True, False)
        case "integer":
            yield from _integers(bounds)
        case "number":
            yield from _numbers(bounds)
        case "array":
            yield from _lists(field, bounds)
        case "string" if field.schema.get("format") == "image-size":
            yield from _sizes(bounds)
        case "string":
            yield from _texts(field, bounds)


def bounds_of(contract: Contract, field: Field) -> Iterator[Constraint]:
    """The constraints on a field by the contract, under conditions too; where it sets no bounds, its upstream's."""
    own = list(_at(contract.request, field.pointer))
    yield from own
    mapping = contract.mapping_of(field.pointer)
    if mapping is not None and contract.upstream is not None and not any(bound.keyword in AT_BOUND for bound in own):
        yield from _at(contract.upstream.operation.request, mapping.upstream)


def _at(schema: CompiledSchema, pointer: str) -> Iterator[Constraint]:
    return (constraint for constraint in schema.constraints.values() if constraint.pointer == pointer)


def _values(bounds: list[Constraint], *keywords: str) -> list[float]:
    return [
        bound.value
        for bound in bounds
        if bound.keyword in keywords and isinstance(bound.value, int | float) and not isinstance(bound.value, bool)
    ]


def _integers(bounds: list[Constraint]) -> Iterator[Json]:
    lows = [int(value) for value in _values(bounds, "minimum")]
    highs = [int(value) for value in _values(bounds, "maximum")]
    yield from (*highs, *lows)
    yield from (ODD, 2, 0)


def _numbers(bounds: list[Constraint]) -> Iterator[Json]:
    lows, highs = _values(bounds, "minimum"), _values(bounds, "maximum")
    yield from (*highs, *lows)
    low, high = min(lows, default=0.0), max(highs, default=1.0)
    yield low + (high - low) * 0.3
    yield low + (high - low) / 7  # no binary fraction: rounding through 32 bits shows


def _lists(field: Field, bounds: list[Constraint]) -> Iterator[Json]:
    items = field.schema.get("items")
    listed = items.get("enum") if isinstance(items, dict) else None
    words: list[Json] = listed if isinstance(listed, list) else [f"{ENGLISH}{CHINESE}"[:12], "two", "three", "four"]
    lengths = [int(value) for value in _values(bounds, "minItems", "maxItems")] or [1, 2]
    yield from (words[:length] for length in lengths if length <= len(words))


def _sizes(bounds: list[Constraint]) -> Iterator[Json]:
    products = [int(value) for value in _values(bounds, "x-pixels/minimum", "x-pixels/maximum")]
    for pixels in products:
        yield from (f"{width}*{height}" for width, height in shapes(pixels))
    yield from (f"1024{separator}768" for separator in SEPARATORS)


def shapes(pixels: int) -> Iterator[tuple[int, int]]:
    """Widths and heights of exactly a product: as square as possible, wide, and tall to the extreme."""
    side = next(side for side in range(int(pixels**0.5), 0, -1) if pixels % side == 0)
    yield side, pixels // side
    if side % 4 == 0:
        yield pixels // (side // 2), side // 2
        yield side // 4, pixels // (side // 4)


def _texts(field: Field, bounds: list[Constraint]) -> Iterator[Json]:
    head = with_mark("").strip() if field.marked else ""
    for limit in _values(bounds, "maxLength") or [UNLIMITED]:
        yield from (of_length(int(limit), script, head) for script in (CHINESE, ENGLISH))
    yield from (f"{head} {text}" if head else text for text in (AWKWARD, SPACED))


def _unique(values: Iterator[Json]) -> Iterator[Json]:
    seen: list[Json] = []
    for value in values:
        if not any(same(value, other) for other in seen):
            seen.append(value)
            yield value
