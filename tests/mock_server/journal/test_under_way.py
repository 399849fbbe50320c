"""A request is seen from its first byte, and one whose client went away is recorded as that."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

import pytest

from gateway_contract.contract.definition import Contract
from mock_server.journal.entries import JournalEntry
from tests.mock_server.admin.seen import Body, Seen, seen
from tests.waiting import PATIENCE, HeldSleep, hold_sleep, wait_until

PATH = "/powertokens/v1/images/generations"
SLEEPING = ("mock_server.scenarios.timing", "mock_server.faults.fault")


@pytest.fixture(scope="module")
def mock(powertokens: Contract) -> Iterator[Seen]:
    with seen([powertokens]) as served:
        yield served


@pytest.fixture
def sleep(monkeypatch: pytest.MonkeyPatch) -> HeldSleep:
    """What delays a response lasts until it is released."""
    return hold_sleep(monkeypatch, *SLEEPING)


def head(scenario: str, length: int) -> bytes:
    lines = (
        f"POST {PATH}?key=sk-0123456789abcdef0123456789 HTTP/1.1",
        "Host: 127.0.0.1",
        "Authorization: Bearer sk-any",
        f"X-Mock-Scenario: {scenario}",
        "X-Mock-Session: w-1",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def connected(mock: Seen) -> socket.socket:
    return socket.create_connection(("127.0.0.1", mock.http.base_url.port or 0), timeout=PATIENCE)


def under_way(mock: Seen, query: str = "/requests") -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", mock.get(query, "Requests")["under_way"])


def read_to_end(client: socket.socket) -> None:
    while client.recv(65536):
        pass


def last_entry(mock: Seen, before: int) -> JournalEntry:
    wait_until(lambda: mock.mock.journal.last_id > before)
    return mock.mock.journal.newest(1)[0]


def test_a_request_is_seen_while_its_body_comes_and_while_it_waits(mock: Seen, order: Body, sleep: HeldSleep) -> None:
    before, body = mock.mock.journal.last_id, json.dumps(order).encode()
    with closing(connected(mock)) as client:
        client.sendall(head("latency(1s)", len(body)))
        wait_until(lambda: len(under_way(mock)) == 1)
        (first,) = under_way(mock)
        assert (first["progress"], first["method"], first["session"]) == ("receiving", "POST", "w-1")
        assert first["path"] == f"{PATH}?key=[redacted]"
        client.sendall(body)
        wait_until(lambda: under_way(mock)[0]["progress"] == "waiting" and under_way(mock)[0]["scenario"] is not None)
        page = mock.http.get("/console/news").text
        (second,) = under_way(mock, "/sessions/w-1/requests")
        assert under_way(mock, "/sessions/w-2/requests") == []
        assert second["seconds"] > first["seconds"]
        assert f"POST {PATH}" in page
        assert re.search(r"waiting, \d", page)
        sleep.released.set()
        assert client.recv(12) == b"HTTP/1.1 200"
    entry = last_entry(mock, before)
    assert (entry.status, entry.client_gone) == (200, False)
    assert under_way(mock) == []


@pytest.mark.parametrize(
    ("scenario", "received", "status", "said"),
    [
        ("latency(1s)", 0, None, "client went away"),
        ("slow-body(1s)", 20, 200, "200, client went away"),
    ],
)
def test_a_client_who_went_away_is_recorded_as_that(
    mock: Seen, order: Body, sleep: HeldSleep, scenario: str, received: int, status: int | None, said: str
) -> None:
    before, body = mock.mock.journal.last_id, json.dumps(order).encode()
    with closing(connected(mock)) as client:
        client.sendall(head(scenario, len(body)) + body)
        wait_until(lambda: [one["scenario"] for one in under_way(mock)] == [scenario])
        client.recv(received)
    wait_until(lambda: under_way(mock)[0]["progress"] == "client went away")
    sleep.released.set()
    entry = last_entry(mock, before)
    assert (entry.status, entry.complete, entry.client_gone) == (status, False, True)
    assert mock.get(f"/requests/{entry.id}", "Request")["client_gone"] is True
    assert said in mock.http.get(f"/requests/{entry.id}").text


def test_a_client_who_leaves_before_the_body_has_come_is_recorded_as_that(mock: Seen) -> None:
    before = mock.mock.journal.last_id
    with closing(connected(mock)) as client:
        client.sendall(head("none", 100) + b"{")
        wait_until(lambda: len(under_way(mock)) == 1)
    entry = last_entry(mock, before)
    assert (entry.status, entry.complete, entry.client_gone) == (None, False, True)


@pytest.mark.parametrize("scenario", ["reset", "reset-mid-response"])
def test_a_connection_that_the_mock_resets_is_not_the_clients_doing(mock: Seen, order: Body, scenario: str) -> None:
    before, body = mock.mock.journal.last_id, json.dumps(order).encode()
    with closing(connected(mock)) as client:
        client.sendall(head(scenario, len(body)) + body)
        with pytest.raises(ConnectionResetError):
            read_to_end(client)
    assert last_entry(mock, before).client_gone is False
