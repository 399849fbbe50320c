"""Scenarios of the upstream stub, chosen by whoever calls it: a gateway of one's own, or the vendor's SDK."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.faults.scenario_kind import ScenarioError
from mock_server.scenarios.switches import HEADER
from mock_server.scenarios.upstream_scenarios import stub_change, upstream_scenarios
from tests.mock_server.admin.seen import Seen, seen
from tests.mock_server.served import DASHSCOPE
from tests.mock_server.tasks_served import ENABLED, GENERATION, SYNTHESIS, generation, synthesis

AT_ONCE = "/api/v1/services/aigc/multimodal-generation/generation"
WAN, QWEN = "wan2.7-image-pro", "qwen-image-2.0-pro"


@pytest.fixture(scope="module")
def mock(powertokens: Contract, powerbuyin: Contract) -> Iterator[Seen]:
    with seen([powertokens, powerbuyin]) as served:
        yield served


@pytest.fixture(autouse=True)
def _as_started(mock: Seen) -> None:
    mock.mock.reset()


def spoken(text: str = "a kite", model: str = QWEN, **parameters: Json) -> Json:
    messages: Json = [{"role": "user", "content": [{"text": text}]}]
    return {"model": model, "input": {"messages": messages}, "parameters": parameters}


def called(mock: Seen, body: Json, scenario: str | None = None, path: str = AT_ONCE) -> httpx.Response:
    mode = {} if path == AT_ONCE else ENABLED
    return mock.http.post(f"/dashscope{path}", json=body, headers=mode | ({HEADER: scenario} if scenario else {}))


def handed_in(mock: Seen, body: Json, scenario: str, path: str) -> Any:  # noqa: ANN401 - any JSON
    """What a poll tells of the task that is made under a scenario."""
    task = called(mock, body, scenario, path).json()["output"]["task_id"]
    return mock.http.get(f"/dashscope/api/v1/tasks/{task}").json()


def switched(mock: Seen, scenario: str, times: int | None = None) -> httpx.Response:
    said: Json = {"scenario": scenario, "gateway": "dashscope", "times": times}
    return mock.http.put("/_mock/scenario", json=said)


@pytest.mark.parametrize("scenario", ["rate-limit", "upstream(rate-limit)"])
def test_a_header_chooses_how_a_call_fails(mock: Seen, scenario: str) -> None:
    answer = called(mock, spoken(), scenario)
    assert (answer.status_code, answer.json()["code"]) == (429, "Throttling")
    assert answer.headers[HEADER] == scenario
    assert called(mock, spoken()).status_code == 200


def test_a_marker_in_the_text_does_so_through_any_gateway(mock: Seen) -> None:
    answer = called(mock, spoken("a kite [[mock:upstream(moderation-output)]] at noon"))
    assert (answer.status_code, answer.json()["code"]) == (400, "DataInspectionFailed")


@pytest.mark.parametrize(
    "scenario", ["latency(1ms)", "rate-limit", "rate-limit(retry_after=2)", "server-error + reset"]
)
def test_a_marker_that_is_meant_for_a_gateway_is_let_through(mock: Seen, scenario: str) -> None:
    assert called(mock, spoken(f"a kite [[mock:{scenario}]]")).status_code == 200


def test_a_switch_holds_for_so_many_calls_and_not_for_polls(mock: Seen) -> None:
    assert switched(mock, "server-error", 1).json()["switches"][0]["left"] == 1
    mock.http.get("/dashscope/api/v1/tasks/none")
    assert [called(mock, spoken()).status_code for _ in range(2)] == [500, 200]


def test_a_switch_for_the_upstream_is_none_for_the_gateways(mock: Seen, powertokens: Contract) -> None:
    switched(mock, "server-error")
    assert mock.ask("powertokens", powertokens.examples[0].body).status_code == 200


def test_a_call_is_recorded_as_it_would_be_sent_to_the_vendor(mock: Seen) -> None:
    called(mock, spoken(n=7))
    (told,) = mock.http.get("/dashscope/_mock/calls").json()
    assert told["path"] == AT_ONCE
    assert told["problems"] == ["n must be at most 6 for qwen-image-2.0"]


@pytest.mark.parametrize("name", list(map(str, DASHSCOPE.faults)))
def test_every_failure_can_be_asked_for(name: str) -> None:
    stub_change(name, DASHSCOPE)


@pytest.mark.parametrize("kind", upstream_scenarios(DASHSCOPE).values(), ids=lambda kind: kind.name)
def test_every_example_is_right(kind: Any) -> None:  # noqa: ANN401 - as pytest has it
    stub_change(kind.example, DASHSCOPE)


def test_an_answer_takes_its_time(mock: Seen) -> None:
    began = time.monotonic()
    assert called(mock, spoken(), "generation-time(300ms)").status_code == 200
    assert time.monotonic() - began >= 0.3


def test_images_come_in_the_layout_that_is_asked_for(mock: Seen) -> None:
    answer = called(mock, spoken(n=3), "layout(choice-per-image)").json()
    assert [len(choice["message"]["content"]) for choice in answer["output"]["choices"]] == [1, 1, 1]


def test_a_task_keeps_its_layout_until_it_is_fetched(mock: Seen) -> None:
    scenario = "layout(one-choice) + task-times(pending=0s, running=0s)"
    told = handed_in(mock, spoken(model=WAN, n=2, size="1K"), scenario, GENERATION)
    assert [len(choice["message"]["content"]) for choice in told["output"]["choices"]] == [2]


def test_a_task_takes_the_time_that_is_asked_for(mock: Seen) -> None:
    told = handed_in(mock, synthesis(), "task-times(pending=0s, running=60s)", SYNTHESIS)
    assert told["output"]["task_status"] == "RUNNING"


@pytest.mark.parametrize(
    ("scenario", "code"),
    [("task-fails", "DataInspectionFailed"), ("task-fails(InternalError.Algo)", "InternalError.Algo")],
)
@pytest.mark.parametrize(("path", "body"), [(GENERATION, generation()), (SYNTHESIS, synthesis())])
def test_a_task_is_taken_and_fails_in_the_end(mock: Seen, scenario: str, code: str, path: str, body: Json) -> None:
    output = handed_in(mock, body, f"{scenario} + task-times(pending=0s, running=0s)", path)["output"]
    assert (output["task_status"], output["code"]) == ("FAILED", code)
    assert mock.http.get("/dashscope/_mock/calls").json()[0]["images"] == []


def test_results_that_failed_stand_beside_good_ones(mock: Seen) -> None:
    scenario = "failed-results(by=2) + task-times(pending=0s, running=0s)"
    output = handed_in(mock, synthesis(), scenario, SYNTHESIS)["output"]
    assert output["task_metrics"] == {"TOTAL": 3, "SUCCEEDED": 1, "FAILED": 2}
    assert ["url" in result for result in output["results"]] == [True, False, False]


def test_where_sources_disagree_either_can_be_had(mock: Seen) -> None:
    assert called(mock, spoken(model="nobody"), "unknown-model(404)").status_code == 404
    assert called(mock, spoken(model=QWEN), "unserved-model(403)", GENERATION).status_code == 403
    assert len(called(mock, spoken(model=WAN), "images-unasked(4)").json()["output"]["choices"]) == 4


@pytest.mark.parametrize(
    ("scenario", "problem"),
    [
        ("rate-limt", "Unknown scenario of the upstream 'rate-limt'. Did you mean rate-limit"),
        ("upstream(nothing)", "Unknown fault of the upstream 'nothing'. Known: bad-request"),
        ("link-html", "Unknown scenario of the upstream 'link-html'"),
        ("layout(circle)", "as must be one-choice or choice-per-image; got 'circle'"),
        ("rate-limit(9)", "Unknown fault of the upstream 'rate-limit(9)'"),
        ("upstream(reset, reset)", "upstream takes name; got 2 values"),
        ("task-times(running=soon)", "duration must be like 800ms or 2s; got 'soon'"),
    ],
)
def test_what_there_is_not_is_told(mock: Seen, scenario: str, problem: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        stub_change(scenario, DASHSCOPE)
    assert problem in str(raised.value)
    answer = called(mock, spoken(), scenario)
    assert (answer.status_code, answer.headers["x-mock-error"]) == (400, "true")
    assert problem in answer.json()["message"]
    assert problem in mock.problem("PUT", "/scenario", 400, json={"scenario": scenario, "gateway": "dashscope"})


def test_a_marker_that_nobody_knows_is_told(mock: Seen) -> None:
    answer = called(mock, spoken("a kite [[mock:throtled]]"))
    assert (answer.status_code, answer.headers["x-mock-error"]) == (400, "true")


def test_a_call_that_is_far_too_long_is_refused_as_ever(mock: Seen) -> None:
    assert called(mock, spoken("a" * (5 * 2**20))).status_code == 413
