"""Hypothesis is told how near a request is to every bound of the contract, and comes nearer."""

from collections.abc import Sequence

import orjson
import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.fuzzing.search import Search, aims, drawn, drive
from contract_tests.fuzzing.sources import Property
from gateway_contract.values.json_value import Json, compact, read_json
from gateway_contract.values.pointer import placed, read
from gateway_contract.values.size import parse_size
from tests.contract_tests.three_contracts import PAINTBOX, POWERTOKENS, base

LARGEST = 2048 * 2048
MOST_PIXELS = "/size x-pixels/maximum qwen-image-2.0"


def told(pointer: str, value: Json) -> dict[str, float]:
    return aims(POWERTOKENS, compact(placed(base(POWERTOKENS), pointer, value)))


@pytest.mark.parametrize(
    ("pointer", "at", "near", "far", "bound"),
    [
        ("/n", 6, 5, 1, "/n maximum "),
        ("/n", 1, 2, 6, "/n minimum "),
        ("/seed", 2147483647, 2147483000, 12, "/seed maximum "),
        ("/negative_prompt", "灯" * 500, "灯" * 490, "灯", "/negative_prompt maxLength "),
        ("/size", "2048*2048", "2049*2048", "512*512", MOST_PIXELS),
        ("/size", "4096*1024", "4096*1020", "8192*8192", MOST_PIXELS),
    ],
)
def test_a_bound_is_nearer_the_less_is_missing(pointer: str, at: Json, near: Json, far: Json, bound: str) -> None:
    assert told(pointer, at)[bound] == 0
    assert 0 > told(pointer, near)[bound] > told(pointer, far)[bound]


@pytest.mark.parametrize("value", ["big", None, True, [], {}])
def test_what_cannot_be_measured_is_near_to_nothing(value: Json) -> None:
    assert MOST_PIXELS not in told("/size", value)
    assert "/n maximum " not in told("/n", value)


def test_bounds_for_other_requests_do_not_count() -> None:
    body = placed(placed(base(POWERTOKENS), "/model", "wan2.7-image-pro"), "/size", "2048*2048")
    found = aims(POWERTOKENS, compact(body))
    assert MOST_PIXELS not in found
    assert "/prompt maxLength " in found


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", orjson.dumps({"n": []})])
def test_whatever_is_sent_can_be_measured(content: bytes) -> None:
    for contract in (POWERTOKENS, PAINTBOX):
        assert isinstance(aims(contract, content), dict)


def anywhere() -> SearchStrategy[bytes]:
    """Sizes of every product, with no leaning towards a bound: integers() would lean to numbers that code names."""
    sides = st.sampled_from(range(1, 10_000))
    return st.builds(lambda wide, high: compact(placed(base(POWERTOKENS), "/size", f"{wide}*{high}")), sides, sides)


def missing(contents: Sequence[bytes]) -> int:
    """How many pixels the nearest of some sizes is away from the upper bound."""
    sizes = [parse_size(read(read_json(content), "/size")) for content in contents]
    return min(abs(size.pixels - LARGEST) for size in sizes if size is not None)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_hypothesis_comes_nearer_to_a_bound_than_chance_does(number: int) -> None:
    by_chance: list[bytes] = []
    drive(by_chance.append, anywhere(), number, 400)
    aimed = drawn(POWERTOKENS, Property("aimed", lambda _: anywhere()), number, 400)
    assert missing(aimed) < min(missing(by_chance), 5000)


def test_a_search_gives_the_content_that_breaks_a_rule_and_goes_on_without_that_rule() -> None:
    known = set[str]()
    content = compact(base(POWERTOKENS))
    broken = frozenset({"powertokens/n/type", "powertokens/size/type"})
    search = Search(POWERTOKENS, lambda _, __: broken, known, 10, 60.0)
    assert list(search.finds_among("listed", [content] * 2)) == [content]
    assert known == broken
