"""What the list of requests shows of each."""

from dataclasses import replace

import orjson
import pytest

from gateway_contract.contract.definition import Contract
from mock_server.console.live import Batch
from mock_server.console.view import format_duration, format_status, html, mood, row
from mock_server.gateway.openai_errors import error_body
from mock_server.journal.entries import JournalEntry
from mock_server.serving.error_response import ErrorResponse


@pytest.fixture
def entry(powertokens: Contract) -> JournalEntry:
    return JournalEntry(
        id=1,
        gateway=powertokens.name,
        timestamp=0.0,
        method=powertokens.operation.method,
        path=f"/{powertokens.name}{powertokens.operation.path}",
        headers=(("authorization", "Bearer ***"),),
        content=orjson.dumps(powertokens.examples[0].body),
        status=200,
        response_headers=(),
        response_content=b"{}",
        complete=True,
        duration_seconds=0.1,
        upstream_calls=(),
        scenario=None,
        mode="strict",
    )


def answered(entry: JournalEntry, *links: object) -> JournalEntry:
    return replace(entry, response_content=orjson.dumps({"data": [{"url": link} for link in links]}))


@pytest.mark.parametrize(("count", "shown", "more"), [(6, 6, ""), (8, 6, "and 2 more")])
def test_a_line_shows_a_few_images_and_counts_the_rest(
    entry: JournalEntry, powertokens: Contract, count: int, shown: int, more: str
) -> None:
    told = row(answered(entry, *(f"http://127.0.0.1/{number}" for number in range(count))), [powertokens])
    page = bytes(html("rows.html", batch=Batch([told], None)).body).decode()
    assert len(told.pictures) == count
    assert page.count("<img") == shown
    assert more in page
    assert ("more</span>" in page) == bool(more)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//elsewhere", "", None, 7, {}])
def test_what_is_no_link_is_never_made_one(entry: JournalEntry, powertokens: Contract, link: object) -> None:
    assert row(answered(entry, link), [powertokens]).pictures == ()


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"data": 7}', b'{"data": [7, null, []]}'])
def test_whatever_was_answered_has_a_line(entry: JournalEntry, powertokens: Contract, content: bytes) -> None:
    told = row(replace(entry, response_content=content), [powertokens])
    assert (told.pictures, told.inline) == ((), 0)


@pytest.mark.parametrize(
    ("status", "complete", "told", "coloured"),
    [
        (200, True, "200", "good"),
        (400, True, "400", "refused"),
        (500, True, "500", "broken"),
        (200, False, "200, incomplete", "broken"),
        (None, False, "no response", "broken"),
    ],
)
def test_an_answer_is_told_and_coloured_by_what_came_of_it(
    entry: JournalEntry, *, status: int | None, complete: bool, told: str, coloured: str
) -> None:
    seen = replace(entry, status=status, complete=complete)
    assert (format_status(seen), mood(seen)) == (told, coloured)


def test_a_line_says_why_a_right_request_failed(entry: JournalEntry, powertokens: Contract) -> None:
    refusal = ErrorResponse(429, "rate_limit_error", "rate_limit_exceeded", "Too many requests.")
    failed = replace(entry, status=429, response_content=orjson.dumps(error_body(powertokens, refusal)))
    assert row(failed, [powertokens]).outcome == "Too many requests."
    shown = bytes(html("rows.html", batch=Batch([row(failed, [powertokens])], None)).body).decode()
    assert "<b>Response:</b> Too many requests." in shown
    assert row(replace(failed, status=200), [powertokens]).outcome == "no images"
    assert row(replace(failed, response_content=b"<html>"), [powertokens]).outcome == "error 429"


def test_a_line_does_not_say_twice_what_is_wrong_with_a_request(entry: JournalEntry, powertokens: Contract) -> None:
    refused = replace(entry, status=400, response_content=orjson.dumps({"error": {"message": "The model is missing."}}))
    for content in (b"{}", b"{"):
        assert row(replace(refused, content=content), [powertokens]).outcome == "rejected"


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.00042, "0.4 ms"), (0.0099, "9.9 ms"), (0.25, "250 ms"), (2, "2000 ms")]
)
def test_short_times_are_told_more_exactly(seconds: float, told: str) -> None:
    assert format_duration(seconds) == told
