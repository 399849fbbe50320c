"""What became of fields, as the request page tells it."""

from collections.abc import Callable
from functools import partial

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.differences import Difference
from gateway_contract.contract.mapping import Location, upstream_body
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, removed
from mock_server.console.request_page import NOT_JUDGED, field_rows, touched, where_seen

ORDER: dict[str, Json] = {"engine": "quick", "wish": {"words": "a kite"}, "chaos": 0}


def became(contract: Contract, body: Json, call: Json) -> dict[str, tuple[str, str]]:
    return {one.subject: (one.what, one.seen) for one in field_rows(contract, body, call, [])}


def test_every_field_that_was_sent_is_told(invented: Contract) -> None:
    told = became(invented, ORDER, upstream_body(invented, ORDER))
    assert told == {"engine": ("in place", '"quick"'), "words": ("in place", '"a kite"'), "chaos": ("in place", "0")}


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (partial(removed, pointer="/settings/dice"), ("dropped", "missing")),
        (partial(placed, pointer="/settings/dice", value=5), ("changed", "5")),
    ],
    ids=["dropped", "changed"],
)
def test_what_a_gateway_did_to_a_field_is_told(
    invented: Contract, broken: Callable[[Json], Json], told: tuple[str, str]
) -> None:
    call = broken(upstream_body(invented, ORDER))
    assert became(invented, ORDER, call)["chaos"] == told


def test_a_field_elsewhere_is_told_with_its_place(invented: Contract) -> None:
    call = placed(removed(upstream_body(invented, {**ORDER, "chaos": 77}), "/settings/dice"), "/settings/chaos", 77)
    (told,) = [one for one in field_rows(invented, {**ORDER, "chaos": 77}, call, []) if one.subject == "chaos"]
    assert (told.what, told.pointer, told.seen) == ("misplaced", "/settings/chaos", "77")


def test_a_field_on_which_nobody_judges_is_not_called_dropped(invented: Contract) -> None:
    order: Json = {"engine": "fine", "wish": {"words": "a kite"}, "strength": 1}
    assert became(invented, order, upstream_body(invented, order))["strength"] == (NOT_JUDGED, "missing")


def test_what_nobody_asked_for_stands_at_the_end(invented: Contract) -> None:
    found = Difference(Location.INJECTED, 0, "/settings/x", "/settings/x", "/settings/x", ABSENT, 3)
    last = field_rows(invented, ORDER, upstream_body(invented, ORDER), [found])[-1]
    assert (last.sent, last.pointer, last.seen, last.what) == ("missing", "/settings/x", "3", "injected")


def test_places_are_marked_on_the_side_on_which_they_are(invented: Contract) -> None:
    dropped = Difference(Location.DROPPED, 0, "chaos", "/settings/dice", None, 0, ABSENT)
    injected = Difference(Location.INJECTED, 0, "/settings/x", "/settings/x", "/settings/x", ABSENT, 3)
    assert touched(invented, [dropped, injected]) == {"/chaos": "dropped"}
    assert where_seen([dropped, injected]) == {"/settings/x": "injected"}


def test_where_one_of_both_is_no_json_there_is_nothing_to_tell(invented: Contract) -> None:
    assert field_rows(invented, ABSENT, {}, []) == field_rows(invented, {}, ABSENT, []) == []
