"""Values for a field that the contract allows: at every bound, between them, and the ones that are easily lost."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import cast

from contract_tests.client.correlation import TRACE_PLACEHOLDER, text_with_id
from contract_tests.planning.fields import RequestField, base_for
from gateway_contract.contract.definition import Contract
from gateway_contract.schema.constraint import CompiledSchema, Constraint
from gateway_contract.schema.keyword_values import of_exact_length
from gateway_contract.schema.keywords import BOUNDS, KEYWORDS
from gateway_contract.values.json_value import Json, distinct
from gateway_contract.values.sample_texts import AWKWARD, CHINESE, ENGLISH, SPACED, of_length

ODD = 2147483645
"""A large odd integer: a float of 32 bits cannot hold it."""

UNEVEN_SIZES = ("1021*763", "1024x768")
"""One in each form. Of the first no side is a multiple of 8: careless gateways round to what other models take."""

UNLIMITED = 800
"""Characters of a text that nothing limits: as many as people write, and beyond 512, where careless gateways cut."""


def valid_values(contract: Contract, field: RequestField) -> tuple[Json, ...]:
    """Candidates for a field, the telling ones first. Whether a request with one is valid is the contract's to say."""
    mapping = contract.mapping_of(field.pointer)
    preserved = mapping.preserve if mapping is not None else ()
    examples = field.schema.get("examples")
    shown = examples if isinstance(examples, list) else []
    if field.traced:
        shown = [f"{TRACE_PLACEHOLDER} {example}" for example in shown]
    found = chain(preserved, shown, _listed_under_conditions(contract, field), _by_type(contract, field))
    return tuple(distinct(found))


def _listed_under_conditions(contract: Contract, field: RequestField) -> Iterator[Json]:
    """The values of an enum that holds for some requests only, where there are any such requests."""
    for bound in _at(contract.request, field.pointer):
        if bound.keyword == "enum" and bound.condition is not None and base_for(contract, bound.condition) is not None:
            yield from KEYWORDS["enum"].boundary(bound.value)


def _by_type(contract: Contract, field: RequestField) -> Iterator[Json]:
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
            yield from _boundary(list(_at(contract.request, field.pointer)), "x-aspect/minimum", "x-aspect/maximum")
        case "string":
            yield from _texts(field, bounds)


def bounds_of(contract: Contract, field: RequestField) -> Iterator[Constraint]:
    """The constraints on a field by the contract, under conditions too; where it sets no bounds, its upstream's."""
    own = list(_at(contract.request, field.pointer))
    yield from own
    mapping = contract.mapping_of(field.pointer)
    if mapping is not None and contract.upstream is not None and not any(bound.keyword in BOUNDS for bound in own):
        yield from _at(contract.upstream.operation.request, mapping.upstream)


def _at(schema: CompiledSchema, pointer: str) -> Iterator[Constraint]:
    return (constraint for constraint in schema.constraints.values() if constraint.pointer == pointer)


def _boundary(bounds: list[Constraint], *keywords: str) -> Iterator[Json]:
    """The last values that the bounds of some keywords allow."""
    for bound in bounds:
        if bound.keyword in keywords:
            yield from KEYWORDS[bound.keyword].boundary(bound.value)


def limits(bounds: Iterable[Constraint], keyword: str) -> list[float]:
    """The numbers that a keyword stands with."""
    return [
        bound.value
        for bound in bounds
        if bound.keyword == keyword and isinstance(bound.value, int | float) and not isinstance(bound.value, bool)
    ]


LIMITS = ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf")


def _integers(bounds: list[Constraint]) -> Iterator[Json]:
    yield from chain.from_iterable(_boundary(bounds, keyword) for keyword in LIMITS)
    yield from (ODD, 2, 0)


def _numbers(bounds: list[Constraint]) -> Iterator[Json]:
    yield from chain.from_iterable(_boundary(bounds, keyword) for keyword in LIMITS)
    low = min([*limits(bounds, "minimum"), *limits(bounds, "exclusiveMinimum")], default=0.0)
    high = max([*limits(bounds, "maximum"), *limits(bounds, "exclusiveMaximum")], default=1.0)
    yield low + (high - low) * 0.3
    yield low + (high - low) / 7  # no binary fraction: rounding through 32 bits shows


def _lists(field: RequestField, bounds: list[Constraint]) -> Iterator[Json]:
    items = field.schema.get("items")
    listed = items.get("enum") if isinstance(items, dict) else None
    words: list[Json] = listed if isinstance(listed, list) else [f"{ENGLISH}{CHINESE}"[:12], "two", "three", "four"]
    lengths = [len(cast("list[Json]", items)) for items in _boundary(bounds, "minItems", "maxItems")] or [1, 2]
    yield from (words[:length] for length in lengths if length <= len(words))


def _sizes(bounds: list[Constraint]) -> Iterator[Json]:
    yield from _boundary(bounds, "x-pixels/minimum", "x-pixels/maximum")
    yield from UNEVEN_SIZES


def _texts(field: RequestField, bounds: list[Constraint]) -> Iterator[Json]:
    head = text_with_id("").strip() if field.marked else TRACE_PLACEHOLDER if field.traced else ""
    longest = [str(text) for text in _boundary(bounds, "maxLength")] or list(map(str, of_exact_length(UNLIMITED)))
    yield from (of_length(len(text), text, head) for text in longest)
    yield f"{head} {AWKWARD}" if head else AWKWARD
    inner = SPACED.strip()
    yield f"{head} {SPACED}" if field.marked else SPACED.replace(inner, f"{inner} {head}".strip())
