"""Whatever a client sends, the mock answers what is wrong with it, stays up, and keeps its memory."""

import re
import socket
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import repeat
from json import dumps
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway_contract.values.json_value import Json
from tests.mock_server.hostile_clients import (
    PATH,
    VALID,
    Victim,
    chunk,
    chunked,
    mock_process,
    request,
    statuses,
    whatever_comes,
)

pytestmark = pytest.mark.slow

BODY = orjson.dumps(VALID)
STUB = "/dashscope/api/v1/services/aigc/multimodal-generation/generation"
FIELDS = ("model", "prompt", "n", "size", "response_format", "seed", "watermark", "prompt_extend", "negative_prompt")
IMAGE = "/powertokens/images/"
PICTURE = "/dashscope/pictures/"

MEGABYTES = 10**6
MORE_MEMORY = 48 * MEGABYTES
"""What one client may cost, whatever it sends: buffers, what is kept of its requests, and a picture."""
FLOOD = 100 * MEGABYTES
PIECE = 1 << 16

UPGRADE = ("upgrade: websocket", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version: 13")
SAME_CONNECTION = request(BODY).replace(b"connection: close", b"x-many: more to come")


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    with mock_process(tmp_path_factory.mktemp("victim")) as started:
        yield started


def with_host(host: bytes, sent: bytes) -> bytes:
    return sent.replace(b"host: localhost", b"host: " + host)


GARBAGE = {
    "no words": b"\0\0\0\0\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a TLS handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "HTTP/2 without asking": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version that is not": b"GET / HTTP/9.9\r\nhost: localhost\r\n\r\n",
    "a null byte in the method": b"GE\0T / HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "a method that is not": request(method="BREW"),
    "a method in small letters": request(BODY, method="post"),
    "a tunnel": b"CONNECT mock:443 HTTP/1.1\r\nhost: localhost:443\r\n\r\n",
    "bytes beyond ASCII in the path": b"GET /\xff\xfe HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "no path": request(BODY, target="http://other.example"),
    "a path that is a query": request(BODY, target="?a=b"),
    "a path of 200 KB": request(BODY, target=f"{PATH}?{'a' * 200_000}"),
    "a header of 1 MB": request(BODY, f"x-long: {'a' * 1_000_000}"),
    "100 000 headers": request(BODY, *(f"x-{number}: a" for number in range(100_000))),
    "a null byte in a header": request(BODY, "x-null: a\0b"),
    "a header on two lines": request(BODY, "x-folded: a\r\n b"),
    "a space in a header's name": request(BODY, "x spaced: a"),
    "a header without a name": request(BODY, ": a"),
    "a negative length": request(BODY).replace(b"content-length: ", b"content-length: -"),
    "a length beyond numbers": request(BODY).replace(b"content-length: ", b"content-length: " + b"9" * 30),
    "two lengths": request(BODY, "content-length: 3"),
    "a length and chunks": request(BODY, "transfer-encoding: chunked"),
    "an encoding that is not": request(BODY, "transfer-encoding: gzip"),
    "a chunk of no length": chunked(b"zz\r\nabc\r\n"),
    "a chunk of negative length": chunked(b"-5\r\nabc\r\n"),
    "a chunk beyond numbers": chunked(b"f" * 30 + b"\r\nabc\r\n"),
    "a chunk that is longer than it says": chunked(b"1\r\nabc\r\n"),
    "a request and then garbage": SAME_CONNECTION + b"\0\0\0\0\r\n\r\n",
    "a control character as host": with_host(b"a\x01b", request(BODY)),
}

UNUSUAL = {
    "HTTP/1.0": (request(BODY).replace(b"HTTP/1.1", b"HTTP/1.0"), [200]),
    "no host": (request(BODY).replace(b"host: localhost\r\n", b""), [400]),
    "another host": (with_host(b"other.example:99", request(BODY)), [421]),
    "a host that is half an address": (with_host(b"[::1", request(BODY)), [400]),
    "a host that is a path": (with_host(b"a/b?c#d", request(method="GET", target="/powertokens/nothing")), [400]),
    "two hosts": (request(BODY, "host: other.example"), [400]),
    "an absolute target": (request(BODY, target=f"http://other.example{PATH}"), [200]),
    "every request at once": (SAME_CONNECTION * 50 + request(BODY), [200] * 51),
    "a body announced": (request(BODY, "expect: 100-continue"), [100, 200]),
    "another expectation": (request(BODY, "expect: a miracle"), [200]),
    "chunks": (chunked(chunk(BODY[:5]), chunk(BODY[5:])), [200]),
    "chunks of one byte": (chunked(*(chunk(bytes([byte])) for byte in BODY)), [200]),
    "chunks with extensions": (chunked(b"%x;%b\r\n%b\r\n" % (len(BODY), b"x" * 1000, BODY)), [200]),
    "trailers": (chunked(chunk(BODY), end=b"0\r\nx-after: all\r\n\r\n"), [200]),
    "a token beyond ASCII": (request(BODY).replace(b"sk-any", b"\xff\xfe"), [200]),
    "no token": (request(BODY).replace(b"Bearer sk-any", b"Bearer"), [401]),
    "a mode beyond ASCII": (request(BODY, "x-mock-mode: \xff\xfe"), [400]),
    "a scenario beyond ASCII": (request(BODY, "x-mock-scenario: \xff\xfe((("), [400]),
    "a scenario that never closes": (request(BODY, f"x-mock-scenario: {'latency(' * 500}"), [400]),
    "another method": (request(method="PROPFIND"), [405]),
    "an origin beyond ASCII": (request(BODY, "origin: \xff"), [400]),
    "a preflight for nothing": (request(b"", "access-control-request-method: \xff", method="OPTIONS"), [405]),
    "a websocket for the operation": (request(b"", *UPGRADE, method="GET"), [405]),
    "a websocket for the root": (request(b"", *UPGRADE, method="GET", target="/"), [200]),
    "a websocket for the upstream": (request(b"", *UPGRADE, method="GET", target="/dashscope/x"), [404]),
    "a path of bytes that are no text": (request(method="GET", target="/powertokens/%ff%00%c3%28"), [404]),
    "a query of bytes that are no text": (request(BODY, target=f"{PATH}?%ff=%00"), [200]),
    "the upstream without a body": (request(target=STUB), [400]),
    "the upstream with bytes for a body": (request(b"\xff\0", target=STUB), [400]),
}

LINKS = {
    "a path": f"{IMAGE}../../../../etc/passwd",
    "a path in disguise": f"{IMAGE}%2e%2e%2f%2e%2e%2fetc%2fpasswd.png",
    "an absolute path": f"{IMAGE}%2fetc%2fpasswd.png",
    "a null byte": f"{IMAGE}%00.png",
    "nothing": f"{IMAGE}.png",
    "a letter beyond ASCII": f"{IMAGE}%C3%A9.png",
    "half a letter": f"{IMAGE}%ff%fe.png",
    "four thousand letters": f"{IMAGE}{'A' * 4001}.png",
    "the upstream's, a path": f"{PICTURE}..%2f..%2fetc%2fpasswd.png",
    "the upstream's, a null byte": f"{PICTURE}%00.png",
    "the upstream's, four thousand letters": f"{PICTURE}{'A' * 4001}.png",
}


@pytest.mark.parametrize("sent", GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_http_is_refused_and_the_connection_ends(victim: Victim, sent: bytes) -> None:
    assert statuses(victim.told(sent))[-1:] == [400]
    assert victim.is_unharmed()


@pytest.mark.parametrize(("sent", "answered"), UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_unusual_is_answered_as_it_deserves(victim: Victim, sent: bytes, answered: list[int]) -> None:
    assert statuses(victim.told(sent)) == answered
    assert victim.is_unharmed()


def test_a_token_in_a_trailer_is_no_header(victim: Victim) -> None:
    trailer = chunked(chunk(BODY), end=b"0\r\nauthorization: Bearer sk-any\r\n\r\n")
    without = trailer.replace(b"authorization: Bearer sk-any\r\n", b"", 1)
    assert statuses(victim.told(without.replace(b"connection: close", b"x-many: more to come") + without)) == [401, 401]
    assert victim.is_unharmed()


@pytest.mark.parametrize("target", LINKS.values(), ids=LINKS)
def test_a_made_up_link_leads_nowhere(victim: Victim, target: str) -> None:
    answer = victim.told(request(method="GET", target=target))
    assert statuses(answer) in ([403], [404])
    assert b"root:" not in answer
    assert victim.is_unharmed()


@pytest.fixture(scope="module")
def link(victim: Victim) -> str:
    """The path of a right link to an image."""
    found = re.search(rf"{IMAGE}[\w-]+[.]png", victim.post(BODY).text)
    assert found is not None
    assert statuses(victim.told(request(method="GET", target=found[0]))) == [200]
    return found[0]


@given(place=st.integers(min_value=0), change=st.integers(1, 255))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_link_with_one_byte_changed_leads_nowhere(victim: Victim, link: str, place: int, change: int) -> None:
    signed = link.removeprefix(IMAGE).removesuffix(".png")
    raw = bytearray(urlsafe_b64decode(signed + "=" * (-len(signed) % 4)))
    raw[place % len(raw)] ^= change
    forged = urlsafe_b64encode(raw).decode().rstrip("=")
    assert statuses(victim.told(request(method="GET", target=f"{IMAGE}{forged}.png"))) == [403]


@pytest.mark.parametrize("other", ["/powerbuyin/images/", PICTURE])
def test_a_link_is_good_at_its_own_place_alone(victim: Victim, link: str, other: str) -> None:
    assert statuses(victim.told(request(method="GET", target=link.replace(IMAGE, other)))) == [403]


# Bodies

MONSTERS = {
    "nothing": b"",
    "bytes that are no UTF-8": b'{"prompt": "\xff\xfe"}',
    "UTF-16": '{"prompt": "a"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "an overlong slash": b'{"prompt": "\xc0\xaf"}',
    "half a character": rb'{"model": "qwen-image-2.0-pro", "prompt": "\ud83d"}',
    "half a character as a name": rb'{"\ud83d": 1}',
    "no number": b'{"n": NaN}',
    "infinity": b'{"n": -Infinity}',
    "cut": BODY[:-1],
    "two values": BODY + BODY,
    "a null byte at its end": BODY + b"\0",
    "a hundred thousand lists in each other": b"[" * 100_000 + b"]" * 100_000,
    "a hundred thousand objects in each other": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "lists that never close": b"[" * 1_000_000,
    "a million empty lists": b"[" + b"[]," * 1_000_000 + b"[]]",
}


@pytest.mark.parametrize("body", MONSTERS.values(), ids=MONSTERS)
def test_what_is_no_json_is_refused(victim: Victim, body: bytes) -> None:
    assert victim.post(body).status_code == 400
    assert victim.is_unharmed()


AWKWARD: tuple[Json, ...] = (
    10**30,
    -(10**400),
    1e308,
    -0.0,
    1.5,
    True,
    None,
    "",
    "\0",
    "\u202e<script>",
    "x" * 100_000,
    [],
    {},
    [[]],
)


@pytest.mark.parametrize("field", FIELDS)
def test_no_value_in_any_field_breaks_it(victim: Victim, field: str) -> None:
    for value in AWKWARD:
        body = json_of({**VALID, field: value})
        for path in (PATH, PATH.replace("tokens", "buyin")):
            assert victim.post(body, path=path).status_code in (200, 400), value
    assert victim.is_unharmed()


def test_of_two_values_of_one_name_the_last_one_counts(victim: Victim) -> None:
    assert victim.post(BODY[:-1] + b', "n": 99, "n": 1}').status_code == 200
    assert victim.post(BODY[:-1] + b', "n": 1, "n": 99}').status_code == 400


@pytest.mark.parametrize("digits", [20, 400, 5_000, 1_000_000])
def test_a_number_of_any_length_is_no_matter(victim: Victim, digits: int) -> None:
    for number in (b"9" * digits, b"-" + b"9" * digits, b"0.1" + b"9" * digits, b"1e" + b"9" * digits):
        assert victim.post(BODY[:-1] + b', "seed": ' + number + b"}").status_code == 400
    assert victim.is_unharmed()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NEARLY_RIGHT = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4).map(lambda fields: {**VALID, **fields})
NESTED = st.builds(lambda inner: {"model": "qwen-image-2.0-pro", "input": {"messages": inner}}, JSON)


@given(body=JSON | NEARLY_RIGHT | NESTED, path=st.sampled_from((PATH, PATH.replace("tokens", "buyin"), STUB)))
@example(body={"model": "qwen-image-2.0-pro", "input": {"messages": [{"content": None}]}}, path=STUB)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_breaks_it(victim: Victim, body: Json, path: str) -> None:
    assert victim.post(json_of(body), path=path).status_code in (200, 400)


@given(body=st.binary(max_size=200))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_break_it(victim: Victim, body: bytes) -> None:
    assert victim.post(body).status_code == 400


@given(sent=st.binary(max_size=200) | st.binary(max_size=60).map(lambda junk: request(BODY)[:80] + junk))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_on_the_socket_break_it(victim: Victim, sent: bytes) -> None:
    with victim.connect() as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert all(status < 500 for status in statuses(whatever_comes(connection)))


def test_after_all_that_was_made_up_it_is_unharmed(victim: Victim) -> None:
    assert victim.is_unharmed()


def json_of(value: object) -> bytes:
    """With numbers of any length, and half characters as JSON can write them."""
    return dumps(value).encode()


# Floods


def flood(head: bytes, piece: bytes) -> tuple[bytes, Iterable[bytes]]:
    return head, repeat(piece, FLOOD // len(piece))


def begun(*headers: str, target: str = PATH) -> bytes:
    usual = ["host: localhost", "authorization: Bearer sk-any", "connection: close"]
    return "\r\n".join([f"POST {target} HTTP/1.1", *usual, *headers, ""]).encode()


LENGTH, CHUNKS = f"content-length: {FLOOD}", "transfer-encoding: chunked"
FILLING = b"a" * PIECE
FLOODS = {
    **{f"a body for {at}": flood(begun(LENGTH, "", target=at), FILLING) for at in (PATH, STUB, "/dashscope/x", "/x")},
    **{f"chunks for {at}": flood(begun(CHUNKS, "", target=at), chunk(FILLING)) for at in (PATH, STUB, "/x")},
    "a body that waits to be asked for": flood(begun(LENGTH, "expect: 100-continue", ""), FILLING),
    "chunks of one byte": flood(begun(CHUNKS, ""), chunk(b"a") * 10_000),
    "one header": flood(begun("x-long: "), FILLING),
    "many headers": flood(begun(), b"x: a\r\n" * 10_000),
    "trailers": flood(begun(CHUNKS, "", "0"), b"x: a\r\n" * 10_000),
    "an extension of a chunk": flood(begun(CHUNKS, "", "5;")[:-2], FILLING),
    "a target": flood(b"POST /", FILLING),
    "a method": flood(b"", FILLING),
    "empty lines": flood(b"", b"\r\n" * 30_000),
}


@pytest.mark.parametrize(("head", "pieces"), FLOODS.values(), ids=FLOODS)
def test_a_flood_is_cut_off(victim: Victim, head: bytes, pieces: Iterable[bytes]) -> None:
    before = victim.memory()
    with pytest.raises(ConnectionError):
        victim.flooded([head, *pieces])
    assert victim.memory() - before < MORE_MEMORY
    assert victim.is_unharmed()


def test_a_body_that_says_its_length_is_refused_before_it_comes(victim: Victim) -> None:
    for sent in (begun(LENGTH, "", ""), begun(LENGTH, "expect: 100-continue", "", "")):
        assert statuses(victim.told(sent)) == [413]


# Clients that are slow, or go away


def test_many_that_never_finish_keep_nobody_waiting(victim: Victim) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(victim.connect()) for _ in range(200)]
        for byte in begun(LENGTH)[:20]:
            for connection in slow:
                connection.sendall(bytes([byte]))
            assert victim.is_unharmed()


def test_one_byte_at_a_time_is_enough(victim: Victim) -> None:
    with victim.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request(BODY):
            connection.sendall(bytes([byte]))
        assert statuses(whatever_comes(connection)) == [200]


@pytest.mark.parametrize("length", range(0, len(request(BODY)), 23))
def test_whoever_goes_away_in_the_middle_is_forgotten(victim: Victim, length: int) -> None:
    for part in (request(BODY)[:length], chunked(chunk(BODY[:5]))[: length + 40]):
        with victim.connect() as connection:
            connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            assert all(status < 500 for status in statuses(whatever_comes(connection)))
        with victim.connect() as connection:
            connection.sendall(part)
    assert victim.is_unharmed()


def test_whoever_asks_and_never_reads_is_not_answered_without_end(victim: Victim) -> None:
    before = victim.memory()
    with pytest.raises(TimeoutError):
        victim.flooded(repeat(SAME_CONNECTION * 300), patience=2)
    assert victim.memory() - before < MORE_MEMORY
    assert victim.is_unharmed()


def test_whoever_hangs_up_before_the_images_come_harms_nobody(victim: Victim) -> None:
    inline = orjson.dumps({**VALID, "n": 6, "response_format": "b64_json", "size": "2048*2048"})
    for _ in range(5):
        with victim.connect() as connection:
            connection.sendall(request(inline))
    assert victim.is_unharmed()


@pytest.mark.parametrize("path", ["/%00", "/powertokens/%ff", "/dashscope/%0a"])
def test_it_says_nothing_of_itself(victim: Victim, path: str) -> None:
    answer = victim.told(request(method="GET", target=path)).decode()
    assert "Traceback" not in answer
    assert str(Path.cwd()) not in answer
