"""Lists of scenarios over HTTP: set by the admin API, or selected by their names in a scenario file."""

from pathlib import Path

import httpx

from gateway_contract.contract.definition import Contract
from mock_server.scenarios.scenario_file import scenario_file
from tests.mock_server.admin.seen import Body, Seen, seen


def statuses(mock: Seen, order: Body, headers: dict[str, str], times: int) -> list[int]:
    return [mock.ask("powertokens", order, headers).status_code for _ in range(times)]


def test_a_list_is_answered_one_by_one(powertokens: Contract, order: Body, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("scenarios:\n- {name: flaky, apply: 'rate-limit, ok, repeat'}\n")
    with seen([powertokens]) as mock:
        mock.mock.apply_scenario_file(scenario_file(tmp_path / "mine.yaml", [powertokens]))
        body = {"scenario": "rate-limit, server-error, ok"}
        assert mock.http.put("/_mock/scenario", json=body).status_code == 200
        assert statuses(mock, order, {}, 4) == [429, 500, 200, 200]
        assert statuses(mock, order, {"x-mock-scenario": "flaky"}, 3) == [429, 200, 429]
        mock.http.put("/_mock/scenario", json={"scenario": "flaky"})
        mock.http.post("/_mock/reset")
        assert statuses(mock, order, {"x-mock-scenario": "flaky"}, 2) == [429, 200]
        scenarios = [one["scenario"] for one in mock.http.get("/_mock/requests?order=oldest").json()["requests"]]
        assert scenarios == ["rate-limit", None]


def test_conflicts_and_near_markers_are_told(powertokens: Contract, order: Body) -> None:
    with seen([powertokens]) as mock:
        path = f"/powertokens{powertokens.operation.path}"
        two = [("x-mock-scenario", "reset"), ("x-mock-scenario", "no-images")]
        conflict: httpx.Response = mock.http.post(path, json=order, headers=two)
        assert conflict.status_code == 400
        assert "two X-Mock-Scenario headers: 'reset' and 'no-images'" in conflict.text
        answer = mock.ask("powertokens", {**order, "prompt": "a kite [mock:reset]"})
        assert answer.headers["x-mock-warning"] == "'[mock:reset]' is not a marker; write [[mock:reset]]"
        marked = {**order, "prompt": "a kite [[mock:reset]]"}
        first = mock.ask("powertokens", marked, {"x-mock-scenario": "rate-limit"})
        assert first.status_code == 429
        assert first.headers["x-mock-warning"] == (
            "the scenario of the header, 'rate-limit', is applied, not that of the marker, 'reset'"
        )
        same = {**order, "prompt": "a kite [[mock:rate-limit]]"}
        assert "x-mock-warning" not in mock.ask("powertokens", same, {"x-mock-scenario": "rate-limit"}).headers
        refused = mock.http.put("/_mock/scenario", json={"scenario": "reset, 429"})
        assert "Did you mean rate-limit?" in refused.json()["detail"]
