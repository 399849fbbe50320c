"""JSON values are equal as JSON Schema says, and nothing is apart from null."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, same

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 0.5]) | st.text(max_size=2)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=1), inner, max_size=3)
)


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, 1.0), ([1, {"a": 2}], [1.0, {"a": 2.0}]), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), (None, None), ("", "")],
)
def test_numbers_are_equal_by_their_value_and_objects_in_any_order(left: Json, right: Json) -> None:
    assert same(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        *[(1, True), (0, False), (False, None), ("", None), (1, "1"), ([], {}), ({}, None)],
        *[([1], [True]), ([1], [1, 1]), ([1, 2], [2, 1]), ({"a": 0}, {"a": False}), ({"a": 1}, {"b": 1})],
        (None, ABSENT),
    ],
)
def test_nothing_else_is_equal(left: Json, right: Json) -> None:
    assert not same(left, right)
    assert not same(right, left)


@given(left=JSON, right=JSON)
def test_equality_goes_both_ways_and_everything_equals_itself(left: Json, right: Json) -> None:
    assert same(left, left)
    assert same(left, right) == same(right, left)


def test_what_is_not_there_is_neither_null_nor_unobserved() -> None:
    assert len({ABSENT, UNOBSERVED, None}) == 3
