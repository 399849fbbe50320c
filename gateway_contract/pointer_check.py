"""Whether every expression and pointer of a contract leads to a field that its schemas know."""

from collections.abc import Iterator
from dataclasses import fields

from gateway_contract.contract import Contract, Operation, Upstream
from gateway_contract.document import DocumentError, Place
from gateway_contract.pointer import below
from gateway_contract.schema import CompiledSchema
from gateway_contract.written import did_you_mean


def check_pointers(contract: Contract) -> None:
    """Raises DocumentError at the first pointer that leads nowhere."""
    for place, pointer in _into_request(contract):
        _check(contract.request, pointer, place, "the request")
    for schema, name in _schemas(contract.operation):
        for place, pointer in _named_in(schema):
            _check(schema, pointer, place, name)
    if contract.upstream is not None:
        for place, pointer in _into_upstream(contract, contract.upstream):
            _check(contract.upstream.operation.request, pointer, place, contract.upstream.name)


def _schemas(operation: Operation) -> Iterator[tuple[CompiledSchema, str]]:
    yield operation.request, "the request"
    yield operation.answer, "the answer"
    if operation.refusal is not None:
        yield operation.refusal, "the refusal"


def _named_in(schema: CompiledSchema) -> Iterator[tuple[Place, str]]:
    """The properties that a schema requires, and those by which it tells requests apart."""
    for constraint in schema.constraints.values():
        if constraint.keyword == "required":
            yield constraint.place, constraint.pointer
    for part in schema.parts:
        if part.condition is not None:
            for keyword in ("properties", "required"):
                names = part.condition.schema.get(keyword)
                for name in names if isinstance(names, dict | list) else ():
                    yield part.place, below(part.condition.pointer, str(name))


def _into_request(contract: Contract) -> Iterator[tuple[Place, str]]:
    for value in contract.mock_values.values():
        yield value.place, value.source
        if value.when is not None:
            yield value.place, value.when[0]
    images = contract.images
    if images is None:
        return
    yield images.place, images.count
    for carrier in images.carriers:
        yield carrier.place, carrier.asked_by
    if images.size is not None:
        yield images.size.place, images.size.pointer
        if images.size.when is not None:
            yield images.size.place, images.size.when[0]


def _into_upstream(contract: Contract, upstream: Upstream) -> Iterator[tuple[Place, str]]:
    constants = f"{contract.operation.pointer}/x-upstream/constants"
    for pointer in upstream.constants:
        yield contract.document.place(below(constants, pointer)), pointer
    images = f"{upstream.operation.pointer}/x-images"
    for field in fields(upstream.drawing):
        drawn = getattr(upstream.drawing, field.name)
        if isinstance(drawn, str):
            yield upstream.document.place(f"{images}/{field.name}"), drawn
    for index, pointer in enumerate(upstream.drawing.shape):
        yield upstream.document.place(f"{images}/shape/{index}"), pointer


def _check(schema: CompiledSchema, pointer: str, place: Place, name: str) -> None:
    known = {part.pointer for part in schema.parts}
    if pointer not in known:
        remedy = did_you_mean(pointer, known) or "name a known field"
        raise DocumentError(place, f"{pointer} leads nowhere in {name}", remedy)
