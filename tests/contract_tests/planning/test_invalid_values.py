"""For every keyword that a contract may use there are values that break it, the nearest to its bound first."""

from pathlib import Path

import pytest

from contract_tests.planning.invalid_values import CANDIDATES, WRONG_TYPES, forbidden_values, neighbour
from gateway_contract.document.node import Place
from gateway_contract.schema.constraint import Constraint, fast_failures
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.size import parse_size

BROKEN: list[tuple[str, Json]] = [
    ("enum", ["b64_json", "url"]), ("const", "user"), ("minimum", 0), ("minimum", 0.5), ("maximum", 2147483647),
    ("exclusiveMinimum", 0), ("exclusiveMaximum", 1), ("multipleOf", 8), ("maxLength", 40), ("minLength", 1),
    ("maxItems", 3), ("minItems", 1), ("format", "image-size"), ("pattern", "^[a-z]+$"),
    ("x-pixels", {"minimum": 262144}), ("x-pixels", {"maximum": 4194304}),
    ("x-aspect", {"minimum": 0.125}), ("x-aspect", {"maximum": 8}),
    *(("type", name) for name in WRONG_TYPES),
]  # fmt: skip


def constraint(keyword: str, value: Json) -> Constraint:
    if isinstance(value, dict):
        ((end, value),) = value.items()
        keyword = f"{keyword}/{end}"
    place = Place(Path("made-up.yaml"), 1)
    return Constraint(
        keyword, value, "/part", "part", False, None, None, None, frozenset({"refuse"}), {}, place  # noqa: FBT003 # a JSON value
    )  # fmt: skip


@pytest.mark.parametrize(("keyword", "value"), BROKEN, ids=str)
def test_the_validator_refuses_what_is_offered_for(keyword: str, value: Json) -> None:
    failures = fast_failures({keyword: value})
    offered = [one for one in forbidden_values(constraint(keyword, value)) if one is not ABSENT]
    assert any(failures(one) for one in offered)  # type: ignore[arg-type] # JSON, as ABSENT is left out


def test_a_bound_is_broken_next_to_it() -> None:
    assert next(forbidden_values(constraint("minimum", 0))) == -1
    assert next(forbidden_values(constraint("maximum", 2147483647))) == 2147483648


def test_a_length_is_broken_by_one_character_in_two_scripts() -> None:
    offered = [str(value) for value in forbidden_values(constraint("maxLength", 800))]
    assert [(len(text), text.isascii()) for text in offered] == [(801, True), (801, False)]


def test_pixels_are_broken_by_one_row_or_one_column_square_wide_and_tall() -> None:
    few = list(map(parse_size, map(str, forbidden_values(constraint("x-pixels", {"minimum": 512 * 512})))))
    many = list(map(parse_size, map(str, forbidden_values(constraint("x-pixels", {"maximum": 2048 * 2048})))))
    assert all(size is not None and size.pixels < 512 * 512 for size in few)
    assert all(size is not None and size.pixels > 2048 * 2048 for size in many)
    for sizes in (few, many):
        aspects = [size.aspect for size in sizes if size is not None]
        assert min(aspects) < 0.1
        assert max(aspects) > 3


def test_no_wrong_type_is_one_that_is_right() -> None:
    for name, values in WRONG_TYPES.items():
        failures = fast_failures({"type": name})
        assert all(failures(value) for value in values)


def test_a_required_part_is_broken_by_leaving_it_out() -> None:
    assert list(forbidden_values(constraint("required", value=True))) == [ABSENT]


def test_a_forbidden_part_is_broken_by_anything_in_it_empty_things_too() -> None:
    offered = list(forbidden_values(constraint("forbidden", value=False)))
    assert {} in offered
    assert False in offered
    assert {"part": 1} in offered


def test_a_keyword_that_nobody_knows_to_break_has_no_values() -> None:
    assert "uniqueItems" not in CANDIDATES
    assert list(forbidden_values(constraint("uniqueItems", value=True))) == []


@pytest.mark.parametrize(("text", "next_one"), [("1664*928", "1664*929"), ("b64_json", "b65_json"), ("url", "url")])
def test_a_neighbour_has_the_same_form(text: str, next_one: str) -> None:
    assert neighbour(text) == next_one
