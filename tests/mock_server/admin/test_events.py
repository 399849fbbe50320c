"""Whoever looks on is told of each request at once, misses none, and keeps no server from stopping."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from mock_server.admin.api import errors, schema_named
from mock_server.admin.requests import resumed_after, stream
from mock_server.journal.entries import Journal
from tests.mock_server.admin.seen import Body, Seen, seen
from tests.waiting import wait_until

EVENTS = "/_mock/events"


def told(lines: Iterator[str]) -> tuple[int, Any]:
    """The next event: its id and its data."""
    number = next(line for line in lines if line.startswith("id: "))
    return int(number.removeprefix("id: ")), json.loads(next(lines).removeprefix("data: "))


def test_a_request_is_told_as_soon_as_it_has_ended(admin: Seen, order: Body) -> None:
    admin.ask("powertokens", order)
    with admin.http.stream("GET", EVENTS) as answer:
        lines = answer.iter_lines()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert next(lines).startswith("retry: ")
        admin.ask("powertokens", {**order, "n": 7})
        number, data = told(lines)
        assert number == data["id"] == 2
        assert data["verdict"]["message"] == "n must be at most 6; got 7."
        assert list(errors(schema_named("Request"), data)) == []


def test_several_look_on_at_once(admin: Seen, order: Body) -> None:
    with admin.http.stream("GET", EVENTS) as one, admin.http.stream("GET", EVENTS) as other:
        lines = [one.iter_lines(), other.iter_lines()]
        for each in lines:
            next(each)
        admin.ask("powertokens", order)
        assert [told(each)[0] for each in lines] == [1, 1]


def test_whoever_comes_back_misses_nothing(admin: Seen, order: Body) -> None:
    for _ in range(3):
        admin.ask("powertokens", order)
    with admin.http.stream("GET", EVENTS, headers={"last-event-id": "1"}) as answer:
        lines = answer.iter_lines()
        assert [told(lines)[0] for _ in range(2)] == [2, 3]


@pytest.mark.parametrize(
    ("last_event", "after"),
    [(None, 3), ("2", 2), ("3", 3), ("0", 0), ("17", 0), ("", 3), ("x", 3), ("²", 3), ("9" * 50, 0)],
)
def test_where_a_client_goes_on(last_event: str | None, after: int) -> None:
    journal = Journal(10)
    journal.last_id = 3
    assert resumed_after(journal, last_event) == after


def test_silence_is_filled_with_comments() -> None:
    async def first_three() -> list[bytes]:
        async with aclosing(streamed(Journal(10), asyncio.Event())) as chunks:
            return [await anext(chunks) for _ in range(3)]

    assert asyncio.run(first_three())[1:] == [b": keep-alive\n\n", b": keep-alive\n\n"]


def streamed(journal: Journal, ending: asyncio.Event) -> Any:  # noqa: ANN401 - a generator, which its type hides
    return stream(journal, 0, ending, lambda entry: entry.id, heartbeat=0.01)


def test_the_stream_ends_with_the_server_and_leaves_nobody_waiting() -> None:
    journal = Journal(10)

    async def ended() -> list[bytes]:
        ending = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, ending.set)
        chunks: AsyncIterator[bytes] = stream(journal, 0, ending, lambda entry: entry.id, heartbeat=60)
        return [chunk async for chunk in chunks]

    assert len(asyncio.run(ended())) == 2
    assert journal.waiting == set()


def test_a_server_stops_at_once_while_somebody_looks_on(powertokens: Contract) -> None:
    with httpx.Client(trust_env=False) as http:
        with seen([powertokens]) as admin:
            request = http.build_request("GET", f"{admin.mock.settings.own}{EVENTS}", timeout=30)
            answer = http.send(request, stream=True)
            lines = answer.iter_lines()
            next(lines)
        # The server is gone, and has ended the stream in order: it was not cut off when its time was over.
        assert [line for line in lines if line] == [": keep-alive"]
        answer.close()


def test_nothing_waits_for_a_client_that_left(admin: Seen, order: Body) -> None:
    with admin.http.stream("GET", EVENTS) as answer:
        lines = answer.iter_lines()
        next(lines)
        wait_until(lambda: len(admin.mock.journal.waiting) == 1)
    wait_until(lambda: not admin.mock.journal.waiting)
    assert admin.ask("powertokens", order).status_code == 200


def test_asking_for_the_headers_alone_does_not_go_on_for_ever(admin: Seen) -> None:
    assert admin.http.head(EVENTS).headers["content-type"].startswith("text/event-stream")


def test_an_entry_that_came_while_another_was_told_is_told_next(admin: Seen, order: Body) -> None:
    with admin.http.stream("GET", EVENTS) as answer:
        lines = answer.iter_lines()
        next(lines)
        for _ in range(20):
            admin.ask("powertokens", order)
        assert [told(lines)[0] for _ in range(20)] == list(range(1, 21))
