"""Valid requests that pack values of many fields: every pair of values, or every value once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from contract_tests.planning.fields import RequestField, base_request, bases, fields_of, requested_images
from contract_tests.planning.valid_values import valid_values
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.sample import samples
from gateway_contract.contract.validity import validity_of
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import placed, read, removed

MOST_MADE = 3  # values for one field


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """A field with the values to give it; ABSENT leaves it out."""

    field: RequestField
    values: tuple[Json | Nothing, ...]


def choices(contract: Contract) -> list[Choices]:
    """For every field the values with which some valid request exists, and absence where it is allowed."""
    starts = list(bases(contract))
    found = []
    for field in fields_of(contract):
        values: list[Json | Nothing] = [*valid_values(contract, field)]
        if validity_of(contract, removed(starts[0], field.pointer)).valid:
            values.append(ABSENT)
        possible = [value for value in values if _possible(contract, starts, field, value)]
        if possible in ([], [ABSENT]) and read(starts[0], field.pointer) is ABSENT:
            possible = [*_made_values(contract, starts[0], field), *possible]
        if possible:
            found.append(Choices(field, tuple(possible)))
    return found


def _made_values(contract: Contract, start: Json, field: RequestField) -> Iterator[Json]:
    """Values made from a field's schema, that are valid alone or beside a value of one other field."""
    others = [other for other in fields_of(contract) if other is not field and read(start, other.pointer) is ABSENT]
    beside = [start, *(placed(start, other.pointer, value) for other in others for value in first(other))]
    for value in first(field):
        if any(validity_of(contract, placed(body, field.pointer, value)).valid for body in beside):
            yield value


def first(field: RequestField) -> Iterator[Json]:
    return islice(samples({**field.schema}), MOST_MADE)


def _possible(contract: Contract, starts: Iterable[Json], field: RequestField, value: Json | Nothing) -> bool:
    return any(validity_of(contract, with_value(start, field.pointer, value)).valid for start in starts)


def with_value(body: Json, pointer: str, value: Json | Nothing) -> Json:
    return removed(body, pointer) if value is ABSENT else placed(body, pointer, value)  # type: ignore[arg-type] # ABSENT is ruled out


Choice = tuple[int, int]
"""A field and one of its values, each by its place."""


def pairwise_rows(contract: Contract) -> Iterator[Json]:
    """Valid requests in which every pair of values of two fields occurs that any valid request has.

    A row begins with a pair that no row has yet, in a request with which it is valid, and takes in of each other field
    the value that brings the most such pairs. So no pair is given up for which the contract has a request.
    """
    options = choices(contract)
    left = _pairs(contract, options)
    while left:
        first, body = next(iter(left.items()))
        row = set(first)
        for place in range(len(options)):
            if place not in {chosen for chosen, _ in row}:
                body, row = _extend_row(contract, options, body, row, place, left)
        for pair in combinations(sorted(row), 2):
            left.pop(pair, None)
        yield body
    if len(options) == 1:
        yield from rows_with_every_value(contract)


def _pairs(contract: Contract, options: Sequence[Choices]) -> dict[tuple[Choice, ...], Json]:
    """Every pair of values of two fields, with the smallest valid request that has both."""
    every = [(place, value) for place, option in enumerate(options) for value in range(len(option.values))]
    starts = list(bases(contract))
    found: dict[tuple[Choice, ...], Json] = {}
    for pair in combinations(every, 2):
        if pair[0][0] != pair[1][0]:
            bodies = (_with_choices(start, options, pair) for start in starts)
            valid = next((body for body in bodies if validity_of(contract, body).valid), None)
            if valid is not None:
                found[pair] = valid
    return found


def _with_choices(body: Json, options: Sequence[Choices], chosen: Iterable[Choice]) -> Json:
    for place, value in chosen:
        body = with_value(body, options[place].field.pointer, options[place].values[value])
    return body


def _extend_row(
    contract: Contract,
    options: Sequence[Choices],
    body: Json,
    row: set[Choice],
    place: int,
    left: Mapping[tuple[Choice, ...], Json],
) -> tuple[Json, set[Choice]]:
    """A row with a value for one more field: of those that are worth most and keep it valid, one that costs least."""
    worth = {
        value: sum(tuple(sorted((other, (place, value)))) in left for other in row)
        for value in range(len(options[place].values))
    }
    attempts = {value: _with_choices(body, options, [(place, value)]) for value in worth}
    for value in sorted(worth, key=lambda value: (-worth[value], requested_images(contract, attempts[value]))):
        if validity_of(contract, attempts[value]).valid:
            return attempts[value], row | {(place, value)}
    return body, row


def rows_with_every_value(contract: Contract) -> Iterator[Json]:
    """Few valid requests in which every value of every field occurs once, if possible where it is judged."""
    base = base_request(contract)
    left = [(option.field.pointer, value) for option in choices(contract) for value in option.values]
    while left:
        body, taken = _pack_rows(contract, base, left)
        if not taken:
            return
        left = [entry for entry in left if entry not in taken]
        yield body


def _pack_rows(
    contract: Contract, base: Json, left: list[tuple[str, Json | Nothing]]
) -> tuple[Json, list[tuple[str, Json | Nothing]]]:
    body = base
    taken: list[tuple[str, Json | Nothing]] = []
    used: set[str] = set()
    for pointer, value in left:
        if pointer in used:
            continue
        attempt = with_value(body, pointer, value)
        if validity_of(contract, attempt).valid:
            body, taken = attempt, [*taken, (pointer, value)]
            used.add(pointer)
    unjudged = {field.pointer for field in contract.mapped if not field.judged_for(body)}
    # A value shows nothing in a request for which it is not judged; some are judged in none.
    return body, [entry for entry in taken if entry[0] not in unjudged] or taken
