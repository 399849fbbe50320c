"""JSON is read strictly, and what nobody can have a use for is no JSON at all."""

import orjson
import pytest

from gateway_contract.values.json_value import ABSENT, DEPTH, VALUES, Json, read_json


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        (b'"\xe7\x81\xaf"', "灯"),
        (b" 1 ", 1),
        (b"null", None),
    ],
)
def test_json_is_read(content: bytes, value: Json) -> None:
    assert read_json(content) == value


@pytest.mark.parametrize("content", [b"", b"{", b"<html>", b"\xff", b"NaN", b'{"a": 1,}', b'"\\ud800"'])
def test_what_is_no_json_is_absent(content: bytes) -> None:
    assert read_json(content) is ABSENT


def test_a_value_may_be_deep_and_large_up_to_a_bound() -> None:
    assert read_json(DEPTH * b"[" + DEPTH * b"]") is not ABSENT
    assert read_json((DEPTH + 2) * b'{"a":' + b"1" + (DEPTH + 2) * b"}") is ABSENT
    assert read_json(b"[" + VALUES * b"1," + b"1]") is ABSENT
    assert read_json(b"[" + (VALUES - 2) * b"1," + b"1]") is not ABSENT


def test_many_lists_and_objects_beside_one_another_are_not_deep() -> None:
    value: Json = [[1], {"a": [2]}] * DEPTH
    assert read_json(orjson.dumps(value)) == value
