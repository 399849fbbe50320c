"""Responses that keep to their contract, made from its schemas: what a mock fills its own values into."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import orjson

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.sample import sample
from gateway_contract.document.node import DocumentError
from gateway_contract.schema.constraint import CONSTRAINT_KEYWORDS, Part
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import below, is_within, put, read


@lru_cache(maxsize=64)
def skeletons(contract: Contract) -> tuple[bytes, bytes]:
    """A response as JSON with all that it needs but what is tied to the request, the images or the clock.

    And the same of the item of one image.
    """
    answer, tied = contract.operation.answer, tied_pointers(contract)
    whole = _or_empty(sample(answer.parts[0].schema, tied))
    for part in answer.parts:
        top_level = part.pointer.count("/") == 1 and part.condition is None
        if top_level and part.schema.get("type") == "object" and read(whole, part.pointer) is ABSENT:
            put(whole, part.pointer, _or_empty(sample(part.schema, tied, part.pointer)))
    images = contract.images
    at = "" if images is None else below(images.pointer, 0)
    items = (part for part in answer.parts if images is not None and part.pointer == at)
    item = next((_or_empty(sample(part.schema, tied, at)) for part in items), {})
    return orjson.dumps(whole), orjson.dumps(item)


def _or_empty(value: object) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


@lru_cache(maxsize=64)
def error_skeleton(contract: Contract) -> bytes:
    """An error body with all that it needs, as JSON."""
    schema = contract.operation.refusal
    return orjson.dumps({} if schema is None else _or_empty(sample(schema.parts[0].schema)))


def tied_pointers(contract: Contract) -> frozenset[str]:
    """The parts of a response that a mock takes from the request, the images or the clock."""
    images = contract.images
    found = {*contract.mock_values, *(moment.pointer for moment in contract.times)}
    if images is not None:
        item = below(images.pointer, 0)
        found |= {images.pointer, *(below(item, image_field.key) for image_field in images.image_fields)}
    return frozenset(found)


def response_errors(contract: Contract) -> Iterator[DocumentError]:
    """What keeps a mock from answering by the contract: no place for the images, or a part without a value."""
    operation = contract.operation
    if contract.images is None or not contract.images.image_fields:
        place = operation.answer.parts[0].place
        yield DocumentError(place, "the response has no image field", "add one with x-present-when")
    yield from _unfilled(operation.answer.parts, tied_pointers(contract))
    if operation.refusal is not None:
        yield from _unfilled(operation.refusal.parts, frozenset())


def _unfilled(parts: Sequence[Part], tied: frozenset[str]) -> Iterator[DocumentError]:
    missing = [part for part in parts if _lacks_value(part, tied)]
    for part in missing:
        if not any(other is not part and is_within(other.pointer, part.pointer) for other in missing):
            keyword = _culprit(part)
            problem = f"no value can be made for this {keyword}"
            yield DocumentError(part.places.get(keyword, part.place), problem, "give it an example")


def _lacks_value(part: Part, tied: frozenset[str]) -> bool:
    """Whether a response needs a part for which no value can be made."""
    left_out = any(is_within(part.pointer, pointer) for pointer in tied if "/0" not in part.pointer)
    needed = part.required and part.condition is None and not left_out and part.pointer not in tied
    return needed and sample(part.schema, tied, part.pointer) is ABSENT


def _culprit(part: Part) -> str:
    """The keyword that no made value meets: a form rather than a bound."""
    present = [keyword for keyword in part.schema if keyword in CONSTRAINT_KEYWORDS and keyword != "type"]
    return next((keyword for keyword in present if keyword == "pattern"), next(iter(present), "type"))
