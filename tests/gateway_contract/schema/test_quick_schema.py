"""What a schema with patterns in place of our own keywords takes is valid by the schema itself."""

from math import isqrt

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contract.contract.definition import Contract
from gateway_contract.schema.constraint import pixels_problem
from gateway_contract.schema.quick_schema import quick_schema
from gateway_contract.values.json_value import Json
from gateway_contract.values.size import is_image_size

SIDES = st.integers(1, 3000) | st.integers(1, 10**7)
SIZES = st.builds("{}{}{}".format, SIDES, st.sampled_from(["*", "x", "X", "**", ""]), SIDES) | st.sampled_from(
    ["01*1", "1*1\n", " 1*1", "", "1*1x1", "1K"]
)
BOUNDS = st.fixed_dictionaries({}, optional={end: st.integers(1, 5 * 10**6) for end in ("minimum", "maximum")})


def is_valid_quickly(schema: dict[str, Json], value: Json) -> bool:
    return jsonschema_rs.Draft202012Validator(quick_schema(schema)).is_valid(value)


@given(bounds=BOUNDS, size=SIZES | st.none() | st.integers())
def test_a_size_that_is_taken_is_within_its_bounds(bounds: dict[str, int], size: Json) -> None:
    if is_valid_quickly({"x-pixels": dict(bounds)}, size):
        assert pixels_problem(bounds, size) is None


@given(size=SIZES | st.none())
def test_the_pattern_of_sizes_takes_what_the_format_takes(size: Json) -> None:
    assert is_valid_quickly({"format": "image-size"}, size) is is_image_size(size)
    assert is_valid_quickly({"not": {"format": "image-size"}}, size) is not is_image_size(size)


@pytest.mark.parametrize("keyword", ["if", "not"])
def test_bounds_stay_where_being_stricter_would_make_more_valid(keyword: str) -> None:
    schema: dict[str, Json] = {keyword: {"x-pixels": {"minimum": 4}}}
    assert quick_schema(schema) == schema


@pytest.mark.parametrize("bound", [1, 2, 99, 100, 262144, 4194304, 10**14])
def test_a_square_on_its_bounds_is_taken(bound: int) -> None:
    least, most = isqrt(bound - 1) + 1, isqrt(bound)
    assert is_valid_quickly({"x-pixels": {"minimum": bound}}, f"{least}*{least}")
    assert is_valid_quickly({"x-pixels": {"maximum": bound}}, f"{most}x{most}")


def test_real_contracts_need_no_python_for_usual_sizes(powertokens: Contract, powerbuyin: Contract) -> None:
    for contract in (powertokens, powerbuyin):
        valid = [one.body for one in contract.examples if not contract.request.broken(one.body)]
        assert valid
        assert all(is_valid_quickly(contract.request.schema, body) for body in valid)
