"""Bounds on pixels and on shape hold at their ends, and say nothing of what is no size."""

import pytest

from gateway_contract.schema.constraint import SIZE_KEYWORDS, aspect_problem, pixels_problem

BOUNDS = {"minimum": 100, "maximum": 400}


@pytest.mark.parametrize("size", ["10*10", "20x20", "1*400", "100*1", "99999", "big", None, 5])
def test_the_bounds_themselves_are_inside_and_no_size_is_not_outside(size: object) -> None:
    assert pixels_problem(BOUNDS, size) is None


@pytest.mark.parametrize(("size", "problem"), [("9*11", "99 pixels, below 100"), ("401x1", "401 pixels, above 400")])
def test_a_pixel_more_or_less_is_outside(size: str, problem: str) -> None:
    assert pixels_problem(BOUNDS, size) == problem


def test_a_bound_alone_leaves_the_other_end_open() -> None:
    assert pixels_problem({"minimum": 100}, "1000*1000") is None
    assert pixels_problem({"maximum": 400}, "1*1") is None


@pytest.mark.parametrize(
    ("size", "problem"),
    [
        ("100*800", None),
        ("800*100", None),
        ("99*800", "0.12375 width / height, below 0.125"),
        ("801*100", "8.01 width / height, above 8"),
        (None, None),
    ],
)
def test_a_shape_is_width_over_height(size: object, problem: str | None) -> None:
    assert aspect_problem({"minimum": 0.125, "maximum": 8}, size) == problem


def test_each_keyword_has_its_measure() -> None:
    assert {"x-pixels": pixels_problem, "x-aspect": aspect_problem} == SIZE_KEYWORDS
