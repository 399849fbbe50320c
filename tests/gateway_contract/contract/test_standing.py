"""What a contract alone says of a body: valid, broken, or left open and by what."""

from collections.abc import Iterator

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import VALID, upstream_refuses, validity_of
from gateway_contract.values.json_value import ABSENT, Json

ORDER: dict[str, Json] = {"engine": "quick", "wish": {"words": "a kite"}}
FLAT: dict[str, Json] = {"model": "qwen-image-2.0-pro", "prompt": "a kite"}
NESTED: dict[str, Json] = {
    "model": "qwen-image-2.0-pro",
    "input": {"messages": [{"role": "user", "content": [{"text": "a kite"}]}]},
}


def both(*contracts: Contract) -> Iterator[tuple[Contract, dict[str, Json]]]:
    yield from zip(contracts, (FLAT, NESTED), strict=True)


def test_a_body_that_keeps_to_the_contract_is_valid(invented: Contract) -> None:
    assert validity_of(invented, ORDER) == VALID
    assert validity_of(invented, ORDER).valid


def test_what_is_no_json_is_neither_valid_nor_open(invented: Contract) -> None:
    stands = validity_of(invented, ABSENT)
    assert not stands.valid
    assert not stands.is_json
    assert not stands.open_because


@pytest.mark.parametrize(
    ("more", "broken"),
    [
        ({"sheets": 5}, {("/sheets", "maximum")}),
        ({"engine": "fine", "sheets": 3}, {("/sheets", "maximum")}),
        ({"unknown": 1}, {("/*", "forbidden")}),
        ({"strength": 1.6}, {("/strength", "maximum")}),
        ({"look": {"colours": ["red", "b"]}}, {("/look/colours/0", "minLength")}),
        ({"wish": {}}, {("/wish/words", "required")}),
    ],
)
def test_a_body_breaks_what_it_breaks(more: dict[str, Json], broken: set[tuple[str, str]], invented: Contract) -> None:
    stands = validity_of(invented, ORDER | more)
    assert {(found.pointer, found.keyword) for found in stands.broken} == broken
    assert not stands.valid


def test_what_is_invalid_beside_something_left_open_is_broken_all_the_same(invented: Contract) -> None:
    stands = validity_of(invented, ORDER | {"unwanted": "", "sheets": 9})
    assert (stands.open_because, stands.open_fields) == ("the page is silent on it", frozenset({"/unwanted"}))
    assert {constraint.pointer for constraint in stands.broken} == {"/sheets"}
    assert not stands.valid


def test_within_a_value_on_which_the_page_is_silent_nothing_is_broken(powerbuyin: Contract) -> None:
    messages: Json = [{"role": "user", "content": [{"text": 7}]}, {"role": "user"}]
    stands = validity_of(powerbuyin, {"model": "qwen-image-2.0-pro", "input": {"messages": messages}})
    assert stands.open_because
    assert not stands.broken


@pytest.mark.parametrize("value", ["yes", "NO", "on", "off", "t", "f", "y", "n", None])
def test_some_words_for_a_boolean_are_left_open(value: Json, powertokens: Contract, powerbuyin: Contract) -> None:
    for contract, body in both(powertokens, powerbuyin):
        stands = validity_of(contract, body | {"watermark": value})
        assert (stands.open_fields, stands.broken) == (frozenset({"/watermark"}), frozenset())


@pytest.mark.parametrize("value", ["maybe", "", 2, "true", "0", []])
def test_other_values_are_no_booleans(value: Json, powertokens: Contract, powerbuyin: Contract) -> None:
    for contract, body in both(powertokens, powerbuyin):
        assert validity_of(contract, body | {"watermark": value}).broken


@pytest.mark.parametrize("value", [True, False, "2.0", " 2", "2 ", "\t2", None])
def test_some_values_for_an_integer_are_left_open(value: Json, powertokens: Contract, powerbuyin: Contract) -> None:
    for contract, body in both(powertokens, powerbuyin):
        for name in ("n", "seed"):
            stands = validity_of(contract, body | {name: value})
            assert (stands.open_fields, stands.broken) == (frozenset({f"/{name}"}), frozenset())


@pytest.mark.parametrize("value", ["2", "-1", "02", "+2", "", "abc", "2.5", 2.7, [2], "2\n"])
def test_other_values_are_no_integers(value: Json, powertokens: Contract, powerbuyin: Contract) -> None:
    for contract, body in both(powertokens, powerbuyin):
        for name in ("n", "seed"):
            assert validity_of(contract, body | {name: value}).broken


@pytest.mark.parametrize("size", [" 1024*1024", "1024*1024\t", "+1024*1024", "01024*1024", "1024X1024", "1024×1024"])
def test_some_spellings_of_a_size_are_left_open(size: str, powertokens: Contract, powerbuyin: Contract) -> None:
    for contract, body in both(powertokens, powerbuyin):
        assert validity_of(contract, body | {"size": size}).open_fields == {"/size"}


@pytest.mark.parametrize("size", ["1024*1024\n", "1_024*1024", "१०२४*१०२४", "１０２４*１０２４", ""])
def test_other_spellings_are_no_sizes(size: str, powertokens: Contract, powerbuyin: Contract) -> None:
    for contract, body in both(powertokens, powerbuyin):
        assert validity_of(contract, body | {"size": size}).broken


@pytest.mark.parametrize(
    ("more", "is_open"), [({"sheets": 1.0}, True), ({"strength": 1.0}, False), ({"sheets": 1}, False)]
)
def test_an_integer_written_as_a_fraction_is_left_open(
    more: dict[str, Json],
    is_open: bool,  # noqa: FBT001 # the table
    invented: Contract,
) -> None:
    assert bool(validity_of(invented, ORDER | more).open_because) is is_open


def test_what_the_upstream_does_not_take_is_left_open(powertokens: Contract) -> None:
    body: Json = {"model": "wan2.7-image-pro", "prompt": "a kite", "size": "10*10"}
    assert validity_of(powertokens, body).open_because == "its upstream does not take it"


def test_what_the_upstream_mends_it_does_not_refuse(powertokens: Contract) -> None:
    assert powertokens.upstream is not None
    content: Json = [{"text": "a kite"}]
    call: dict[str, Json] = {
        "model": "qwen-image-2.0-pro",
        "input": {"messages": [{"role": "user", "content": content}]},
        "parameters": {"negative_prompt": 501 * "b"},
    }
    assert upstream_refuses(powertokens.upstream, call) == frozenset()
    assert upstream_refuses(powertokens.upstream, call | {"parameters": {"n": 0}})


@pytest.mark.parametrize("size", ["1024*1024px", 5, None, "1024X1024", "1024x1024", "01024*1024", " 1*1", "1*2*3"])
def test_how_a_size_may_be_written_is_open_only_where_it_could_be_meant(size: Json, powertokens: Contract) -> None:
    stands = validity_of(powertokens, {"model": "qwen-image-2.0-pro", "prompt": "a kite", "size": size})
    assert bool(stands.open_because) is (size in {None, "1024X1024", "1024x1024", "01024*1024", " 1*1"})


@pytest.mark.parametrize("name", ["prompt", "negative_prompt"])
def test_text_that_is_no_text_is_broken_and_empty_text_is_open(name: str, powertokens: Contract) -> None:
    body: dict[str, Json] = {"model": "qwen-image-2.0-pro", "prompt": "a kite"}
    assert validity_of(powertokens, body | {name: 7}).broken
    assert validity_of(powertokens, body | {name: ""}).open_because
