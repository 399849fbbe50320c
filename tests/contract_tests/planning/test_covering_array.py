"""Few rows with every wanted combination, and none that is not wanted."""

from itertools import combinations, product

import pytest

from contract_tests.planning.covering_array import Combination, covering_array, lower_bound


def wanted_of(sizes: list[int], strength: int, forbidden: set[Combination]) -> dict[Combination, None]:
    """All combinations of so many values that have no forbidden pair."""
    columns = [[(place, value) for value in range(size)] for place, size in enumerate(sizes)]
    every = (found for some in combinations(columns, strength) for found in product(*some))
    return dict.fromkeys(found for found in every if not forbidden & set(combinations(found, 2)))


@pytest.mark.parametrize("strength", [2, 3])
@pytest.mark.parametrize("forbidden", [set(), {((0, 1), (3, 0)), ((0, 2), (3, 0)), ((1, 0), (2, 1))}])
def test_every_wanted_combination_occurs_and_no_other(strength: int, forbidden: set[Combination]) -> None:
    sizes = [5, 4, 4, 3, 2, 2]
    wanted = wanted_of(sizes, strength, forbidden)
    rows = covering_array(sizes, wanted, dict.fromkeys(product(range(6), range(5)), 1))
    assert {found for row in rows for found in combinations(sorted(row.items()), strength)} == set(wanted)
    assert lower_bound(wanted) <= len(rows) <= 1.25 * lower_bound(wanted)


def test_the_lower_bound_is_the_largest_number_of_combinations_of_the_same_columns() -> None:
    assert lower_bound(wanted_of([5, 4, 3], 2, set())) == 20
    assert lower_bound(wanted_of([5, 4, 3], 2, {((0, value), (1, 0)) for value in range(5)})) == 15
    assert lower_bound({}) == 0


def test_of_values_that_are_worth_as_much_the_cheap_one_is_taken() -> None:
    sizes = [3, 3, 2]
    cost = {(2, 0): 9, **{(column, value): 1 for column in range(3) for value in range(3) if (column, value) != (2, 0)}}
    rows = covering_array(sizes, wanted_of(sizes, 2, set()), cost)
    assert len(rows) == 9
    assert sum(row[2] == 0 for row in rows) <= 4


def test_nothing_wanted_takes_no_row() -> None:
    assert covering_array([], {}, {}) == covering_array([3, 2], {}, {}) == []
