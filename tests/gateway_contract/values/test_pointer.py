"""JSON Pointers read, place and take away, and leave the body they were given as it was."""

import re
from copy import deepcopy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonpointer import JsonPointerException, resolve_pointer

from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import (
    as_schema_pointer,
    below,
    is_within,
    leaf_name,
    leaves,
    parent,
    placed,
    put,
    read,
    removed,
    tokens,
    values,
)
from gateway_contract.values.prepared_pointers import putter, reader

NAMES = st.text(alphabet="ab~/01é", max_size=3)
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
BODY: Json = {"a": [{"b": 1}, 2], "c/d": {"~": None}, "0": "zero"}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", BODY), ("/a/0/b", 1), ("/a/1", 2), ("/c~1d/~0", None), ("/0", "zero")],
)
def test_a_pointer_reads_what_it_names(pointer: str, value: Json) -> None:
    assert read(BODY, pointer) == value


@pytest.mark.parametrize("pointer", ["/x", "/a/2", "/a/-", "/a/-1", "/a/b", "/a/²", "/0/0", "/a/1/b", "/c~1d/~0/x"])
def test_a_pointer_that_leads_nowhere_reads_nothing(pointer: str) -> None:
    assert read(BODY, pointer) is ABSENT


def test_what_is_no_pointer_is_an_error() -> None:
    with pytest.raises(JsonPointerException):
        read(BODY, "a/b")


@given(body=BODIES)
def test_every_value_is_where_its_pointer_says(body: Json) -> None:
    for pointer, value in values(body):
        assert read(body, pointer) is value
        assert resolve_pointer(body, pointer) is value


@given(body=BODIES)
def test_leaves_are_the_values_that_hold_no_other(body: Json) -> None:
    holding = [at for at, value in values(body) if isinstance(value, list | dict) and value]
    assert list(leaves(body)) == [(at, value) for at, value in values(body) if at not in holding]


@given(body=BODIES, data=st.data(), value=st.integers())
def test_a_placed_value_is_read_back_and_the_body_stays(body: Json, data: st.DataObject, value: int) -> None:
    pointer = data.draw(st.sampled_from([at for at, _ in values(body)]))
    before = deepcopy(body)
    assert read(placed(body, pointer, value), pointer) == value
    assert body == before


@given(body=BODIES, data=st.data())
def test_a_removed_value_is_gone_and_the_body_stays(body: Json, data: st.DataObject) -> None:
    pointer = data.draw(st.sampled_from([at for at, _ in values(body)]))
    before = deepcopy(body)
    after = removed(body, pointer)
    assert body == before
    assert len(list(values(after))) < len(list(values(body))) or not pointer


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert removed(BODY, "/x") is BODY
    assert removed(BODY, "") is BODY
    assert removed(BODY, "/a/0") == {"a": [2], "c/d": {"~": None}, "0": "zero"}


def test_what_is_missing_on_the_way_is_made() -> None:
    assert placed({}, "/a/0/b", 1) == {"a": [{"b": 1}]}
    assert placed({"a": [1]}, "/a/1", 2) == {"a": [1, 2]}
    assert placed({"a": None}, "/a/b", 1) == {"a": {"b": 1}}
    assert placed({"a": {}}, "/a/0", 1) == {"a": {"0": 1}}


def test_a_placed_value_is_shared_with_nobody() -> None:
    value: Json = {"b": 1}
    body = placed({}, "/a", value)
    assert read(body, "/a") == value
    assert read(body, "/a") is not value


@pytest.mark.parametrize(
    ("body", "pointer", "problem"),
    [
        ({"a": 1}, "/a/b", "'b' cannot stand in int"),
        ({"a": [1]}, "/a/b", "'b' cannot stand in list"),
        ({"a": "text"}, "/a/0", "'0' cannot stand in str"),
        ({"a": [1]}, "/a/2", "item 2 of a list of 1 leaves a gap"),
    ],
)
def test_what_cannot_be_placed_is_told(body: Json, pointer: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        placed(body, pointer, 5)


WAYS = st.lists(NAMES | st.sampled_from(["0", "1", "2"]), min_size=1, max_size=4)


@given(body=BODIES.filter(lambda body: body is not None), way=WAYS, value=BODIES)
def test_what_is_put_into_a_body_is_what_would_be_placed_in_a_copy(body: Json, way: list[str], value: Json) -> None:
    pointer = ""
    for token in way:
        pointer = below(pointer, token)
    try:
        wanted = placed(body, pointer, value)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            put(body, pointer, value)
    else:
        put(body, pointer, value)
        assert body == wanted


def test_a_body_cannot_be_put_into_itself() -> None:
    with pytest.raises(ValueError, match="into itself"):
        put({}, "", 1)


POINTERS = WAYS.map(lambda way: "".join(below("", token) for token in way))


@given(body=BODIES, pointers=st.lists(POINTERS, max_size=6).map(tuple))
@example(body={"a": [1, {"b": None}], "b": 2}, pointers=("/a/1/b", "/a/0", "/a/1/c", "/b", "/c/d", "/b/0"))
def test_what_is_read_together_is_what_is_read_one_by_one(body: Json, pointers: tuple[str, ...]) -> None:
    assert reader(pointers)(body) == [read(body, pointer) for pointer in pointers]


def test_a_body_is_in_nothing() -> None:
    with pytest.raises(ValueError, match="in nothing"):
        reader(("/a", ""))


@given(body=BODIES.filter(lambda body: body is not None), wanted=st.lists(st.tuples(POINTERS, BODIES), max_size=6))
@example(body={}, wanted=[("/0", {}), ("/2/0/b", 1), ("/2/1", 2), ("/0/a", 3)])
def test_what_is_put_together_is_what_is_put_one_by_one(body: Json, wanted: list[tuple[str, Json]]) -> None:
    other, others = deepcopy(body), deepcopy([value for _, value in wanted])
    pointers, problems = tuple(pointer for pointer, _ in wanted), []
    try:
        putter(pointers)(body, [value for _, value in wanted])
    except ValueError as error:
        problems.append(str(error))
    try:
        for pointer, value in zip(pointers, others, strict=True):
            put(other, pointer, value)
    except ValueError as error:
        problems.remove(str(error))
    assert problems == []
    assert body == other


def test_what_is_absent_is_put_nowhere() -> None:
    body: Json = {}
    putter(("/a/b", "/a/c", "/d/e"))(body, [ABSENT, 1, ABSENT])
    assert body == {"a": {"c": 1}}


def test_pointers_are_made_and_taken_apart() -> None:
    assert below(below("", "a/b~"), 0) == "/a~1b~0/0"
    assert parent("/a/b/0") == "/a/b"
    assert [leaf_name(pointer) for pointer in ("/a/b/0", "/a", "/0", "")] == ["b", "a", "", ""]
    assert as_schema_pointer("/a/12/b3/4") == "/a/0/b3/0"


@pytest.mark.parametrize(
    ("pointer", "outer", "within"),
    [("/a/b", "/a", True), ("/a", "/a", True), ("/ab", "/a", False), ("/a", "/a/b", False), ("/a", "", True)],
)
def test_a_pointer_leads_into_another_or_not(pointer: str, outer: str, within: bool) -> None:  # noqa: FBT001 # the table
    assert is_within(pointer, outer) is within


def test_the_parts_of_long_pointers_are_not_kept() -> None:
    short, long = "/a/b", f"/{'a' * 100_000}/b"
    assert tokens(short) is tokens(short)
    assert tokens(long) == ("a" * 100_000, "b")
    assert tokens(long) is not tokens(long)
