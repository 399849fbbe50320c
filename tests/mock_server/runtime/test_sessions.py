"""Parallel clients share one mock, and each has it for itself."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from mock_server.gateway.modes import Mode
from mock_server.runtime.mock import MockSettings
from mock_server.runtime.sessions import Controls, Sessions
from mock_server.scenarios.scenario_file import ScenarioFile
from mock_server.scenarios.switches import FILE, Switch
from mock_server.serving.session import SessionError
from mock_server.testing import ImageGateway
from tests.mock_server.admin.seen import Body, Seen, seen

WORKERS = 6
HEADER = "X-Mock-Session"


@pytest.fixture(scope="module")
def shared(powertokens: Contract) -> Iterator[Seen]:
    with seen([powertokens]) as served:
        yield served


@pytest.fixture
def mock(shared: Seen) -> Seen:
    shared.mock.reset()
    return shared


def test_workers_side_by_side_do_not_disturb_one_another(mock: Seen, order: Body) -> None:
    """Each worker sets a list, a number of times and a chance of its own, and asserts what it alone has sent."""
    operation = mock.mock.served["powertokens"].gateway.contract.operation

    async def worker(number: int) -> list[int]:
        name = f"worker-{number}"
        admin, headers = f"/_mock/sessions/{name}", {HEADER: name, "authorization": "Bearer sk-any"}
        async with httpx.AsyncClient(base_url=mock.mock.settings.own, headers=headers, trust_env=False) as http:

            async def sent(count: int) -> list[int]:
                answers = [await http.post(f"/powertokens{operation.path}", json=order) for _ in range(count)]
                return [answer.status_code for answer in answers]

            await http.put(f"{admin}/scenario", json={"scenario": "rate-limit, server-error, ok"})
            assert await sent(3 + number) == [429, 500, *[200] * (1 + number)]
            await http.put(f"{admin}/scenario", json={"scenario": "forbidden", "times": 1 + number})
            assert await sent(2 + number) == [*[403] * (1 + number), 200]
            assertion = {"matches": {"properties": {"status": {"const": 403}}}, "count": 1 + number}
            assert (await http.post(f"{admin}/assert", json=assertion)).status_code == 200
            assert (await http.get(f"{admin}/requests")).json()["count"] == 5 + 2 * number
            await http.put(f"{admin}/scenario", json={"scenario": "chaos(rate=0.5, seed=7, of=forbidden)"})
            return await sent(8)

    async def all_workers() -> list[list[int]]:
        return await asyncio.gather(*map(worker, range(WORKERS)))

    by_chance = asyncio.run(all_workers())
    assert by_chance == [by_chance[0]] * WORKERS
    assert set(by_chance[0]) == {200, 403}
    assert mock.get("/requests?limit=0", "Requests")["count"] == sum(13 + 2 * number for number in range(WORKERS))
    assert mock.ask("powertokens", order).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {HEADER: "w-1"},
        {"authorization": "Bearer mock-session.w-1.any-token"},
        {"cookie": "theme=dark; mock_session=w-1"},
        {HEADER: "w-1", "authorization": "Bearer mock-session.w-2.any-token", "cookie": "mock_session=w-3"},
        {"authorization": "Bearer mock-session.w-1.any-token", "cookie": "mock_session=w-3"},
    ],
    ids=["header", "token", "cookie", "header first", "token before cookie"],
)
def test_a_request_names_its_session(mock: Seen, order: Body, headers: dict[str, str]) -> None:
    mock.mock.set_scenario("forbidden", session="w-1")
    assert mock.ask("powertokens", order).status_code == 200
    assert mock.ask("powertokens", order, headers).status_code == 403
    assert [entry.id for entry in mock.mock.journal.entries("w-1")] == [mock.mock.journal.last_id]
    assert mock.get("/sessions", "Sessions") == {"sessions": ["w-1"]}


def test_the_token_behind_a_session_is_what_the_gateway_sees_and_no_journal_shows(
    powertokens: Contract, order: Body
) -> None:
    with seen([powertokens], lambda own: MockSettings(own, token="the-only-token")) as mock:
        telling = {**order, "prompt": "the-only-token"}
        wrong = mock.ask("powertokens", order, {"authorization": "Bearer mock-session.w-1.another-token"})
        right = mock.ask("powertokens", telling, {"authorization": "Bearer mock-session.w-1.the-only-token"})
        assert (wrong.status_code, right.status_code) == (401, 200)
        shown = mock.http.get("/_mock/sessions/w-1/requests").text
        assert "the-only-token" not in shown
        assert "another-token" not in shown


def test_a_cookie_with_an_id_as_long_as_a_secret_names_a_session(mock: Seen, order: Body) -> None:
    id_ = "0b9f2a64-58c5-4b0e-8f43-7d2f6a0c1e55"
    mock.ask("powertokens", {**order, "prompt": "Bearer sk-0123456789abcdef0123"}, {"cookie": f"mock_session={id_}"})
    assert len(mock.mock.journal.entries(id_)) == 1


@pytest.mark.parametrize(
    ("written", "shown"),
    [("a b", "'a b'"), ("", "''"), ("x" * 65, "x"), ("sk-0123456789abcdef0123456789abcdef", "redacted")],
)
def test_a_malformed_id_is_refused(mock: Seen, order: Body, written: str, shown: str) -> None:
    answer = mock.ask("powertokens", order, {HEADER: written})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("This is the mock: The id of a session must be 1 to 64 letters")
    assert shown in answer.json()["error"]["message"]
    (entry,) = mock.mock.journal.entries()
    assert entry.session is None


@pytest.mark.parametrize("token", ["mock-session.w-1", "mock-session."])
def test_a_token_that_names_a_session_and_holds_nothing_else_is_refused(mock: Seen, order: Body, token: str) -> None:
    """By the gateway and by the upstream."""
    for path in ("/powertokens/v1/images/generations", f"/dashscope{mock.mock.stubs['dashscope'].path}"):
        answer = mock.http.post(path, json=order, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 400
        assert "must be mock-session.ID.TOKEN; got one without .TOKEN" in answer.text


def test_two_ids_are_refused(mock: Seen, order: Body) -> None:
    operation = mock.mock.served["powertokens"].gateway.contract.operation
    two = [(HEADER, "w-1"), (HEADER, "w-2"), ("authorization", "Bearer sk-any")]
    answer = mock.http.post(f"/powertokens{operation.path}", json=order, headers=two)
    assert answer.status_code == 400
    assert "got 'w-1, w-2'" in answer.json()["error"]["message"]


def test_a_session_has_its_own_mode(mock: Seen, order: Body) -> None:
    wrong = {**order, "n": 99}
    mock.http.put("/_mock/sessions/w-1/mode", json={"mode": "lenient"})
    assert mock.ask("powertokens", wrong).status_code == 400
    assert mock.ask("powertokens", wrong, {HEADER: "w-1"}).status_code == 200
    assert mock.get("/sessions/w-1/mode", "Mode") == {"mode": "lenient"}
    assert mock.get("/sessions/w-2/mode", "Mode") == {"mode": "strict"}


def test_a_reset_of_one_session_leaves_the_others(mock: Seen, order: Body) -> None:
    for session in ("w-1", "w-2"):
        mock.mock.set_scenario("forbidden", session=session)
        mock.ask("powertokens", order, {HEADER: session})
    assert mock.http.post("/_mock/sessions/w-1/reset").status_code == 204
    assert [entry.session for entry in mock.mock.journal.entries()] == ["w-2"]
    statuses = [mock.ask("powertokens", order, {HEADER: session}).status_code for session in ("w-1", "w-2")]
    assert statuses == [200, 403]


def test_the_list_of_all_sessions_filters_by_session(mock: Seen, order: Body) -> None:
    first = mock.mock.journal.last_id + 1
    for session in (None, {HEADER: "w-1"}, {HEADER: "w-2"}):
        mock.ask("powertokens", order, session)
    assert mock.listed("session=none") == [first]
    assert mock.listed("session=w-1,w-2") == [first + 2, first + 1]
    assert mock.problem("GET", f"/sessions/w-1/requests/{first}", 404).startswith(f"Request {first} is not in")
    assert mock.problem("GET", "/sessions/a%20b/requests", 400).startswith("The id of a session must be")


def test_a_session_begins_with_the_scenarios_of_the_file(mock: Seen, order: Body) -> None:
    mock.ask("powertokens", order, {HEADER: "w-1"})
    mock.mock.apply_scenario_file(ScenarioFile({}, (Switch("forbidden", None, FILE, 1),)))
    for session in ({HEADER: "w-1"}, {HEADER: "w-2"}, None):
        assert [mock.ask("powertokens", order, session).status_code for _ in range(2)] == [403, 200]
    mock.mock.apply_scenario_file(ScenarioFile())


def test_the_upstream_has_scenarios_by_session_too(mock: Seen) -> None:
    stub = mock.mock.stubs["dashscope"]
    mock.mock.set_scenario("rate-limit", "dashscope", session="w-1")
    call = {"model": "qwen-image-2.0-pro", "input": {"messages": [{"role": "user", "content": [{"text": "a cat"}]}]}}
    sessions: tuple[dict[str, str], ...] = (
        {},
        {"authorization": "Bearer mock-session.w-1.sk-any"},
        {HEADER: "a b"},
    )
    answers = [mock.http.post(f"/dashscope{stub.path}", json=call, headers=session) for session in sessions]
    assert [answer.status_code for answer in answers] == [200, 429, 400]


def test_a_fixture_is_seen_and_switched_by_session(mock: Seen, order: Body) -> None:
    gateway = ImageGateway(mock.mock, "powertokens")
    one, other = gateway.in_session("one"), gateway.in_session("other")
    one.set_scenario("forbidden")
    other.set_mode("off")
    for user in (one, other):
        mock.ask("powertokens", order, user.headers)
    assert [entry.status for entry in (*one.requests, *other.requests)] == [403, 200]
    assert [entry.mode for entry in (*one.requests, *other.requests)] == ["strict", "off"]
    one.reset()
    assert (len(one.requests), len(other.requests), len(gateway.requests)) == (0, 1, 1)
    with pytest.raises(SessionError, match="got 'a b'"):
        gateway.in_session("a b")


def strict() -> Controls:
    return Controls(Mode.STRICT)


def test_the_session_that_was_used_least_recently_goes_first() -> None:
    sessions = Sessions(strict, max_sessions=2)
    first = sessions.controls("a")
    sessions.controls("b")
    assert sessions.controls("a") is first
    sessions.controls("c")
    assert sessions.ids() == ("a", "c")


def test_a_session_that_nobody_uses_goes() -> None:
    now = [0.0]
    sessions = Sessions(strict, idle_seconds=10, clock=lambda: now[0])
    sessions.controls("a")
    now[0] = 8
    sessions.controls("b")
    now[0] = 12
    sessions.controls("c")
    assert sessions.ids() == ("b", "c")
