"""The fields of a request that a plan varies, and the smallest valid request."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product

from contract_tests.client.correlation import text_with_id
from gateway_contract.contract.definition import Contract, ImageField
from gateway_contract.contract.sample import samples
from gateway_contract.contract.validity import validity_of
from gateway_contract.document.node import DocumentError
from gateway_contract.schema.constraint import Condition, Part
from gateway_contract.values.json_value import ABSENT, Json, same
from gateway_contract.values.pointer import placed, read, removed


@dataclass(frozen=True, slots=True, eq=False)
class RequestField:
    """A part of the request that holds no other field."""

    pointer: str
    subject: str
    schema: Mapping[str, Json]
    marked: bool
    traced: bool  # a free text without a mark: what is sent in it can be told from what other requests send


@lru_cache(maxsize=8)
def fields_of(contract: Contract) -> tuple[RequestField, ...]:
    """Every field, in the order of the contract."""
    parts = [part for part in contract.request.parts if part.condition is None and is_named(part.pointer)]
    return tuple(
        RequestField(
            part.pointer, part.subject, part.schema, part.pointer in contract.marks, _is_traced(contract, part)
        )
        for part in parts
        if not _holds_fields(part, parts) and not _is_item(part, parts)
    )


def _is_traced(contract: Contract, part: Part) -> bool:
    """Whether a part is a free text that goes upstream, beside the one with the mark."""
    if part.pointer in contract.marks or contract.mapping_of(part.pointer) is None:
        return False
    return part.schema.get("type") == "string" and not {"enum", "const", "format", "pattern"} & part.schema.keys()


def is_named(pointer: str) -> bool:
    """Whether a pointer leads to one field, and not to the whole body or to fields of any name."""
    return pointer != "" and "*" not in pointer


def _holds_fields(part: Part, parts: list[Part]) -> bool:
    return any(_properties(other) for other in parts if (other.pointer + "/").startswith(part.pointer + "/"))


def _properties(part: Part) -> bool:
    return "properties" in part.schema


def _is_item(part: Part, parts: list[Part]) -> bool:
    """Whether a part is an item of a list that is a field as a whole."""
    lists = [other for other in parts if other is not part and part.pointer.startswith(other.pointer + "/")]
    return any(not _holds_fields(other, parts) for other in lists)


@lru_cache(maxsize=8)
def base_request(contract: Contract) -> Json:
    """The smallest valid request, from the contract's own examples or else from its schema, with a mark in its text.

    Raises DocumentError where there is none: nothing can be planned without one.
    """
    shown = (example.body for example in contract.examples)
    for found in chain(shown, samples(contract.request.parts[0].schema)):
        body = found
        for pointer in contract.marks:
            text = read(body, pointer)
            body = placed(body, pointer, text_with_id(text)) if isinstance(text, str) else body
        if validity_of(contract, body).valid:
            return _smallest(contract, body)
    place = contract.document.place(f"{contract.operation.pointer}/requestBody")
    raise DocumentError(place, "no valid request can be made from the schema", "add one under examples")


def _smallest(contract: Contract, body: Json) -> Json:
    for part in reversed(contract.request.parts):
        without = removed(body, part.pointer) if part.pointer else body
        if without is not body and validity_of(contract, without).valid:
            body = without
    return body


@lru_cache(maxsize=8)
def bases(contract: Contract) -> tuple[Json, ...]:
    """The smallest valid request for every combination of the listed values of its required fields."""
    return tuple(_bases(contract))


def _bases(contract: Contract) -> Iterator[Json]:
    base = base_request(contract)
    listed = _listed(contract, base)
    yield base
    for chosen in product(*listed.values()):
        body = base
        for pointer, value in zip(listed, chosen, strict=True):
            body = placed(body, pointer, value)
        if body != base and validity_of(contract, body).valid:
            yield body


def _listed(contract: Contract, base: Json) -> dict[str, list[Json]]:
    """The required fields of which the contract lists the values, with these."""
    return {
        field.pointer: values
        for field in fields_of(contract)
        if isinstance(values := field.schema.get("enum"), list) and read(base, field.pointer) is not ABSENT
    }


def listed_values(contract: Contract, body: Json) -> list[Json]:
    """The values in a body of the required fields of which the contract lists the values, such as its model."""
    found = (read(body, pointer) for pointer in _listed(contract, base_request(contract)))
    return [value for value in found if value is not ABSENT]


def asks_for(contract: Contract, image_field: ImageField, body: Json) -> bool:
    """Whether a request asks for images in a form, or says none and that is the default."""
    said = read(body, image_field.asked_by)
    said = contract.request.default(image_field.asked_by, body) if said is ABSENT else said
    return said is not ABSENT and same(said, image_field.value)


def base_for(contract: Contract, condition: Condition | None) -> Json | None:
    """The first base for which a condition holds; None where there is none."""
    return next((body for body in bases(contract) if condition is None or condition.holds(body)), None)


def requested_images(contract: Contract, body: Json) -> int:
    """How many images an accepted request bills."""
    if contract.images is None:
        return 0
    said = read(body, contract.images.count)
    count = contract.request.default(contract.images.count, body) if said is ABSENT else said
    return count if isinstance(count, int) and not isinstance(count, bool) else 1
