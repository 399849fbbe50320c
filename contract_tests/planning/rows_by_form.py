"""Rows for images in each of their forms by each model: a fault of one form may lie with one model only."""

from collections.abc import Iterable, Iterator, Sequence

from contract_tests.planning.fields import asks_for, bases, listed_values
from contract_tests.planning.valid_rows import choices, pack_values
from gateway_contract.contract.definition import Contract, ImageField
from gateway_contract.contract.validity import validity_of
from gateway_contract.values.json_value import ABSENT, Json, Nothing, same
from gateway_contract.values.pointer import placed, read


def rows_in_each_form(contract: Contract, rows: Iterable[Json], others: Sequence[Json]) -> Iterator[Json]:
    """The rows, which ask for images in all forms, and as few more as it takes that each model is asked for each form.

    A row that says no form asks for the one that its model was asked for least so far, beside a size. `others` are
    requests that are sent as well. What is a model here is every combination of values of the required fields that the
    contract lists.
    """
    sent = list(others)
    for row in rows:
        sent.append(_in_rarest_form(contract, row, sent))
        yield sent[-1]
    forms = () if contract.images is None else contract.images.image_fields
    for base in bases(contract) if len(forms) > 1 else ():
        for form in forms:
            start = placed(base, form.asked_by, form.value)
            if validity_of(contract, start).valid and not any(_shows(contract, one, base, form) for one in sent):
                sent.append(pack_values(contract, start, _unsent_values(contract, base, sent))[0])
                yield sent[-1]


def _in_rarest_form(contract: Contract, row: Json, sent: Sequence[Json]) -> Json:
    forms = () if contract.images is None else contract.images.image_fields
    if any(read(row, form.asked_by) is not ABSENT for form in forms):
        return row
    by_form = [(form, placed(row, form.asked_by, form.value)) for form in forms]
    possible = [
        (sum(_shows(contract, one, row, form) for one in sent), number, body)
        for number, (form, body) in enumerate(by_form)
        if validity_of(contract, body).valid
    ]
    return min(possible, key=lambda found: found[:2])[2] if len(possible) > 1 else row


def _shows(contract: Contract, body: Json, base: Json, form: ImageField) -> bool:
    """Whether a request to the same model asks for a form and, where there is such a field, for a size."""
    size = None if contract.images is None else contract.images.size
    has_size = size is None or read(body, size.pointer) is not ABSENT
    return has_size and _is_to_same_model(contract, body, base) and asks_for(contract, form, body)


def _is_to_same_model(contract: Contract, body: Json, base: Json) -> bool:
    return listed_values(contract, body) == listed_values(contract, base)


def _unsent_values(contract: Contract, base: Json, sent: Sequence[Json]) -> list[tuple[str, Json | Nothing]]:
    """The values to pack into a request to a model for one image: those that it was not sent first."""
    to_model = [body for body in sent if _is_to_same_model(contract, body, base)]
    images = contract.images
    fixed = set() if images is None else {images.count, *(form.asked_by for form in images.image_fields)}
    values = [
        (option.field.pointer, value)
        for option in choices(contract)
        for value in option.values
        if value is not ABSENT and option.field.pointer not in fixed and read(base, option.field.pointer) is ABSENT
    ]
    return sorted(values, key=lambda entry: any(_has(body, *entry) for body in to_model))


def _has(body: Json, pointer: str, value: Json | Nothing) -> bool:
    found = read(body, pointer)
    return found is not ABSENT and value is not ABSENT and same(found, value)
