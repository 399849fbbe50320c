"""Scenarios by the admin API: what there is, what holds, and how that is changed."""

import pytest

from gateway_contract.values.json_value import Json
from mock_server.scenarios.registry import KINDS
from mock_server.scenarios.switches import HEADER
from tests.mock_server.admin.seen import Body, Seen


def switches(admin: Seen) -> Json:
    found: Json = admin.http.get("/_mock/scenario").json()["switches"]
    return found


def test_every_kind_is_told_with_what_it_takes(admin: Seen) -> None:
    told = admin.http.get("/_mock/scenarios").json()
    assert [kind["name"] for kind in told["kinds"]] == list(KINDS)
    (rate_limit,) = [kind for kind in told["kinds"] if kind["name"] == "rate-limit"]
    assert [one["default"] for one in rate_limit["parameters"]] == ["1"]
    assert told["named"] == []


def test_a_scenario_holds_until_it_is_taken_away(admin: Seen, order: Body) -> None:
    assert admin.http.put("/_mock/scenario", json={"scenario": "forbidden"}).status_code == 200
    assert switches(admin) == [{"scenario": "forbidden", "gateway": None, "left": None, "set_by": "admin"}]
    assert [admin.ask("powertokens", order).status_code for _ in range(2)] == [403, 403]
    admin.http.put("/_mock/scenario", json={"scenario": "none"})
    assert switches(admin) == []
    assert admin.ask("powertokens", order).status_code == 200


def test_a_scenario_holds_for_so_many_requests_of_one_gateway(admin: Seen, order: Body) -> None:
    said: Json = {"scenario": "reset + latency(1ms)", "gateway": "powerbuyin", "times": 1}
    admin.http.put("/_mock/scenario", json=said)
    admin.http.put("/_mock/scenario", json={"scenario": "rate-limit", "gateway": "powertokens", "times": 1})
    answers = [admin.ask("powertokens", order) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [429, 200]
    assert answers[0].headers[HEADER] == "rate-limit"
    assert switches(admin) == [
        {"scenario": "reset + latency(1ms)", "gateway": "powerbuyin", "left": 1, "set_by": "admin"}
    ]


def test_all_switches_go_at_once(admin: Seen, order: Body) -> None:
    admin.http.put("/_mock/scenario", json={"scenario": "forbidden"})
    admin.http.put("/_mock/scenario", json={"scenario": "reset", "gateway": "powertokens"})
    assert admin.http.delete("/_mock/scenario").status_code == 204
    assert admin.ask("powertokens", order).status_code == 200


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"scenario": "forbiden"}, "Unknown scenario 'forbiden'. Did you mean forbidden"),
        ({"scenario": "latency"}, "latency needs 'time': latency(2s)"),
        ({"scenario": "reset", "gateway": "nobody"}, "Unknown gateway 'nobody'. Known: powertokens, powerbuyin"),
        ({"scenario": "reset", "times": 0}, "at /times: 0 is less than the minimum of 1"),
        ({"scenarios": "reset"}, "Additional properties are not allowed"),
    ],
)
def test_what_cannot_be_is_told(admin: Seen, said: Json, problem: str) -> None:
    assert problem in admin.problem("PUT", "/scenario", 400, json=said)
    assert switches(admin) == []


def test_a_switch_for_all_spares_gateways_that_cannot_behave_so(admin: Seen, order: Body) -> None:
    """Only the other contract has sizes that are to be normalised."""
    admin.http.put("/_mock/scenario", json={"scenario": "size-not-normalized", "times": 1})
    answer = admin.ask("powertokens", order)
    assert answer.status_code == 200
    assert HEADER not in answer.headers
    assert len(admin.mock.controls.switchboard.current()) == 1
