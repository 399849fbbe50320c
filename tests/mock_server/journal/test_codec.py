"""What anybody reads of a request holds no secret, and what is kept of it takes no more memory than it says."""

import gc
import subprocess
import sys
import tracemalloc
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import orjson
import pytest

from gateway_contract.traffic.exchange import FaultCause, PlayedFault, UpstreamCall
from gateway_contract.values.json_value import ABSENT, read_json
from mock_server.journal.entries import Journal
from mock_server.journal.record import JournalRecord, PackedRecord, pack, redact_record, to_entry, unpack
from mock_server.journal.recorder import describe_bytes, store
from mock_server.serving.signing import Signer
from mock_server.upstream.calls import unpacked

ROOT = Path(__file__).parents[3]
TOKEN = b"a-token-of-nobody"
AUTHORIZED = (b"authorization", b"Bearer " + TOKEN)


def request(content: bytes = b"{}", *more: tuple[bytes, bytes]) -> JournalRecord:
    return JournalRecord(
        gateway="gate",
        timestamp=0.0,
        method="POST",
        path=b"/x",
        query=b"",
        headers=[AUTHORIZED, *more],
        content=content,
        status=200,
        response_headers=[],
        response=b"{}",
        complete=True,
        duration_seconds=0.0,
        upstream_calls=[],
        scenario=None,
        mode="strict",
    )


def upstream_call(content: bytes) -> UpstreamCall:
    return UpstreamCall("POST", "/up", (("authorization", "Bearer of-the-gateway"),), read_json(content), 0.0, 200)


def everywhere() -> list[JournalRecord]:
    """Requests that hold the client's token, each in another place."""
    words = orjson.dumps({"words": TOKEN.decode()})
    return [
        request(),
        request(words),
        request(words.replace(b"-", b"\\u002d")),
        request(b"{}", (b"x-also", TOKEN)),
        replace(request(words), upstream_calls=[upstream_call(words)]),
        replace(request(), path=b"/" + TOKEN),
        replace(request(), query=b"key=" + TOKEN),
        replace(request(), query=b"key=" + TOKEN.replace(b"-", b"%2d")),
        replace(request(), response=words),
        replace(request(), response_headers=[(b"x-echo", TOKEN)]),
        replace(request(b"{}", (b"x-mock-scenario", TOKEN)), scenario=TOKEN.decode()),
    ]


@pytest.mark.parametrize("raw", everywhere())
def test_nobody_reads_the_clients_token(raw: JournalRecord) -> None:
    journal = Journal(10)
    store(journal, raw)
    for _ in range(2):  # what is read once stays redacted
        (told,) = journal.entries()
        assert TOKEN.decode() not in f"{told} {told.body} {told.response} {unquote(told.path)}"


def test_what_was_read_takes_no_more_memory_than_before() -> None:
    """Redaction makes a text of short keys longer."""
    keys = orjson.dumps(["sk-abcd"] * 1000)
    kept = PackedRecord((pack(request(keys)), False), ())
    size = len(kept.packed[0])
    assert [kept.entry(1).content for _ in range(2)] == [keys.replace(b"sk-abcd", b"[redacted]")] * 2
    assert len(kept.packed[0]) <= size


def test_a_kept_record_does_not_show_itself() -> None:
    kept = PackedRecord((pack(request()), False), (TOKEN.decode(),))
    assert TOKEN.decode() not in repr(kept)


def test_the_gateways_own_key_is_in_no_entry() -> None:
    (call,) = to_entry(redact_record(replace(request(), upstream_calls=[upstream_call(b"{}")])), 1).upstream_calls
    assert call.headers == (("authorization", "Bearer [redacted]"),)


def test_a_call_without_a_body_stays_one() -> None:
    call = replace(upstream_call(b"{}"), body=ABSENT)
    (kept,) = redact_record(replace(request(TOKEN), upstream_calls=[call])).upstream_calls
    assert unpacked(kept).body is ABSENT


def test_paths_and_headers_that_are_no_text_are_told_as_far_as_they_go() -> None:
    entry = to_entry(redact_record(replace(request(b"\xff", (b"x-odd", b"\xff")), path=b"/\xff")), 7)
    assert (entry.id, entry.path, entry.content) == (7, "/�", b"\xff")
    assert ("x-odd", "ÿ") in entry.headers


def with_calls(content: bytes, count: int = 1) -> JournalRecord:
    return replace(request(content), upstream_calls=[upstream_call(content) for _ in range(count)])


HOSTILE: dict[str, Callable[[], JournalRecord]] = {
    "many headers": lambda: request(b"{}", *((b"%x" % index, b"b" * 2) for index in range(10_000))),
    "empty lists": lambda: with_calls(b"[%b]" % b",".join([b"[]"] * 40_000)),
    "empty objects": lambda: with_calls(b"[%b]" % b",".join([b"{}"] * 40_000)),
    "names": lambda: with_calls(b"{%b}" % b",".join(b'"%x":{}' % index for index in range(40_000))),
    "an emoji in a long text": lambda: with_calls('"{}😀"'.format("a" * 2_000_000).encode()),
    "several calls": lambda: with_calls(b'"%b"' % (b"a" * 500_000), 5),
    "a long query": lambda: replace(request(), query=b"q=" + b"x" * 60_000),
    "a long scenario": lambda: replace(request(), scenario="x" * 60_000),
    "a long answer": lambda: replace(request(), response=b"x" * 1_000_000),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_what_is_kept_is_one_piece_from_which_all_of_it_comes_back(make: Callable[[], JournalRecord]) -> None:
    raw = redact_record(make())
    kept = pack(raw)
    assert isinstance(kept, bytes)
    assert unpack(kept) == raw


def test_a_failure_that_was_played_and_a_call_without_a_body_come_back() -> None:
    played = replace(upstream_call(b"{}"), body=ABSENT, images=("a",), played=PlayedFault("odd", FaultCause.VENDOR, 3))
    raw = replace(request(), upstream_calls=[played, upstream_call(b"null")])
    assert unpack(pack(raw)) == raw


def test_no_request_takes_more_memory_than_it_says() -> None:
    # In a process of its own: threads of other tests take memory, too. The first rounds fill caches.
    code = "from tests.mock_server.journal.test_codec import excess_of_hundred as e; print(min(e() for _ in range(10)))"
    done = subprocess.run(  # noqa: S603 # our own code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) <= 0


def excess_of_hundred() -> int:
    """Bytes that a journal of a hundred requests takes beyond what it says."""
    gc.collect()
    tracemalloc.start()
    try:
        journal = Journal(100)
        for _ in range(100):
            store(journal, with_calls(b'["%b"]' % (b"a" * 50_000)))
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(journal.stored) == 100
    return taken - journal.stored_bytes


def link_that_reads_like_a_key() -> str:
    """One of many thousand: nothing in it is secret."""
    return "http://x/images/" + "a" * 40 + "sk-" + "b" * 40 + ".png"


def test_a_link_that_reads_like_a_key_by_chance_stays() -> None:
    answer = orjson.dumps({"url": link_that_reads_like_a_key()})
    assert redact_record(replace(request(), response=answer)).response == answer


def test_an_image_in_the_answer_to_a_request_with_a_secret_is_told_by_its_digest() -> None:
    content = bytes(range(256)) * 100
    answer = orjson.dumps({"b64": b64encode(content).decode(), "url": link_that_reads_like_a_key()})
    journal = Journal(10)
    store(journal, replace(request(orjson.dumps({"words": TOKEN.decode()})), response=answer))
    assert journal.entries()[0].response == {"b64": describe_bytes(content), "url": "http://x/images/[redacted].png"}


def test_a_long_secret_is_looked_for_no_longer_than_a_quotation_is() -> None:
    """Each of its beginnings in a long answer would take minutes."""
    long = b"0123456789" * 6000
    raw = replace(request(long), headers=[(b"cookie", long)], response=b"x" * 4_000_000)
    assert redact_record(raw).content == b"[redacted]"


def test_links_in_the_answer_to_a_request_with_a_secret_do_not_carry_it() -> None:
    link = "http://x/images/" + Signer(b"key").sign(f"it is {TOKEN.decode()}", 1e9) + ".png"
    raw = replace(request(orjson.dumps({"words": TOKEN.decode()})), response=orjson.dumps({"url": link}))
    assert redact_record(raw).response == b'{"url":"http://x/images/[redacted].png"}'
    assert b"[redacted]" in redact_record(replace(raw, content=b"{}")).response
    harmless = orjson.dumps(
        {"url": "http://x/images/" + Signer(b"key").sign("a lighthouse at dusk, in oil", 1e9) + ".png"}
    )
    assert redact_record(replace(raw, content=b"{}", response=harmless)).response == harmless
