"""Valid requests that pack values of many fields: every combination of two or three values, or every value once."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product

from contract_tests.planning.covering_array import Choice, Combination, Row, covering_array
from contract_tests.planning.fields import RequestField, base_request, bases, fields_of, requested_images
from contract_tests.planning.valid_values import ODD, valid_values
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.sample import samples
from gateway_contract.contract.validity import validity_of
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.values.json_value import ABSENT, Json, Nothing, same
from gateway_contract.values.pointer import leaves, placed, read, removed

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


def covering_rows(contract: Contract, strength: int) -> Iterator[Json]:
    """Valid requests in which every combination of values of `strength` fields occurs that any valid request has.

    No combination is given up for which the contract has a request: where a row that should have it is invalid as a
    whole, a row begins with it and takes in of each other field the value that brings the most missing combinations.
    """
    columns, starts = longest_first(contract), list(bases(contract))
    wanted = valid_combinations(contract, starts, columns, min(strength, len(columns)))
    cost = {
        (place, value): requested_images(contract, _with_choices(starts[0], columns, [(place, value)]))
        for place, column in enumerate(columns)
        for value in range(len(column.values))
    }
    left = dict(wanted)
    for row in covering_array([len(column.values) for column in columns], wanted, cost):
        found = next(_valid_bodies(contract, starts, columns, row.items()), None)
        if found is not None:
            yield from _completed(contract, columns, found, row, left)
    while left:
        first = next(iter(left))
        yield from _completed(contract, columns, left[first], dict(first), left)


def longest_first(contract: Contract) -> list[Choices]:
    """The fields with their values, most values first."""
    return sorted(choices(contract), key=lambda found: -len(found.values))


def valid_combinations(
    contract: Contract, starts: Sequence[Json], columns: Sequence[Choices], strength: int
) -> dict[Combination, Json]:
    """Every combination of values of so many fields with which one of the smallest requests, `starts`, is valid.

    Each stands with that request.
    """
    places = [[(place, value) for value in range(len(column.values))] for place, column in enumerate(columns)]
    found: dict[Combination, Json] = {}
    for some in combinations(places, strength) if strength else ():
        for combination in product(*some):
            body = next(_valid_bodies(contract, starts, columns, combination), None)
            if body is not None:
                found[combination] = body
    return found


def _valid_bodies(
    contract: Contract, starts: Iterable[Json], columns: Sequence[Choices], chosen: Collection[Choice]
) -> Iterator[Json]:
    """The smallest requests with some values, as far as they are valid."""
    attempts = (_with_choices(start, columns, chosen) for start in starts)
    return (body for body in attempts if validity_of(contract, body).valid)


def _with_choices(body: Json, columns: Sequence[Choices], chosen: Iterable[Choice]) -> Json:
    for place, value in chosen:
        body = with_value(body, columns[place].field.pointer, columns[place].values[value])
    return body


def _completed(
    contract: Contract, columns: Sequence[Choices], body: Json, row: Row, left: dict[Combination, Json]
) -> Iterator[Json]:
    """A row with values for its missing fields, if it has combinations that are left; these it takes from `left`."""
    strength = len(next(iter(left), ()))
    for place in range(len(columns)):
        if place not in row:
            body = _extend_row(contract, columns, body, row, place, left)
    had = [found for found in combinations(sorted(row.items()), strength) if found in left]
    for found in had:
        del left[found]
    if had:
        yield body


def _extend_row(
    contract: Contract,
    columns: Sequence[Choices],
    body: Json,
    row: Row,
    place: int,
    left: Mapping[Combination, Json],
) -> Json:
    """The body with a value for one more field, that is put into the row, too.

    Of the values that are worth most and keep it valid, one that costs least; none where none keeps it valid.
    """
    others = list(combinations(row.items(), len(next(iter(left), ((),))) - 1))
    values = range(len(columns[place].values))
    worth = [sum(tuple(sorted((*other, (place, value)))) in left for other in others) for value in values]
    attempts = [_with_choices(body, columns, [(place, value)]) for value in values]
    for value in sorted(values, key=lambda value: (-worth[value], requested_images(contract, attempts[value]))):
        if validity_of(contract, attempts[value]).valid:
            row[place] = value
            return attempts[value]
    return body


def with_unique_integers(contract: Contract, rows: Iterable[Json]) -> Iterator[Json]:
    """The rows with another large odd integer at each place that holds one, so that each shows whose it is."""
    unique = iter(range(ODD, 0, -2))
    for row in rows:
        body = row
        for pointer, value in leaves(row):
            changed = placed(body, pointer, next(unique)) if same(value, ODD) else body
            body = changed if validity_of(contract, changed).valid else body
        yield body


def rows_with_every_value(contract: Contract, others: Sequence[Json] = ()) -> Iterator[Json]:
    """Few valid requests that have, with some others, every value of every field, if possible where it is judged."""
    base = base_request(contract)
    left = [
        (option.field.pointer, value)
        for option in choices(contract)
        for value in option.values
        if not any(_has_value(contract, body, option.field.pointer, value) for body in others)
    ]
    while left:
        body, taken = pack_values(contract, base, left)
        if not taken:
            return
        left = [entry for entry in left if entry not in taken]
        yield body


def _has_value(contract: Contract, body: Json, pointer: str, value: Json | Nothing) -> bool:
    """Whether a body shows a value, or its absence for ABSENT, so that no other body can show more of it."""
    has, field = read(body, pointer), contract.mapping_of(pointer)
    if has is ABSENT or value is ABSENT:
        return has is value
    is_limit = any(
        one.pointer == pointer and one.condition is not None and not one.condition.holds(body)
        for one in contract.request.constraints.values()
        if any(same(value, limit) for limit in KEYWORDS[one.keyword].boundary(one.value))
    )
    return same(has, value) and (field is None or field.judged_for(body)) and not is_limit


def pack_values(
    contract: Contract, base: Json, left: list[tuple[str, Json | Nothing]]
) -> tuple[Json, list[tuple[str, Json | Nothing]]]:
    """A request with as many of some values as go together, the first ones first, and those that it shows."""
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
