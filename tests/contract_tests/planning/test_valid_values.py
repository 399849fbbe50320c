"""The values that a field is tried with, from the contract alone: at its bounds, and the ones that are easily lost."""

import pytest

from contract_tests.planning.fields import fields_of
from contract_tests.planning.valid_values import valid_values
from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from gateway_contract.values.sample_texts import AWKWARD
from gateway_contract.values.size import parse_size
from tests.contract_tests.three_contracts import PAINTBOX, POWERBUYIN, POWERTOKENS, each_contract, with_plus


def values(contract: Contract, pointer: str) -> tuple[Json, ...]:
    return valid_values(contract, next(field for field in fields_of(contract) if field.pointer == pointer))


def texts(contract: Contract, pointer: str) -> list[str]:
    return [str(value) for value in values(contract, pointer)]


def test_an_integer_is_tried_at_its_bounds_and_where_it_is_easily_lost() -> None:
    assert {1, 2, 6} <= set(values(POWERTOKENS, "/n"))
    assert {0, 2147483645, 2147483647} <= set(values(POWERTOKENS, "/seed"))
    assert {0, 99} <= set(values(PAINTBOX, "/chaos"))


def test_a_field_without_bounds_is_tried_at_its_upstreams() -> None:
    assert {0, 2147483647} <= set(values(POWERBUYIN, "/seed"))


def test_a_switch_is_tried_on_and_off_and_the_one_that_gets_lost_first() -> None:
    assert values(POWERTOKENS, "/watermark") == (False, True)


@pytest.mark.parametrize(("pointer", "limit"), [("/prompt", 800), ("/negative_prompt", 500)])
def test_a_text_is_tried_at_its_limit_exactly_in_english_and_in_chinese(pointer: str, limit: int) -> None:
    long = [text for text in texts(POWERTOKENS, pointer) if len(text) == limit]
    assert [text[20:].isascii() for text in long] == [False, True]
    assert all(len(text.encode("utf-16-le")) == 2 * limit for text in long)


@each_contract
def test_every_text_is_tried_with_what_careless_gateways_spoil(contract: Contract) -> None:
    for pointer in contract.marks:
        assert any(text.endswith(AWKWARD) for text in texts(contract, pointer))


def test_a_size_is_tried_square_wide_and_tall_at_exactly_the_bounds() -> None:
    sizes = [size for size in map(parse_size, texts(POWERTOKENS, "/size")) if size is not None]
    for pixels in (512 * 512, 2048 * 2048):
        at_bound = [size.aspect for size in sizes if size.pixels == pixels]
        assert 1 in at_bound
        assert min(at_bound) < 1 < max(at_bound)


def test_a_size_is_tried_with_every_separator() -> None:
    assert {"1021*763", "1024x768"} <= set(texts(POWERBUYIN, "/size"))


def test_a_size_is_tried_that_rounding_would_change() -> None:
    sizes = [size for size in map(parse_size, texts(POWERTOKENS, "/size")) if size is not None]
    assert any(size.width % 8 and size.height % 8 for size in sizes)


def test_listed_sizes_of_a_series_are_tried_as_soon_as_a_deployment_sells_it() -> None:
    listed = {"1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664"}
    assert listed <= set(texts(with_plus(), "/size"))
    assert not listed & set(texts(POWERTOKENS, "/size"))


def test_a_number_is_tried_with_what_no_float_of_32_bits_holds() -> None:
    numbers = values(PAINTBOX, "/strength")
    assert {0, 1.5} <= set(numbers)
    assert any(isinstance(value, float) and value * 2**23 % 1 for value in numbers)


def test_a_list_is_tried_at_its_least_and_at_its_greatest_length() -> None:
    assert [len(value) for value in values(PAINTBOX, "/look/colours") if isinstance(value, list)] == [1, 3]


@each_contract
def test_no_value_comes_twice(contract: Contract) -> None:
    for field in fields_of(contract):
        told = [(type(value), str(value)) for value in valid_values(contract, field)]
        assert len(set(told)) == len(told)
