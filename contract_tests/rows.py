"""Valid requests that pack values of many fields: every pair of values, or every value once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from allpairspy import AllPairs

from contract_tests.allowed_values import allowed_values
from contract_tests.fields import Field, base_request, bases, fields_of
from gateway_contract.contract import Contract
from gateway_contract.pointer import placed, removed
from gateway_contract.standing import standing
from gateway_contract.values import ABSENT, Json, Nothing


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """A field with the values to give it; ABSENT leaves it out."""

    field: Field
    values: tuple[Json | Nothing, ...]


def choices(contract: Contract) -> list[Choices]:
    """For every field the values with which some valid request exists, and absence where it is allowed."""
    base = base_request(contract)
    found = []
    for field in fields_of(contract):
        values: list[Json | Nothing] = [*allowed_values(contract, field)]
        if standing(contract, removed(base, field.pointer)).valid:
            values.append(ABSENT)
        possible = [value for value in values if _possible(contract, field, value)]
        if possible:
            found.append(Choices(field, tuple(possible)))
    return found


def _possible(contract: Contract, field: Field, value: Json | Nothing) -> bool:
    return any(standing(contract, with_value(base, field.pointer, value)).valid for base in bases(contract))


def with_value(body: Json, pointer: str, value: Json | Nothing) -> Json:
    return removed(body, pointer) if value is ABSENT else placed(body, pointer, value)  # type: ignore[arg-type] # JSON


def pairwise_rows(contract: Contract) -> Iterator[Json]:
    """Valid requests in which every pair of values of two fields occurs, as far as a valid request has it."""
    options = choices(contract)
    base = base_request(contract)

    def keeps_to_contract(row: Sequence[int]) -> bool:
        return standing(contract, _request(base, options, row)).valid

    indexes = [list(range(len(option.values))) for option in options]
    if len(options) < 2:
        yield from (_request(base, options, [index]) for index in (indexes[0] if indexes else []))
        return
    for row in AllPairs(indexes, filter_func=keeps_to_contract):
        yield _request(base, options, row)


def _request(base: Json, options: Sequence[Choices], row: Sequence[int]) -> Json:
    body = base
    for option, index in zip(options, row, strict=False):
        body = with_value(body, option.field.pointer, option.values[index])
    return body


def rows_with_every_value(contract: Contract) -> Iterator[Json]:
    """Few valid requests in which every value of every field occurs once."""
    base = base_request(contract)
    left = [(option.field.pointer, value) for option in choices(contract) for value in option.values]
    while left:
        body, taken = _packed(contract, base, left)
        if not taken:
            return
        left = [entry for entry in left if entry not in taken]
        yield body


def _packed(
    contract: Contract, base: Json, left: list[tuple[str, Json | Nothing]]
) -> tuple[Json, list[tuple[str, Json | Nothing]]]:
    body = base
    taken: list[tuple[str, Json | Nothing]] = []
    used: set[str] = set()
    for pointer, value in left:
        if pointer in used:
            continue
        attempt = with_value(body, pointer, value)
        if standing(contract, attempt).valid:
            body, taken = attempt, [*taken, (pointer, value)]
            used.add(pointer)
    return body, taken
