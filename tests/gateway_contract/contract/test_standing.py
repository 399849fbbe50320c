"""What a contract alone says of a body: valid, broken, or left open and by what."""

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import VALID, upstream_refuses, validity_of
from gateway_contract.values.json_value import ABSENT, Json

ORDER: dict[str, Json] = {"engine": "quick", "wish": {"words": "a kite"}}


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


def test_where_the_page_is_silent_nothing_is_broken_whatever_else_is(invented: Contract) -> None:
    stands = validity_of(invented, ORDER | {"unwanted": "", "sheets": 9})
    assert (stands.open_because, stands.open_fields) == ("the page is silent on it", frozenset({"/unwanted"}))
    assert not stands.broken
    assert not stands.valid


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
