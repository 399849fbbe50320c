"""Valid requests that pack values: every pair or triple that some valid request has, or every value once."""

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from contract_tests.planning.covering_array import lower_bound
from contract_tests.planning.fields import base_request, bases, requested_images
from contract_tests.planning.valid_rows import (
    choices,
    covering_rows,
    longest_first,
    rows_with_every_value,
    valid_combinations,
    with_value,
)
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import load_contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.values.json_value import ABSENT, Json, Nothing, same
from gateway_contract.values.pointer import read
from tests.contract_tests.three_contracts import CONTRACTS, POWERBUYIN, POWERTOKENS, each_contract, with_plus

Part = tuple[str, Json | Nothing]


def has(row: Json, part: Part) -> bool:
    pointer, value = part
    seen = read(row, pointer)
    return seen is value if ABSENT in (seen, value) else same(seen, value)


def parts(contract: Contract) -> list[list[Part]]:
    """For each field its values, each with the field."""
    return [[(option.field.pointer, value) for value in option.values] for option in choices(contract)]


@cache
def pair_rows(contract: Contract) -> tuple[Json, ...]:
    return tuple(covering_rows(contract, 2))


def possible_pairs(contract: Contract) -> Iterator[tuple[Part, Part]]:
    """By brute force: every two values of two fields with which one of the smallest requests is valid."""
    starts = list(bases(contract))
    for left, right in combinations(parts(contract), 2):
        for one in left:
            for other in right:
                tried = (with_value(with_value(base, *one), *other) for base in starts)
                if any(validity_of(contract, body).valid for body in tried):
                    yield one, other


@pytest.mark.parametrize("contract", [*CONTRACTS, with_plus()], ids=["powertokens", "powerbuyin", "paintbox", "plus"])
def test_every_pair_of_values_that_a_valid_request_can_have_occurs(contract: Contract) -> None:
    rows = pair_rows(contract)
    pairs = list(possible_pairs(contract))
    assert len(pairs) > max(500, 6 * len(rows))
    assert [pair for pair in pairs if not any(has(row, pair[0]) and has(row, pair[1]) for row in rows)] == []


@pytest.mark.parametrize("contract", [POWERTOKENS, POWERBUYIN], ids=["powertokens", "powerbuyin"])
def test_every_valid_triple_occurs_in_few_rows(contract: Contract) -> None:
    rows = list(covering_rows(contract, 3))
    triples = list(possible_combinations(contract, 3))
    texts = [[one_text(read(row, field.field.pointer)) for field in longest_first(contract)] for row in rows]
    had = {triple for text in texts for triple in combinations(enumerate(text), 3)}
    assert triples
    assert [triple for triple in triples if triple not in had] == []
    assert len(rows) <= 1.25 * bound(contract, 3)
    assert all(validity_of(contract, row).valid for row in rows)


@pytest.mark.parametrize("contract", [POWERTOKENS, POWERBUYIN], ids=["powertokens", "powerbuyin"])
def test_every_valid_pair_takes_hardly_more_rows_than_the_lower_bound(contract: Contract) -> None:
    assert len(pair_rows(contract)) <= 1.05 * bound(contract, 2)


def test_the_same_contract_gives_the_same_rows() -> None:
    assert tuple(covering_rows(POWERTOKENS, 2)) == pair_rows(POWERTOKENS)


def one_text(value: Json | Nothing) -> str:
    return "" if value is ABSENT else repr(value)


def possible_combinations(contract: Contract, strength: int) -> Iterator[tuple[tuple[int, str], ...]]:
    columns, starts = longest_first(contract), list(bases(contract))
    for combination in valid_combinations(contract, starts, columns, strength):
        yield tuple((place, one_text(columns[place].values[value])) for place, value in combination)


def bound(contract: Contract, strength: int) -> int:
    return lower_bound(valid_combinations(contract, list(bases(contract)), longest_first(contract), strength))


@each_contract
def test_every_row_is_valid_and_none_comes_twice(contract: Contract) -> None:
    for rows in (pair_rows(contract), tuple(rows_with_every_value(contract))):
        assert all(validity_of(contract, row).valid for row in rows)
        assert not any(same(one, other) for one, other in combinations(rows, 2))


@each_contract
def test_few_rows_have_every_value_once(contract: Contract) -> None:
    rows = list(rows_with_every_value(contract))
    for field in parts(contract):
        assert all(any(has(row, part) for row in rows) for part in field)
    assert len(rows) <= max(map(len, parts(contract))) + 2


def test_every_value_once_costs_few_images() -> None:
    rows = rows_with_every_value(POWERTOKENS)
    assert sum(requested_images(POWERTOKENS, row) for row in rows) <= 30


@each_contract
def test_a_field_that_may_be_left_out_is_left_out(contract: Contract) -> None:
    for option in choices(contract):
        required = read(base_request(contract), option.field.pointer) is not ABSENT
        assert (ABSENT in option.values) is not required


ONE_FIELD = """\
openapi: 3.1.0
info: {title: Coin, version: 1.0.0}
paths:
  /toss:
    post:
      operationId: toss
      x-clause: C-1
      requestBody:
        content:
          application/json:
            schema:
              type: object
              x-clause: C-1
              required: [tosses]
              properties: {tosses: {type: integer, enum: [1, 2], x-clause: C-1}}
            examples: {first: {x-clause: C-1, value: {tosses: 1}}}
      responses:
        "200":
          description: Tossed.
          content:
            application/json:
              schema:
                type: object
                x-clause: C-1
                properties:
                  faces:
                    type: array
                    x-length: $request.body#/tosses
                    x-clause: C-1
                    items:
                      type: object
                      x-clause: C-1
                      properties: {face: {type: string, x-clause: C-1, x-present-when: {"$request.body#/tosses": 1}}}
x-clauses: {C-1: {level: documented, says: a coin is tossed}}
"""


def test_a_contract_with_one_field_has_a_row_for_each_of_its_values(tmp_path: Path) -> None:
    path = tmp_path / "coin.yaml"
    path.write_text(ONE_FIELD, "utf-8")
    contract = load_contract(path)
    assert list(covering_rows(contract, 2)) == [{"tosses": 1}, {"tosses": 2}]
    assert requested_images(contract, {"tosses": 2}) == 2


def test_every_value_stands_in_a_row_where_it_is_judged() -> None:
    (field,) = [one for one in POWERTOKENS.mapped if one.subject == "prompt_extend"]
    rows = [row for row in rows_with_every_value(POWERTOKENS) if field.judged_for(row)]
    assert {True, False} <= {read(row, field.pointer) for row in rows}
