"""JSON line by line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contract.values.json_value import ABSENT, Json
from mock_server.console.request_page import BodyLine, lines

ANY_JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(ANY_JSON)
def test_json_is_written_as_everybody_writes_it(value: Json) -> None:
    assert "\n".join(line.text for line in lines(value, b"")) == json.dumps(value, indent=2, ensure_ascii=False)


@pytest.mark.parametrize(
    ("pointer", "marked"),
    [
        ("/a", ['  "a": 1,']),
        ("/b", ['  "b": [', "    2,", "    3", "  ],"]),
        ("/b/1", ["    3"]),
        ("/c~1d", ['  "c/d": {}']),
        ("/nothing", []),
    ],
)
def test_the_lines_of_a_place_are_marked(pointer: str, marked: list[str]) -> None:
    written = lines({"a": 1, "b": [2, 3], "c/d": {}}, b"", {pointer: "changed"})
    assert [line.text for line in written if line.mark == "changed"] == marked


def test_what_is_no_json_stands_as_it_came() -> None:
    assert lines(ABSENT, b"{nope\n\xff") == [BodyLine("{nope"), BodyLine("\ufffd")]
    assert lines(ABSENT, b"") == []
