"""Whatever a gateway does, one exchange ends in time, within its memory, and in words."""

import asyncio
import socket
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from contract_tests.client.limits import Limits, UnsendableError
from contract_tests.client.room import Share
from contract_tests.client.transport import build_request, exchange, open_transport
from gateway_contract.traffic.exchange import Answer, NoAnswer, Request, header
from gateway_contract.values.json_value import ABSENT
from tests.contract_tests import hostile
from tests.contract_tests.hostile import HEAD, MEBIBYTE, Behaviour, answering, packed, saying, serving

pytestmark = pytest.mark.slow

QUICK = Limits(answer=1.0, per_image=0, answer_bytes=MEBIBYTE)
PATIENT = Limits(answer=30.0, per_image=0, answer_bytes=MEBIBYTE)
TOKEN = "sk-secret"
ASKED = Request("POST", "/images", (("Authorization", f"Bearer {TOKEN}"),), b'{"a": 1}', {"a": 1})


def exchanged(base: str, limits: Limits = PATIENT, request: Request = ASKED) -> Answer | NoAnswer:
    async def once() -> Answer | NoAnswer:
        async with open_transport() as transport:
            return await exchange(transport, request, base, limits, limits.answer, Share())

    return asyncio.run(once())


def answered_by(behaviour: Behaviour, limits: Limits = PATIENT) -> Answer:
    with serving(behaviour) as served:
        answer = exchanged(served.base, limits)
    assert isinstance(answer, Answer), answer
    return answer


def problem_with(behaviour: Behaviour, limits: Limits = PATIENT) -> str:
    with serving(behaviour) as served:
        answer = exchanged(served.base, limits)
    assert isinstance(answer, NoAnswer), answer
    return answer.problem


@contextmanager
def at_most(mebibytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < mebibytes * MEBIBYTE


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": 1}', [b'{"a"', b": 1}"]),
        ('{"a": "\u706f", "b": 1}'.encode(), [b'{"a": "\xe7', b'\x81\xaf", "b": 1}']),
    ],
)
def test_a_chunked_request_is_cut_within_a_character_and_has_no_length(content: bytes, expected: list[bytes]) -> None:
    chunked = replace(ASKED, content=content, headers=(*ASKED.headers, ("Transfer-Encoding", "chunked")))
    sent = build_request(chunked, "http://127.0.0.1:9")

    async def chunks() -> list[bytes]:
        return [chunk async for chunk in sent.stream]  # type: ignore[union-attr] # asynchronous

    assert "content-length" not in sent.headers
    assert asyncio.run(chunks()) == expected


def test_an_answer_is_received_as_it_was_sent() -> None:
    answer = answered_by(answering(b'{"created": 1}', b"X-Odd: caf\xe9", b"X-Odd: two", status=b"418 Teapot"))
    assert (answer.status, answer.content, answer.body) == (418, b'{"created": 1}', {"created": 1})
    assert [value for name, value in answer.headers if name == "X-Odd"] == ["caf\xe9", "two"]


def test_a_request_is_sent_as_it_stands_with_only_what_http_needs() -> None:
    with serving(answering(b"{}")) as served:
        exchanged(f"{served.base}/v1/", request=Request("PUT", "/a/../b?c=%2f", (("x-ODD", "é"),), b"", ABSENT))
    target, *lines = served.heads[0].decode().strip().split("\r\n")
    assert target == "PUT /v1/a/../b?c=%2f HTTP/1.1"
    assert {line.partition(":")[0] for line in lines} == {
        "Host",
        "x-ODD",
        "User-Agent",
        "Accept-Encoding",
        "Content-Length",
    }
    assert "x-ODD: é" in lines


@pytest.mark.parametrize(
    ("name", "value"), [("accept-encoding", "identity"), ("USER-AGENT", "acme/1"), ("User-Agent", "")]
)
def test_a_header_of_the_request_itself_is_left_alone(name: str, value: str) -> None:
    with serving(answering(b"{}")) as served:
        exchanged(served.base, request=Request("GET", "/", ((name, value),), b"", ABSENT))
    lines = served.heads[0].decode().lower().split("\r\n")
    assert [line for line in lines if line.startswith(name.lower())] == [f"{name.lower()}: {value}"]


def test_a_redirect_of_the_gateway_is_an_answer_and_is_not_followed() -> None:
    answer = answered_by(hostile.redirecting("http://[not a url"))
    assert (answer.status, header(answer.headers, "location")) == (302, "http://[not a url")


def test_what_one_answer_leaves_on_its_connection_does_not_reach_the_next_exchange() -> None:
    async def twice(base: str) -> list[Answer | NoAnswer]:
        async with open_transport() as transport:
            return [await exchange(transport, ASKED, base, PATIENT, 30.0, Share()) for _ in range(2)]

    with serving(saying(HEAD + b"Content-Length: 2\r\n\r\n{}HTTP/1.1 500 Smuggled\r\n\r\n")) as served:
        answers = asyncio.run(twice(served.base))
    assert [answer.status for answer in answers if isinstance(answer, Answer)] == [200, 200]


@pytest.mark.parametrize(
    "behaviour", [hostile.never_answers, hostile.drips, hostile.always_continues], ids=lambda item: item.__name__
)
def test_an_answer_that_does_not_end_in_time_is_given_up(behaviour: Behaviour) -> None:
    assert problem_with(behaviour, QUICK) == "no complete response within 1 s"


CUT_CHUNK = HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\n{}"
GARBAGE = {
    "connection closed before the response": hostile.closes,
    "connection closed during the response": saying(CUT_CHUNK),
    "malformed HTTP: illegal status line": saying(b"sk-secret is not a status line\r\n\r\n"),
    "malformed HTTP: illegal header line": saying(HEAD + b"sk-secret\r\n\r\n"),
    "malformed HTTP: illegal chunk header": saying(CUT_CHUNK.replace(b"10", b"sk-secret")),
    "malformed HTTP: bad Content-Length": saying(HEAD + b"Content-Length: sk-secret\r\n\r\n"),
    "malformed HTTP: headers or a line of more than 100 KiB": hostile.never_ends_its_headers,
    "response longer than 1 MiB": hostile.never_ends,
}


@pytest.mark.parametrize("problem", GARBAGE)
def test_a_broken_answer_is_told_in_words_that_quote_nothing_of_it(problem: str) -> None:
    assert problem_with(GARBAGE[problem]) == problem


def test_an_answer_shorter_than_its_content_length_is_no_answer() -> None:
    assert problem_with(saying(HEAD + b"Content-Length: 10\r\n\r\n{}")) == "connection closed during the response"


def test_half_of_the_headers_is_no_answer() -> None:
    assert problem_with(saying(HEAD)) == "connection closed before the response"


def test_a_request_that_a_connection_took_may_have_arrived() -> None:
    with serving(hostile.closes) as served:
        answer = exchanged(served.base)
    assert isinstance(answer, NoAnswer)
    assert not answer.unsent


def test_nobody_listening_is_told_as_such() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        answer = exchanged(f"http://127.0.0.1:{bound.getsockname()[1]}")
    assert isinstance(answer, NoAnswer)
    assert answer.problem == "connection refused"
    assert answer.unsent


@pytest.mark.parametrize("base", ["http://[::1", "ftp://127.0.0.1", "127.0.0.1"])
def test_a_base_that_is_no_address_is_our_error_and_no_answer(base: str) -> None:
    with pytest.raises(UnsendableError):
        exchanged(base)


@pytest.mark.parametrize(
    "value", ["Bearer sk-secret\n", "Bearer sk-secret\r\nX: y", "\0sk-secret"], ids=["LF", "CRLF", "NUL"]
)
def test_a_header_that_http_cannot_carry_is_our_error_and_quotes_nothing(value: str) -> None:
    with serving(answering(b"{}")) as served, pytest.raises(UnsendableError) as error:
        exchanged(served.base, request=Request("POST", "/", (("Authorization", value),), b"", ABSENT))
    assert "sk-secret" not in str(error.value)
    assert served.heads == []


def test_tls_with_a_server_that_speaks_none_is_told_as_such() -> None:
    with serving(answering(b"{}")) as served:
        answer = exchanged(served.base.replace("http:", "https:"))
    assert isinstance(answer, NoAnswer)
    assert answer.problem == "TLS: wrong version number"
    assert answer.unsent


@pytest.mark.parametrize("wbits", [zlib.MAX_WBITS, -zlib.MAX_WBITS], ids=["zlib's header", "no header"])
def test_deflate_is_unpacked_with_and_without_its_header(wbits: int) -> None:
    assert answered_by(answering(packed(b"[1]", wbits), b"Content-Encoding: deflate")).body == [1]


def test_gzip_is_unpacked_however_small_its_pieces() -> None:
    pieces = b"".join(b"1\r\n%b\r\n" % bytes([byte]) for byte in packed(b"[1]"))
    raw = b"Content-Encoding: x-gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"
    assert answered_by(saying(HEAD + raw)).body == [1]


def test_an_empty_answer_needs_no_gzip_data() -> None:
    assert answered_by(answering(b"", b"Content-Encoding: gzip")).content == b""


@pytest.mark.parametrize(
    ("content", "coding", "problem"),
    [
        (packed(b"[1]")[:-3], b"gzip", "the response's gzip data is cut"),
        (b"\x1f", b"gzip", "the response's gzip data is cut"),
        (packed(b"[1]") + b"more", b"gzip", "bytes after the end of the response's gzip data"),
        (b"[1]", b"gzip", "the response says that it is gzip data, and is not"),
        (b"[1]", b"br", "the response has content coding 'br', which was not offered"),
        (b"[1]", b"gzip, gzip", "the response has content coding 'gzip, gzip', which was not offered"),
    ],
)
def test_a_content_coding_that_cannot_be_undone_is_told(content: bytes, coding: bytes, problem: str) -> None:
    assert problem_with(answering(content, b"Content-Encoding: " + coding)) == problem


def test_gigabytes_under_gzip_end_at_the_limit() -> None:
    with at_most(12):
        assert problem_with(hostile.inflates) == "response longer than 1 MiB"


def test_a_hundred_mebibytes_in_one_packed_piece_are_not_unpacked() -> None:
    bomb = answering(packed(bytes(100 * MEBIBYTE)), b"Content-Encoding: gzip")
    with at_most(12):
        assert problem_with(bomb) == "response longer than 1 MiB"


def test_an_answer_exactly_at_the_limit_is_received() -> None:
    content = b" " * MEBIBYTE
    assert len(answered_by(answering(content)).content) == MEBIBYTE
    assert len(answered_by(answering(packed(content), b"Content-Encoding: gzip")).content) == MEBIBYTE


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b"[" * 102 + b"]" * 102,
        b"[" + b"[]," * 200_000 + b"[]]",
        b'"\xff"',
        b'"\\ud800"',
        b"\xef\xbb\xbf{}",
        b"NaN",
        b"{} {}",
        b"",
    ],
    ids=lambda content: content[:6].hex(),
)
def test_what_is_no_json_or_monstrous_json_is_an_answer_without_a_json_body(content: bytes) -> None:
    answer = answered_by(answering(content))
    assert answer.content == content
    assert answer.body is ABSENT


def test_json_as_deep_as_anybody_needs_is_read() -> None:
    assert answered_by(answering(b"[" * 100 + b"]" * 100)).body is not ABSENT
