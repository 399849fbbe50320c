"""A size is two whole numbers of pixels around one separator, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contract.values.size import Size, is_image_size, parse_size

SIDES = st.integers(1, 10**12 - 1)


@given(width=SIDES, height=SIDES, separator=st.sampled_from("*x"))
def test_every_size_is_read_back_in_either_form(width: int, height: int, separator: str) -> None:
    size = parse_size(f"{width}{separator}{height}")
    assert size == Size(width, height)
    assert str(size) == f"{width}*{height}"


def test_a_size_knows_its_product_and_its_shape() -> None:
    assert (Size(200, 100).pixels, Size(200, 100).aspect) == (20_000, 2)


@pytest.mark.parametrize(
    "text",
    [
        *["", "*", "x", "1024", "1024*", "*1024", "1024X1024", "1024×1024", "1024*1024*1024", "1024*x1024", "1x2*3"],
        *["0*1024", "1024*0", "01024*1024", "-1*5", "+1*5", "1.0*5", " 1*5", "1*5 ", "1*5\n", "1*5px", "big", "1e3*5"],
        *["١*٢", "²*5", "1*" + 13 * "9"],
    ],
)
def test_other_text_names_no_size(text: str) -> None:
    assert parse_size(text) is None
    assert not is_image_size(text)


@pytest.mark.parametrize("value", [None, 5, 1.5, True, ["1*1"], {"a": 1}])
def test_the_format_says_nothing_of_values_that_are_no_text(value: object) -> None:
    assert is_image_size(value)
    assert parse_size(value) is None
