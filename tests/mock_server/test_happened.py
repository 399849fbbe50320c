"""What is kept of a request holds no secret, even before anybody looks, and takes no more memory than it says."""

import gc
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

import orjson
import pytest

from gateway_contract.exchange import UpstreamCall
from gateway_contract.read_json import read_json
from gateway_contract.values import ABSENT
from mock_server.happened import Happened, entry_of, harmless
from mock_server.journal import OVERHEAD

TOKEN = b"a-token-of-nobody"
AUTHORIZED = (b"authorization", b"Bearer " + TOKEN)


def request(content: bytes = b"{}", *more: tuple[bytes, bytes]) -> Happened:
    return Happened(
        gateway="gate",
        at=0.0,
        method="POST",
        path=b"/x",
        query=b"",
        headers=[AUTHORIZED, *more],
        content=content,
        status=200,
        answer_headers=[],
        answer=b"{}",
        whole=True,
        seconds=0.0,
        calls=[],
        scenario=None,
        mode="strict",
    )


def upstream_call(content: bytes) -> UpstreamCall:
    return UpstreamCall("POST", "/up", (("authorization", "Bearer of-the-gateway"),), read_json(content), 0.0, 200)


def everywhere() -> list[Happened]:
    """Requests that hold the client's token, each in another place."""
    words = orjson.dumps({"words": TOKEN.decode()})
    return [
        request(),
        request(words),
        request(words.replace(b"-", b"\\u002d")),
        request(b"{}", (b"x-also", TOKEN)),
        replace(request(words), calls=[upstream_call(words)]),
        replace(request(), path=b"/" + TOKEN),
        replace(request(), query=b"key=" + TOKEN),
        replace(request(), query=b"key=" + TOKEN.replace(b"-", b"%2d")),
        replace(request(), answer=words),
        replace(request(), answer_headers=[(b"x-echo", TOKEN)]),
        replace(request(b"{}", (b"x-mock-scenario", TOKEN)), scenario=TOKEN.decode()),
    ]


@pytest.mark.parametrize("raw", everywhere())
def test_the_clients_token_is_gone_before_anybody_looks(raw: Happened) -> None:
    kept = harmless(raw)
    assert TOKEN.decode() not in str(kept)
    told = entry_of(kept, 1)
    assert TOKEN.decode() not in f"{told} {told.body} {told.answer} {unquote(told.path)}"


def test_the_gateways_own_key_is_in_no_entry() -> None:
    (call,) = entry_of(harmless(replace(request(), calls=[upstream_call(b"{}")])), 1).upstream
    assert call.headers == (("authorization", "Bearer [redacted]"),)


def test_a_call_without_a_body_stays_one() -> None:
    call = replace(upstream_call(b"{}"), body=ABSENT)
    (kept,) = harmless(replace(request(TOKEN), calls=[call])).calls
    assert kept.body is ABSENT


def test_paths_and_headers_that_are_no_text_are_told_as_far_as_they_go() -> None:
    entry = entry_of(harmless(replace(request(b"\xff", (b"x-odd", b"\xff")), path=b"/\xff")), 7)
    assert (entry.number, entry.path, entry.content) == (7, "/�", b"\xff")
    assert ("x-odd", "ÿ") in entry.headers


def with_calls(content: bytes, count: int = 1) -> Happened:
    return replace(request(content), calls=[upstream_call(content) for _ in range(count)])


HOSTILE: dict[str, Callable[[], Happened]] = {
    "many headers": lambda: request(b"{}", *((b"%x" % index, b"b" * 2) for index in range(10_000))),
    "empty lists": lambda: with_calls(b"[%b]" % b",".join([b"[]"] * 40_000)),
    "empty objects": lambda: with_calls(b"[%b]" % b",".join([b"{}"] * 40_000)),
    "names": lambda: with_calls(b"{%b}" % b",".join(b'"%x":{}' % index for index in range(40_000))),
    "an emoji in a long text": lambda: with_calls('"{}😀"'.format("a" * 2_000_000).encode()),
    "several calls": lambda: with_calls(b'"%b"' % (b"a" * 500_000), 5),
    "a long query": lambda: replace(request(), query=b"q=" + b"x" * 60_000),
    "a long scenario": lambda: replace(request(), scenario="x" * 60_000),
    "a long answer": lambda: replace(request(), answer=b"x" * 1_000_000),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("looked_at", [True, False])
def test_no_request_takes_more_memory_than_it_says(make: Callable[[], Happened], *, looked_at: bool) -> None:
    # Servers that other tests left running take memory in the meantime, too, but not each time.
    assert min(excess(make, looked_at=looked_at) for _ in range(5)) <= 0


def excess(make: Callable[[], Happened], *, looked_at: bool) -> int:
    """Bytes that a request takes beyond what it says."""
    gc.collect()
    tracemalloc.start()
    try:
        kept = harmless(make())
        held = entry_of(kept, 1) if looked_at else kept
        weight = OVERHEAD + kept.weight
        del kept
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held.gateway == "gate"
    return taken - weight
