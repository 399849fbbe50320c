"""Reading a large journal keeps no other request waiting."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from gateway_contract.contract.definition import Contract
from mock_server.journal.entries import JournalEntry
from mock_server.journal.verdict import EntryVerdict, verdict_by_gateway
from mock_server.runtime.mock import Mock
from tests.mock_server.admin.seen import Body, Seen


@pytest.mark.parametrize("path", ["/_mock/requests", "/_mock/requests.har", "/_mock/requests?verdict=valid"])
def test_others_are_answered_while_the_journal_is_read(
    admin: Seen, order: Body, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.ask("powertokens", order)
    reading, answered = Event(), Event()

    def slow_judge(mock: Mock, entry: JournalEntry) -> EntryVerdict:
        reading.set()
        assert answered.wait(30)
        return verdict_by_gateway(mock.contracts, entry)

    monkeypatch.setattr("mock_server.admin.requests.judge", slow_judge)
    with ThreadPoolExecutor() as threads:
        export = threads.submit(admin.http.get, path)
        assert reading.wait(30)
        assert admin.ask("powertokens", order).status_code == 200
        answered.set()
        assert export.result(30).status_code == 200


@pytest.mark.parametrize("path", ["/", "/console/rows", "/requests/1"])
def test_others_are_answered_while_a_page_is_made(
    admin: Seen, order: Body, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.ask("powertokens", order)
    reading, answered = Event(), Event()

    def slow_verdict(contracts: Iterable[Contract], entry: JournalEntry) -> EntryVerdict:
        reading.set()
        assert answered.wait(30)
        return verdict_by_gateway(contracts, entry)

    monkeypatch.setattr("mock_server.console.view.verdict_by_gateway", slow_verdict)
    with ThreadPoolExecutor() as threads:
        page = threads.submit(admin.http.get, path)
        assert reading.wait(30)
        assert admin.ask("powertokens", order).status_code == 200
        answered.set()
        assert page.result(30).status_code == 200
