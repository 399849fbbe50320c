"""A request becomes the upstream call that it asks for, and it is told where in a call a value arrived."""

from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.mapping import locate, upstream_body
from gateway_contract.values.json_value import ABSENT, Json, shortened
from gateway_contract.values.pointer import placed, read, removed
from tests.gateway_contract.exchanges import DIALECTS
from tests.gateway_contract.invented import PAINTBOX

ORDER: dict[str, Json] = {
    "engine": "quick",
    "wish": {"words": "a kite"},
    "sheets": 2,
    "canvas": "640x480",
    "chaos": 0,
    "look": {"colours": ["red", "blue"]},
    "signed": False,
}
CALL = PAINTBOX.call(ORDER)


def test_a_call_is_made_of_what_was_sent_in_the_upstreams_form(invented: Contract) -> None:
    assert upstream_body(invented, ORDER) == CALL


def test_a_field_that_is_not_judged_for_a_model_stays_out(invented: Contract) -> None:
    call = upstream_body(invented, ORDER | {"engine": "fine", "strength": 1})
    assert call == placed(CALL, "/job/tool", "fine")


def test_a_real_request_becomes_the_call_that_the_page_shows(powerbuyin: Contract) -> None:
    body: dict[str, Json] = {
        "model": "qwen-image-2.0-pro",
        "input": {"messages": [{"role": "user", "content": [{"text": "a kite"}]}]},
        "size": "1024x768",
        "seed": 0,
    }
    assert upstream_body(powerbuyin, body) == DIALECTS["powerbuyin"].call(body)


@pytest.mark.parametrize(
    ("field", "call", "seen"),
    [
        ("/chaos", CALL, "in place"),
        ("/canvas", CALL, "in place"),
        ("/look/colours", CALL, "in place"),
        ("/engine", placed(CALL, "/job/tool", "quick-2026-03-03"), "in place"),
        ("/chaos", removed(CALL, "/settings/dice"), "dropped"),
        ("/chaos", placed(CALL, "/settings/dice", 7), "changed: 7"),
        ("/chaos", placed(CALL, "/settings/dice", None), "changed: null"),
        ("/canvas", placed(CALL, "/settings/area", "640x480"), 'changed: "640x480"'),
        ("/chaos", placed(removed(CALL, "/settings/dice"), "/dice", 0), "misplaced at /dice"),
        ("/chaos", placed(placed(CALL, "/settings/dice", 5), "/job/dice", 0), "misplaced at /job/dice"),
        (
            "/look/colours",
            placed(removed(CALL, "/settings/inks"), "/job/inks", ["red", "blue"]),
            "misplaced at /job/inks",
        ),
        ("/look/colours", placed(CALL, "/settings/inks", ["blue", "red"]), 'changed: ["blue","red"]'),
        ("/wish/words", placed(removed(CALL, "/job/brief"), "/settings/inks", ["a kite"]), "dropped"),
        ("/canvas", placed(removed(CALL, "/settings/area"), "/size", "640x480"), "misplaced at /size"),
        ("/chaos", ABSENT, "dropped"),
    ],
)
def test_what_became_of_a_value_is_told_with_its_place(field: str, call: Json, seen: str, invented: Contract) -> None:
    mapped = invented.mapping_of(field)
    assert mapped is not None
    sent = read(ORDER, field)
    assert sent is not ABSENT
    assert str(locate(invented, mapped, sent, call)) == seen


def test_a_value_elsewhere_under_its_own_name_is_named_first(invented: Contract) -> None:
    mapped = invented.mapping_of("/chaos")
    assert mapped is not None
    call: Json = {"a": 0, "z": {"dice": 0}}
    assert locate(invented, mapped, 0, call).pointer == "/z/dice"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ({"a": [1, True]}, '{"a":[1,true]}'),
        ("灯", '"灯"'),
        (10**30, "1" + 30 * "0"),
        (100 * "a", '"' + 29 * "a" + "…" + 14 * "a" + '" (100 characters)'),
        ([100 * "a"], '["' + 28 * "a" + "…" + 13 * "a" + '"] (104 characters)'),
    ],
)
def test_a_value_in_a_report_is_short(value: Json, text: str) -> None:
    assert shortened(value) == text


def test_without_an_upstream_nothing_is_called(powertokens: Contract) -> None:
    alone = replace(powertokens, upstream=None, mapped=())
    assert upstream_body(alone, {"prompt": "a"}) == {}
