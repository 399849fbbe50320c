"""The same request for images in each of their forms: as links and within the response."""

import sys
from collections.abc import Iterator
from functools import partial

from contract_tests.client.case import Case, json_case
from contract_tests.planning.fields import base_request, fields_of, requested_images
from contract_tests.planning.valid_values import valid_values
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.traffic.exchange import Relation
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import placed, read
from gateway_contract.values.size import parse_size


def image_form_cases(contract: Contract) -> Iterator[Case]:
    """A request for each form, where there are several. The others are compared with the first."""
    if contract.images is None:
        return
    body = _repeatable(contract, _with_small_images(contract, base_request(contract)))
    named = [(field.key, placed(body, field.asked_by, field.value)) for field in contract.images.image_fields]
    forms = [(f"the same images as {key}", form) for key, form in named if validity_of(contract, form).valid]
    for number, (name, form) in enumerate(forms if len(forms) > 1 else ()):
        first = None if number == 0 else (Relation.OTHER_FORM, forms[0][0])
        yield json_case(name, form, images=requested_images(contract, form), same_pictures=True, compared=first)


def _with_small_images(contract: Contract, body: Json) -> Json:
    """The request for images of the fewest pixels that the contract allows: comparing them takes time."""
    size = None if contract.images is None else contract.images.size
    if size is None:
        return body
    return min(_with_values(contract, body, size.pointer), key=partial(_pixels, size.pointer), default=body)


def _pixels(pointer: str, body: Json) -> int:
    size = parse_size(str(read(body, pointer)))
    return sys.maxsize if size is None else size.width * size.height


def _repeatable(contract: Contract, body: Json) -> Json:
    """The request with a value for the field that makes images repeatable, where there is one."""
    variation = None if contract.upstream is None else contract.upstream.drawing.variation
    field = next((field for field in contract.mapped if field.upstream == variation), None)
    return body if field is None else next(_with_values(contract, body, field.pointer), body)


def _with_values(contract: Contract, body: Json, pointer: str) -> Iterator[Json]:
    """The request with each value of a field with which it is valid."""
    values = [
        value for field in fields_of(contract) if field.pointer == pointer for value in valid_values(contract, field)
    ]
    return (found for value in values if validity_of(contract, found := placed(body, pointer, value)).valid)
