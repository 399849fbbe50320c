from dataclasses import replace

import pytest

from gateway_contract.traffic.exchange import UpstreamCall
from mock_server.upstream import calls as upstream_calls
from mock_server.upstream.calls import KEPT, UpstreamCalls


def call(number: int) -> UpstreamCall:
    return UpstreamCall("POST", f"/{number}", (), None, 0.0, 200)


def test_calls_are_kept_in_their_order() -> None:
    calls = UpstreamCalls()
    for number in range(3):
        calls.add(call(number))
    assert [kept.path for kept in calls] == ["/0", "/1", "/2"]
    assert len(calls) == 3
    assert [kept.path for kept in calls.since(2)] == ["/2"]
    assert calls.since(3) == ()


def test_a_call_that_comes_while_others_are_read_disturbs_nobody() -> None:
    calls = UpstreamCalls()
    calls.add(call(0))
    for _ in calls:
        calls.add(call(1))
    assert len(calls) == 2


def test_the_oldest_call_is_forgotten_first() -> None:
    calls = UpstreamCalls()
    for number in range(KEPT + 1):
        calls.add(call(number))
    assert len(calls) == KEPT
    assert next(iter(calls)).path == "/1"


def test_new_calls_are_told_even_where_old_ones_are_forgotten_for_them() -> None:
    calls = UpstreamCalls()
    for number in range(KEPT + 5):
        calls.add(call(number))
    before = calls.arrived
    calls.add(call(-1))
    assert [kept.path for kept in calls.since(before)] == ["/-1"]
    calls.clear()
    calls.add(call(-2))
    assert [kept.path for kept in calls.since(before)] == ["/-2"]


def test_long_calls_are_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """However they came, and whether or not a header says how long they are."""
    monkeypatch.setattr(upstream_calls, "KEPT_BYTES", 1000)
    calls = UpstreamCalls()
    for number in range(5):
        calls.add(replace(call(number), body={"text": "x" * 400}))
    assert [kept.path for kept in calls] == ["/3", "/4"]
    calls.add(replace(call(5), headers=(("x-long", "x" * 4000),)))
    assert len(calls) == 0
    calls.add(call(6))
    assert [kept.path for kept in calls] == ["/6"]


def test_a_cleared_record_is_empty() -> None:
    calls = UpstreamCalls()
    calls.add(call(0))
    calls.clear()
    assert tuple(calls) == ()


def test_what_came_of_a_call_is_noted_later() -> None:
    calls, one, same = UpstreamCalls(), call(0), call(0)
    for known in (one, same, call(1)):
        calls.add(known)
    calls.set_images(same, ("a",))
    assert [known.images for known in calls] == [(), ("a",), ()]


def test_what_came_of_a_call_that_is_forgotten_is_forgotten_as_well() -> None:
    calls = UpstreamCalls()
    calls.add(call(0))
    calls.set_images(call(0), ("a",))
    assert [known.images for known in calls] == [()]
