"""Secrets are found wherever a client may have put them, and nothing else is taken for one."""

import orjson
import pytest

from gateway_contract.values.json_value import shortened
from mock_server.journal.blackening import (
    RawHeaders,
    answer_without_secrets,
    body_without_secrets,
    may_hold_secrets,
    parted,
    query_without_secrets,
    without_secrets,
)
from mock_server.serving.signing import Signer

SECRET = [b"a/token+of=nobody"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b"Bearer abcdefgh", [b"abcdefgh"]),
        (b"Bearer abcdefgh ", [b"abcdefgh"]),
        (b"Bearer  abcd efgh", [b"abcd efgh"]),
        (b"abcdefgh", [b"abcdefgh"]),
        (b"Bearer abc", []),
        (b"Bearer ", []),
        (b"", []),
    ],
)
def test_a_token_is_whatever_follows_its_scheme_unless_it_could_be_a_word(said: bytes, found: list[bytes]) -> None:
    assert parted([(b"host", b"a-long-host"), (b"authorization", said)]).secrets == found


def test_every_header_that_is_made_for_secrets_holds_some() -> None:
    headers = [
        (b"x-api-key", b"a key of mine"),
        (b"authorization", b"Basic 123456789"),
        (b"authorization", b"12345678"),
    ]
    assert parted(headers).secrets == [b"a key of mine", b"123456789", b"12345678"]
    assert parted([(b"host", b"a-long-host")]).secrets == []


def test_headers_that_are_made_for_secrets_lose_them_and_others_stay() -> None:
    headers: RawHeaders = [(b"authorization", b"Bearer abc"), (b"cookie", b"a=b"), (b"accept", b"*/*")]
    hidden = [(b"authorization", b"Bearer [redacted]"), (b"cookie", b"[redacted]"), (b"accept", b"*/*")]
    assert parted(headers).headers == hidden


HOLDING = [b"x sk-0123456789", b"Bearer abc", b"bEaReR abc", b"it is a/token+of=nobody"]


@pytest.mark.parametrize("text", HOLDING)
def test_whatever_would_be_taken_out_is_found_beforehand(text: bytes) -> None:
    assert may_hold_secrets([b"harmless", text], SECRET)
    assert without_secrets(text, SECRET) != text


@pytest.mark.parametrize("text", [b"", b"a quiet lighthouse", "灯塔".encode(), b"\xff\xfe"])
def test_what_holds_none_stays_byte_by_byte(text: bytes) -> None:
    assert not may_hold_secrets([text], SECRET)
    assert without_secrets(text, SECRET) == body_without_secrets(text, SECRET) == query_without_secrets(text, SECRET)
    assert without_secrets(text, SECRET) == text


@pytest.mark.parametrize("written", [b"a\\/token+of=nobody", b"\\u0061/token+of=nobody"])
def test_a_token_behind_the_escapes_of_json_is_found(written: bytes) -> None:
    assert orjson.loads(body_without_secrets(b'{"words": "it is %b"}' % written, SECRET)) == {
        "words": "it is [redacted]"
    }


def test_escapes_with_nothing_behind_them_stay_as_they_came() -> None:
    content = b'{"words":  "two\\nlines and \\u706f"}'
    assert body_without_secrets(content, SECRET) == content


@pytest.mark.parametrize("query", [b"key=a%2Ftoken%2Bof%3Dnobody&b=1", b"key=a/token%2Bof=nobody&b=1"])
def test_a_token_behind_the_escapes_of_a_query_is_found(query: bytes) -> None:
    assert query_without_secrets(query, SECRET) == b"key=[redacted]&b=1"


def test_a_query_with_nothing_behind_its_escapes_stays_as_it_came() -> None:
    assert query_without_secrets(b"a=%20b&c=1+2", SECRET) == b"a=%20b&c=1+2"


def test_a_token_with_a_quotation_mark_is_found_in_json() -> None:
    secret = [b'a"token\\of"nobody']
    content = orjson.dumps({"words": "it is " + secret[0].decode()})
    assert may_hold_secrets([content], secret)
    assert orjson.loads(body_without_secrets(content, secret)) == {"words": "it is [redacted]"}


def test_a_part_of_a_token_is_not_quoted() -> None:
    """As a refusal quotes what is long, however much of it there is."""
    long = "a-token-of-nobody-" + "0123456789abcdef" * 4
    for value in (long, f"it is {long}", f"{long} it is"):
        said = answer_without_secrets(f"you sent {shortened(value)}.".encode(), [long.encode()]).decode()
        assert "[redacted]…" in said or "…[redacted]" in said
        assert "token-of" not in said
        assert "89abcdef" not in said


def test_links_in_the_answer_to_a_request_with_a_secret_do_not_carry_it() -> None:
    link = "http://x/images/" + Signer(b"key").sign("it is a/token+of=nobody", 1e9) + ".png"
    assert answer_without_secrets(orjson.dumps({"url": link}), SECRET) == b'{"url":"http://x/images/[redacted].png"}'
