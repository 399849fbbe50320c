"""For every keyword that a contract may use there are values that break it, the nearest to its bound first."""

import pytest

from gateway_contract.schema.constraint import fast_failures
from gateway_contract.schema.keyword_type import Candidate
from gateway_contract.schema.keyword_values import FALSY, WRONG_TYPES, neighbour, other_case, shapes
from gateway_contract.schema.keywords import KEYWORDS
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


def invalid(keyword: str, value: Json) -> list[Candidate]:
    if isinstance(value, dict):
        ((end, value),) = value.items()
        keyword = f"{keyword}/{end}"
    return list(KEYWORDS[keyword].invalid(value))


@pytest.mark.parametrize(("keyword", "value"), BROKEN, ids=str)
def test_the_validator_refuses_what_is_offered_for(keyword: str, value: Json) -> None:
    failures = fast_failures({keyword: value})
    offered = [one for one in invalid(keyword, value) if one is not ABSENT]
    assert any(failures(one) for one in offered)


def test_a_bound_is_broken_next_to_it() -> None:
    assert invalid("minimum", 0)[0] == -1
    assert invalid("maximum", 2147483647)[0] == 2147483648


def test_a_length_is_broken_by_one_character_in_two_scripts() -> None:
    offered = [str(value) for value in invalid("maxLength", 800)]
    assert [(len(text), text.isascii()) for text in offered] == [(801, True), (801, False)]


def test_pixels_are_broken_by_one_row_or_one_column_square_wide_and_tall() -> None:
    few = list(map(parse_size, map(str, invalid("x-pixels", {"minimum": 512 * 512}))))
    many = list(map(parse_size, map(str, invalid("x-pixels", {"maximum": 2048 * 2048}))))
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


@pytest.mark.parametrize("name", WRONG_TYPES)
def test_a_type_is_broken_by_every_falsy_value_of_another_type(name: str) -> None:
    failures = fast_failures({"type": name})
    assert [value for value in FALSY if failures(value) and value not in invalid("type", name)] == []


def test_types_that_a_list_allows_are_not_offered() -> None:
    offered = invalid("type", ["string", "null"])
    assert not [value for value in offered if isinstance(value, str)]
    assert {7, False} <= {value for value in offered if isinstance(value, int)}


def test_a_list_is_broken_by_its_values_in_other_case_and_with_blanks_around() -> None:
    offered = invalid("enum", ["url", "b64_json", ""])
    assert {"URL", "B64_JSON", " url", "url ", "url\n", False} <= {
        one for one in offered if isinstance(one, str | bool)
    }
    assert "" not in offered
    assert other_case("URL") == "url"


def test_a_size_is_broken_by_nothing_by_words_and_by_digits_of_another_script() -> None:
    assert {"", "auto", "1024*1024\n", "\u0967\u0966\u0968\u096a*1024"} <= set(
        map(str, invalid("format", "image-size"))
    )


def test_a_required_part_is_broken_by_leaving_it_out() -> None:
    assert invalid("required", "part") == [ABSENT]


def test_a_forbidden_part_is_broken_by_anything_in_it_empty_things_too() -> None:
    offered = invalid("forbidden", "part")
    assert {} in offered
    assert False in offered
    assert {"part": 1} in offered


def test_a_keyword_without_known_invalid_values_has_none() -> None:
    assert invalid("uniqueItems", value=True) == []


@pytest.mark.parametrize(("text", "next_one"), [("1664*928", "1664*929"), ("b64_json", "b65_json"), ("url", "url")])
def test_a_neighbour_has_the_same_form(text: str, next_one: str) -> None:
    assert neighbour(text) == next_one


@pytest.mark.parametrize("pixels", [1, 7, 64, 589824, 262144, 4194304, 1048576])
def test_a_shape_has_the_product_to_the_pixel(pixels: int) -> None:
    assert {width * height for width, height in shapes(pixels)} == {pixels}
