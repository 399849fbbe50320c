"""A mock that behaves as a real gateway does: slow, limited, and now and then overloaded."""

from collections.abc import Iterator

import pytest

from gateway_contract.contract.definition import Contract
from mock_server.runtime.mock import MockSettings
from mock_server.scenarios.preset_scenarios import Quota
from tests.mock_server.admin.seen import Body, Seen, seen

DEFAULT = "realistic(1ms, rate=0.4, seed=7)"
OPERATION = "/powertokens/v1/images/generations"


@pytest.fixture(scope="module")
def mock(powertokens: Contract) -> Iterator[Seen]:
    with seen([powertokens], lambda own: MockSettings(own, default_scenario=DEFAULT)) as served:
        yield served


@pytest.fixture(autouse=True)
def anew(mock: Seen) -> None:
    mock.mock.reset()


def test_a_default_scenario_is_realistic(mock: Seen, order: Body) -> None:
    answers = [mock.ask("powertokens", {**order, "n": 2}) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert {answer.headers.get("retry-after") for answer in answers} == {None, "2"}
    assert {answer.headers["x-mock-scenario"] for answer in answers} == {DEFAULT}
    waits = [answer.headers["x-mock-random"] for answer in answers if answer.status_code == 200]
    assert all("waits 0.00" in one for one in waits)
    assert [switch.source for switch in mock.mock.controls.switchboard.current()] == ["default"]
    mock.get("/scenario", "Switches")
    assert "set by --default-scenario" in mock.http.get("/").text


def test_each_session_has_the_default_scenario_and_the_same_chance(mock: Seen, order: Body) -> None:
    by_session = [
        [mock.ask("powertokens", order, {"x-mock-session": session}).status_code for _ in range(8)]
        for session in ("w-1", "w-2")
    ]
    assert by_session[0] == by_session[1]
    assert set(by_session[0]) == {200, 429}


def test_whatever_else_is_set_goes_before_the_default(mock: Seen, order: Body) -> None:
    assert mock.ask("powertokens", order, {"x-mock-scenario": "forbidden"}).status_code == 403
    assert "x-mock-scenario" not in mock.ask("powertokens", order, {"x-mock-scenario": "none"}).headers
    mock.mock.set_scenario("forbidden", times=1)
    assert mock.ask("powertokens", order).status_code == 403
    mock.mock.set_scenario("none")
    assert "x-mock-scenario" not in mock.ask("powertokens", order).headers
    mock.mock.reset()
    assert "x-mock-scenario" in mock.ask("powertokens", order).headers


def test_a_quota_counts_down_and_then_requests_are_refused(mock: Seen, order: Body) -> None:
    mock.mock.set_scenario("quota(limit=2, period=100s)")
    answers = [mock.ask("powertokens", order) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit-requests"] for answer in answers} == {"2"}
    assert all(float(answer.headers["x-ratelimit-reset-requests"].removesuffix("s")) <= 100 for answer in answers)
    assert 1 <= int(answers[2].headers["retry-after"]) <= 100
    elsewhere = {"x-mock-session": "w-1", "x-mock-scenario": "quota(limit=2, period=100s)"}
    assert mock.ask("powertokens", order, elsewhere).status_code == 200


def test_a_quota_is_full_again_after_its_period() -> None:
    quota = Quota(2, 60.0)
    assert [quota.take(now) for now in (5.0, 6.0, 64.9, 65.0, 65.1, 65.2)] == [True, True, False, True, True, False]


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("quota(limit=0)", "limit must be a whole number from 1 to 1000000; got '0'"),
        ("quota(period=0s)", "period must be more than 0; got 0s"),
        ("realistic(rate=2)", "rate must be from 0 to 1; got 2"),
        ("latency-per-image(1s, sigma=9)", "sigma must be from 0 to 3; got 9"),
    ],
)
def test_a_preset_that_cannot_be_is_refused(mock: Seen, scenario: str, said: str) -> None:
    assert said in mock.problem("PUT", "/scenario", 400, json={"scenario": scenario})


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {}),
        ("GET", "/_mock/requests", {}),
        ("GET", "/nothing", {}),
        ("POST", "/v2/images", {}),
        ("GET", "/powertokens/v1/models", {}),
        ("POST", OPERATION, {}),
        ("GET", "/powertokens/images/unknown.png", {}),
        ("OPTIONS", OPERATION, {"origin": "http://x", "access-control-request-method": "POST"}),
        ("GET", "/", {"host": "evil.example"}),
        ("POST", "/dashscope/api/v1/services/aigc/multimodal-generation/generation", {}),
        ("GET", "/dashscope/_mock/calls", {}),
    ],
)
def test_each_response_has_a_request_id(mock: Seen, method: str, path: str, headers: dict[str, str]) -> None:
    answer = mock.http.request(method, path, headers=headers)
    assert len(answer.headers.get_list("x-request-id")) == 1, answer.headers
