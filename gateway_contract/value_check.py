"""Whether every value that a contract writes down for a field of the request is one that the field may hold.

A default out of its range, or an image that comes where a field has a value which it cannot have, would be a rule that
no request ever bears on.
"""

from collections.abc import Iterator
from typing import NamedTuple

from gateway_contract.contract import Contract
from gateway_contract.document import DocumentError, Place
from gateway_contract.mapping import shortened
from gateway_contract.pointer import placed
from gateway_contract.schema import Constraint
from gateway_contract.standing import NOT_JUDGED, standing
from gateway_contract.values import Json


class Stated(NamedTuple):
    """A value that a contract writes down, the field that it is for, and what it stands there as."""

    what: str
    pointer: str
    value: Json
    place: Place


def check_values(contract: Contract) -> None:
    """Raises DocumentError at the first value that its field may not hold, or example that is no right request."""
    for stated in _stated(contract):
        broken = next(_broken(contract, stated), None)
        if broken is not None:
            said = f"{stated.what} {shortened(stated.value)}: {stated.pointer} may not hold it"
            raise DocumentError(stated.place, said, _bound(broken))
    for example in contract.examples:
        broken = next(iter(standing(contract, example.body).broken), None)
        if broken is not None:
            said = f"the example {example.name} breaks the contract at {broken.pointer or 'the body'}"
            raise DocumentError(example.place, said, _bound(broken))


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
    for field in contract.mapped:
        for value in field.preserve:
            yield Stated("preserve", field.pointer, value, field.place)
    for carrier in contract.images.carriers if contract.images is not None else ():
        yield Stated("x-present-when", carrier.asked_by, carrier.value, carrier.place)
    for mock in contract.mock_values.values():
        if mock.when is not None:
            yield Stated("x-mock", *mock.when, mock.place)
