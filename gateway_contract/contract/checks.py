"""Whether what stands around a contract's operation holds together: the version of OpenAPI, and who may call."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import NamedTuple

from gateway_contract.contract.definition import Contract, Operation, Upstream
from gateway_contract.contract.validity import NOT_JUDGED, validity_of
from gateway_contract.document.load_document import Document
from gateway_contract.document.node import DocumentError, DocumentWarning, Place, did_you_mean
from gateway_contract.schema.constraint import (
    ANNOTATIONS,
    CompiledSchema,
    Constraint,
    SchemaObject,
    fast_failures,
    for_validators,
)
from gateway_contract.schema.keywords import TYPES
from gateway_contract.values.json_value import ABSENT, Json, shortened
from gateway_contract.values.pointer import below, is_within, placed, read


def frame_errors(document: Document, operation: str) -> list[DocumentError]:
    """A version other than 3.0 or 3.1, and security schemes that are not described."""
    version, errors = str(document.tree.get("openapi")), list[DocumentError]()
    if not version.startswith("3.1."):
        remedy = "a contract is written in 3.1 or 3.0"
        errors.append(DocumentError(document.place("/openapi"), f"OpenAPI {version}", remedy))
    schemes = read(document.tree, "/components/securitySchemes")
    for at in ("/security", below(operation, "security")):
        for name in _schemes_in(read(document.tree, at)):
            if not isinstance(schemes, dict) or name not in schemes:
                errors.append(
                    DocumentError(document.place(at), f"no security scheme {name}", "describe it in components")
                )
    return errors


def _schemes_in(security: object) -> Iterator[str]:
    for requirement in security if isinstance(security, list) else ():
        yield from requirement if isinstance(requirement, dict) else ()


def pointer_errors(contract: Contract) -> Iterator[DocumentError]:
    """Pointers that lead nowhere, and two fields that lead to one."""
    for place, pointer in _into_request(contract):
        yield from _unknown(contract.request, pointer, place, "the request")
    for schema, name in _schemas(contract.operation):
        for place, pointer in _named_in(schema):
            yield from _unknown(schema, pointer, place, name)
    if contract.upstream is not None:
        for place, pointer in _into_upstream(contract, contract.upstream):
            yield from _unknown(contract.upstream.operation.request, pointer, place, contract.upstream.name)
    targets: dict[str, str] = {}
    for field in contract.mapped:
        name, first = field.pointer.removeprefix("/"), targets.setdefault(field.upstream, field.pointer)
        if first != field.pointer:
            problem = f"{first.removeprefix('/')} and {name} both map to {field.upstream}"
            yield DocumentError(field.place, problem, "only one field may")


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
        if value.source is not None:
            yield value.place, value.source
        if value.when is not None:
            yield value.place, value.when[0]
    images = contract.images
    if images is None:
        return
    yield images.place, images.count
    for image_field in images.image_fields:
        yield image_field.place, image_field.asked_by
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


def _unknown(schema: CompiledSchema, pointer: str, place: Place, name: str) -> Iterator[DocumentError]:
    known = {part.pointer for part in schema.parts}
    if pointer not in known:
        remedy = did_you_mean(pointer, known) or "name a known field"
        yield DocumentError(place, f"{pointer} leads nowhere in {name}", remedy)


class Stated(NamedTuple):
    """A value that a contract writes down, the field that it is for, and what it stands there as."""

    what: str
    pointer: str
    value: Json
    place: Place


def value_errors(contract: Contract) -> Iterator[DocumentError]:
    """Values that their field may not hold, and examples that are no right request."""
    for stated in _stated(contract):
        broken = next(_broken(contract, stated), None)
        if broken is not None:
            said = f"{stated.what} {shortened(stated.value)}: {stated.pointer} may not hold it"
            yield DocumentError(stated.place, said, _bound(broken))
    yield from _literal_errors(contract)
    for example in contract.examples:
        broken = next(iter(validity_of(contract, example.body).broken), None)
        if broken is not None:
            said = f"the example {example.name} breaks the contract at {broken.pointer or 'the body'}"
            yield DocumentError(example.place, said, _bound(broken))


def _literal_errors(contract: Contract) -> Iterator[DocumentError]:
    """Literal values of `x-mock` that their place in the response may not hold."""
    for pointer, value in contract.mock_values.items():
        if value.literal is not ABSENT:
            broken = contract.operation.answer.broken(placed({}, pointer, value.literal))
            wrong = [one for one in broken if one.condition is None and is_within(one.pointer, pointer)]
            if wrong:
                problem = f"x-mock {shortened(value.literal)}: {wrong[0].pointer} may not hold it"
                yield DocumentError(value.place, problem, _bound(wrong[0]))


def _bound(broken: Constraint) -> str:
    return f"{broken.keyword} is {shortened(broken.value)} in line {broken.place.line}"


def _broken(contract: Contract, stated: Stated) -> Iterator[Constraint]:
    """The constraints that hold for every request, and that a value alone fails."""
    for constraint in contract.request.broken(placed({}, stated.pointer, stated.value)):
        here = constraint.pointer == stated.pointer and constraint.condition is None
        if here and constraint.keyword != NOT_JUDGED:
            yield constraint


def _stated(contract: Contract) -> Iterator[Stated]:
    for part in contract.request.parts:
        if "default" in part.schema:
            yield Stated("default", part.pointer, part.schema["default"], part.places["default"])
        examples = part.schema.get("examples")
        for example in examples if isinstance(examples, list) else ():
            yield Stated("examples", part.pointer, example, part.places["examples"])
        if "example" in part.schema:
            yield Stated("example", part.pointer, part.schema["example"], part.places["example"])
    for field in contract.mapped:
        for value in field.preserve:
            yield Stated("preserve", field.pointer, value, field.place)
    for image_field in contract.images.image_fields if contract.images is not None else ():
        yield Stated("x-present-when", image_field.asked_by, image_field.value, image_field.place)
    for mock in contract.mock_values.values():
        if mock.when is not None:
            yield Stated("x-mock", *mock.when, mock.place)


WITNESSES: Mapping[str, tuple[Json, ...]] = {
    "null": (None,),
    "boolean": (True, False),
    "integer": (0, 1, 10**9),
    "number": (0.5, 10**9 + 0.5),
    "string": ("", "a"),
    "array": ([],),
    "object": ({},),
}
"""Values of each JSON type, small and large."""


def untyped_conditions(contract: Contract) -> Iterator[DocumentWarning]:
    """Each `if` that holds for a field of another type than its own: most keywords accept values of other types."""
    upstream = () if contract.upstream is None else (contract.upstream.operation.request,)
    for schema in (*(schema for schema, _ in _schemas(contract.operation)), *upstream):
        for part in schema.parts:
            condition = part.schema.get("if")
            if isinstance(condition, dict):
                for pointer, test in _tests(condition, part.pointer):
                    own = _own_types(schema, pointer)
                    other = _other_type(own, test)
                    if other is not None:
                        problem = f"this `if` also holds where {pointer} is {TYPES[other]}"
                        yield DocumentWarning(part.places["if"], problem, f"add `type: {' or '.join(own)}` to its test")


def _tests(condition: SchemaObject, pointer: str) -> Iterator[tuple[str, SchemaObject]]:
    """The fields that a condition tests, each with its schema; one without keywords tests nothing."""
    properties, items, branches = (condition.get(keyword) for keyword in ("properties", "items", "allOf"))
    named = [(below(pointer, name), test) for name, test in properties.items()] if isinstance(properties, dict) else []
    for at, test in (*named, (below(pointer, 0), items)):
        if isinstance(test, dict) and test.keys() - ANNOTATIONS:
            yield at, test
            yield from _tests(test, at)
    for branch in branches if isinstance(branches, list) else ():
        if isinstance(branch, dict):
            yield from _tests(branch, pointer)


def _own_types(schema: CompiledSchema, pointer: str) -> list[str]:
    """The types that a field may have; none where the schema does not say."""
    for part in schema.parts:
        if part.pointer == pointer and part.condition is None and "type" in part.schema:
            names = part.schema["type"]
            return [str(name) for name in (names if isinstance(names, list) else [names])]
    return []


def _other_type(own: list[str], test: SchemaObject) -> str | None:
    """A type beside the field's own of which some value passes a test; None where there is none."""
    failures = fast_failures(for_validators(test))  # type: ignore[arg-type] # a mapping stays one
    for name, values in WITNESSES.items() if own else ():
        is_own = name in own or (name == "integer" and "number" in own)
        if not is_own and any(not failures(value) for value in values):
            return name
    return None
