"""A mark ties an upstream call to its request, whatever happened to the text on its way."""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from contract_tests.client.correlation import (
    LENGTH,
    PLACEHOLDER,
    correlation_id,
    correlation_ids,
    text_with_id,
    with_correlation_id,
)
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import read

MARK = correlation_id("powertokens", 1, 17)


def test_a_mark_is_short_and_the_same_for_the_same_parts() -> None:
    assert correlation_id("powertokens", 1, 17) == MARK
    assert len(MARK) == LENGTH


def test_a_known_mark_never_changes() -> None:
    assert PLACEHOLDER == "k409788923"


def test_other_parts_give_other_marks() -> None:
    assert len({correlation_id("a", seed, index) for seed in range(10) for index in range(200)}) == 2000


CHANGES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "title case": str.title,
    "trimmed": str.strip,
    "escaped for HTML": html.escape,
    "escaped for an address": quote,
    "escaped for JSON": json.dumps,
    "within another text": lambda text: f"Paint this: {text}. Make it nice.",
    "cut": lambda text: text[: LENGTH + 3],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_mark_is_found_in_text_that_was(change: Callable[[str], str]) -> None:
    text = f"{MARK} “灯塔” <at> dusk\n"
    assert correlation_ids({"deep": [{"er": change(text)}]}) == {MARK}


def test_a_mark_that_was_encoded_away_is_not_found() -> None:
    assert correlation_ids(base64.b64encode(f"{MARK} a".encode()).decode()) == set()


@pytest.mark.parametrize("body", [None, 7, True, [], {}, "a lighthouse", {"text": ""}])
def test_where_there_is_no_mark_none_is_found(body: object) -> None:
    assert correlation_ids(body) == set()


def test_a_mark_takes_the_place_of_the_one_before_it_and_leaves_all_else() -> None:
    body: Json = {"text": text_with_id("dusk"), "other": PLACEHOLDER, "number": 7}
    assert with_correlation_id(body, ["/text"], MARK) == {"text": f"{MARK} dusk", "other": PLACEHOLDER, "number": 7}
    assert read(body, "/text") == f"{PLACEHOLDER} dusk"


@pytest.mark.parametrize("text", [7, None, ["a"], "no mark in it"])
def test_what_holds_no_mark_is_left_alone(text: object) -> None:
    assert with_correlation_id({"text": text}, ["/text", "/nowhere"], MARK) == {"text": text}  # type: ignore[dict-item] # any JSON
