"""The journal keeps the last requests, within bounds of number and bytes, and tells news at once."""

import asyncio
import threading
from dataclasses import replace

import pytest

from gateway_contract.values.json_value import ABSENT
from mock_server.journal.entries import MAX_BYTES, OVERHEAD, Journal, JournalEntry


def entry(content: bytes = b"{}", answer: bytes = b"") -> JournalEntry:
    return JournalEntry(
        id=0,
        gateway="gate",
        timestamp=0.0,
        method="POST",
        path="",
        headers=(),
        content=content,
        status=200,
        response_headers=(),
        response_content=answer,
        complete=True,
        duration_seconds=0.0,
        upstream_calls=(),
        scenario=None,
        mode="strict",
    )


def numbered(id_: int) -> JournalEntry:
    return replace(entry(), id=id_)


def filled(count: int, max_entries: int = 10, max_bytes: int = MAX_BYTES) -> Journal:
    journal = Journal(max_entries, max_bytes)
    for _ in range(count):
        journal.add(numbered, 0)
    return journal


def ids(journal: Journal) -> list[int]:
    return [kept.id for kept in journal.entries()]


def test_entries_are_numbered_in_their_order() -> None:
    journal = filled(3)
    assert (ids(journal), journal.last_id) == ([1, 2, 3], 3)


def test_an_entry_is_made_when_somebody_looks_and_not_before() -> None:
    made: list[int] = []

    def make(id_: int) -> JournalEntry:
        made.append(id_)
        return numbered(id_)

    journal = Journal(10)
    journal.add(make, 0)
    journal.add(make, 0)
    assert made == []
    assert journal.entry(2) == numbered(2)
    assert made == [2]
    assert ids(journal) == [1, 2]
    assert made == [2, 1, 2]


def test_the_oldest_are_forgotten_where_there_are_too_many() -> None:
    assert ids(filled(5, max_entries=2)) == [4, 5]


def test_the_oldest_are_forgotten_where_they_are_too_large() -> None:
    journal = Journal(10, max_bytes=2 * (OVERHEAD + 1000))
    for _ in range(4):
        journal.add(numbered, 1000)
    assert ids(journal) == [3, 4]
    assert journal.stored_bytes == 2 * (OVERHEAD + 1000)


def test_the_newest_is_kept_however_large_it_is() -> None:
    journal = filled(3, max_bytes=100)
    journal.add(numbered, 10_000)
    assert ids(journal) == [4]


def test_an_entry_is_found_by_its_number_while_it_is_kept() -> None:
    journal = filled(3, max_entries=2)
    found = journal.entry(3)
    assert found is not None
    assert found.id == 3
    assert journal.entry(1) is None
    assert journal.entry(4) is None


def test_since_tells_what_came_later() -> None:
    assert [found.id for found in filled(4).since(2)] == [3, 4]
    assert filled(4).since(4) == ()


def test_clearing_forgets_all_and_numbers_go_on() -> None:
    journal = filled(3)
    journal.clear()
    assert (journal.entries(), journal.stored_bytes) == ((), 0)
    journal.add(numbered, 0)
    assert ids(journal) == [4]


def test_bodies_are_json_where_they_are() -> None:
    assert entry(b'{"a": 1}', b"[2]").body == {"a": 1}
    assert entry(b'{"a": 1}', b"[2]").response == [2]
    assert entry(b"{").body is ABSENT


def test_news_that_there_are_already_are_told_at_once() -> None:
    journal = filled(2)
    assert [found.id for found in asyncio.run(journal.news(1, seconds=60))] == [2]


def test_news_are_told_to_all_who_wait_as_soon_as_there_are_any() -> None:
    journal = filled(2)

    async def wait() -> list[tuple[JournalEntry, ...]]:
        waiting = [asyncio.create_task(journal.news(2, seconds=60)) for _ in range(2)]
        await asyncio.sleep(0)
        assert len(journal.waiting) == 2
        journal.add(numbered, 0)
        return await asyncio.gather(*waiting)

    assert [[found.id for found in news] for news in asyncio.run(wait())] == [[3], [3]]
    assert journal.waiting == set()


def test_no_news_in_time_are_none() -> None:
    journal = filled(2)
    assert asyncio.run(journal.news(2, seconds=0.01)) == ()
    assert journal.waiting == set()


def test_whoever_stops_waiting_leaves_nothing_behind() -> None:
    journal = filled(0)

    async def give_up() -> None:
        waiting = asyncio.create_task(journal.news(0, seconds=60))
        await asyncio.sleep(0)
        assert journal.waiting
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(give_up())
    assert journal.waiting == set()


def test_news_reach_whoever_waits_in_another_thread() -> None:
    journal, found = filled(2), list[JournalEntry]()

    def wait() -> None:
        found.extend(asyncio.run(journal.news(2, seconds=60)))

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not journal.waiting:
        waiting.join(0.001)
    journal.add(numbered, 0)
    waiting.join(30)
    assert [kept.id for kept in found] == [3]
    assert journal.waiting == set()


def test_a_waiter_whose_loop_was_closed_hinders_nobody() -> None:
    journal, loop = filled(0), asyncio.new_event_loop()
    waiting = loop.create_task(journal.news(0, seconds=60))
    loop.run_until_complete(asyncio.sleep(0))
    waiting.cancel()
    loop.close()
    journal.add(numbered, 0)
    assert ids(journal) == [1]
