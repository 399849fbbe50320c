"""No token survives, however it is written; what is no secret stays readable."""

import base64
import json
from urllib.parse import quote

import orjson
import pytest

from gateway_contract.traffic.redaction import REDACTED, may_hold_secrets, redact, secrets_of
from gateway_contract.values.json_value import shortened


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {REDACTED}"),
        ("authorization: bearer  abc", f"authorization: bearer  {REDACTED}"),
        ('-H "Authorization: Bearer abc" -d', f'-H "Authorization: Bearer {REDACTED}" -d'),
        ('{"key": "sk-0123_ab-CD"}', f'{{"key": "{REDACTED}"}}'),
        ("task-sk and sk-1 and risk-taking", "task-sk and sk-1 and risk-taking"),
        ("the bearer of news", f"the bearer {REDACTED} news"),
        ("nothing secret", "nothing secret"),
    ],
)
def test_what_looks_like_a_token_is_taken_out(text: str, safe: str) -> None:
    assert redact(text) == safe


def test_known_secrets_are_taken_out_the_longest_first() -> None:
    assert (
        redact("open sesame now, open sesame", ["open sesame", None, "", "open sesame now"])
        == f"{REDACTED}, {REDACTED}"
    )


@pytest.mark.parametrize("secret", ["1", "a", "test", "sesame7"])
def test_a_short_secret_is_taken_out_of_headers_as_a_whole_word(secret: str) -> None:
    text = f"a test of {secret} and attested 1001 sesame7s: {secret}"
    assert redact(text, [secret]) == text
    assert redact({"n": text, secret: [secret]}, [secret]) == {"n": text, secret: [secret]}
    shown = redact((("X-Note", f"attested 1001 sesame7s, {secret}"), ("Authorization", f"Bearer {secret}")), [secret])
    assert shown == (("X-Note", f"attested 1001 sesame7s, {REDACTED}"), ("Authorization", f"Bearer {REDACTED}"))


@pytest.mark.parametrize("around", ["{}", "u:{}", "us:{}", "user:{}", "user:{}\n", "a{}bc", "{}=1"])
def test_a_secret_within_base64_of_more_is_found(around: str) -> None:
    secret = "token-of-n\u00fcb?dy>>"
    content = around.format(secret).encode()
    for encoded in (base64.b64encode(content), base64.urlsafe_b64encode(content)):
        for text in (encoded.decode(), encoded.decode().rstrip("=")):
            shown = redact(f"before {text} after", [secret])
            left = shown.removeprefix("before ").removesuffix(" after").replace(REDACTED, "")
            assert REDACTED in shown
            assert len(left) <= len(text) - len(secret)


def test_a_password_of_basic_credentials_is_a_secret() -> None:
    credentials = base64.b64encode(b"user:pass-of-nobody").decode()
    found = secrets_of([("Authorization", f"Basic {credentials}")])
    assert found == (credentials, "user:pass-of-nobody", "pass-of-nobody")


@pytest.mark.parametrize(
    ("name", "value", "safe"),
    [
        ("Authorization", "Bearer abc", f"Bearer {REDACTED}"),
        ("Proxy-Authorization", "Basic abc", f"Basic {REDACTED}"),
        ("authorization", "abc", REDACTED),
        ("authorization", "", ""),
        ("authorization", "Bearer ", "Bearer "),
        ("Set-Cookie", "id=1", REDACTED),
        ("Api-Key", "abc", REDACTED),
        ("X-Trace", "token sesame", f"token {REDACTED}"),
        ("Accept", "*/*", "*/*"),
    ],
)
def test_headers_that_hold_secrets_lose_them_and_keep_their_scheme(name: str, value: str, safe: str) -> None:
    assert redact(((name, value),), ["sesame"]) == ((name, safe),)


def test_every_header_is_treated_with_the_same_secrets() -> None:
    secrets = iter(["sesame"])
    assert redact((("A", "sesame"), ("B", "sesame")), secrets) == (("A", REDACTED), ("B", REDACTED))


SECRET = ["a/token+of=nobody"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b"Bearer abcdefgh", ["abcdefgh"]),
        (b"Bearer abcdefgh ", ["abcdefgh"]),
        (b"Bearer  abcd efgh", ["abcd efgh"]),
        (b"Bearer of abcdefgh", ["of abcdefgh", "abcdefgh"]),
        (b"abcdefgh", ["abcdefgh"]),
        (b"Bearer abc", []),
        (b"Bearer ", []),
        (b"", []),
    ],
)
def test_a_token_is_whatever_follows_its_scheme_unless_it_could_be_a_word(said: bytes, found: list[str]) -> None:
    assert list(secrets_of([(b"host", b"a-long-host"), (b"authorization", said)])) == found
    headers = [("Host", "a-long-host"), ("Authorization", said.decode())]
    assert list(secrets_of(headers)) == found


def test_every_header_that_is_made_for_secrets_holds_some() -> None:
    headers = [
        (b"x-api-key", b"a key of mine"),
        (b"authorization", b"Basic 123456789"),
        (b"authorization", b"12345678"),
    ]
    assert list(secrets_of(headers)) == ["a key of mine", "123456789", "12345678"]
    assert list(secrets_of([(b"host", b"a-long-host")])) == []


def test_headers_that_are_made_for_secrets_lose_them_and_others_stay() -> None:
    headers = [(b"authorization", b"Bearer abc"), (b"cookie", b"a=b"), (b"accept", b"*/*")]
    hidden = [(b"authorization", b"Bearer [redacted]"), (b"cookie", b"[redacted]"), (b"accept", b"*/*")]
    assert redact(headers) == hidden


HOLDING = [b"x sk-0123456789", b"Bearer abc", b"bEaReR abc", b"it is a/token+of=nobody"]


@pytest.mark.parametrize("text", HOLDING)
def test_whatever_would_be_taken_out_is_found_beforehand(text: bytes) -> None:
    assert may_hold_secrets([b"harmless", text], SECRET)
    assert redact(text, SECRET) != text


@pytest.mark.parametrize("text", [b"", b"a quiet lighthouse", "灯塔".encode(), b"\xff\xfe"])
def test_what_holds_none_stays_byte_by_byte(text: bytes) -> None:
    assert not may_hold_secrets([text], SECRET)
    assert redact(text, SECRET) == text


@pytest.mark.parametrize("written", [b"a\\/token+of=nobody", b"\\u0061/token+of=nobody"])
def test_a_token_behind_the_escapes_of_json_is_found(written: bytes) -> None:
    assert orjson.loads(redact(b'{"words": "it is %b"}' % written, SECRET)) == {"words": "it is [redacted]"}


@pytest.mark.parametrize("around", [b'{"words": "it is %b', b'{"words": "it is %b", ', b"it is %b"])
def test_a_token_behind_the_escapes_of_broken_json_is_found(around: bytes) -> None:
    content = around % "".join(f"\\u{ord(char):04X}" for char in SECRET[0]).encode()
    assert may_hold_secrets([content], SECRET)
    assert redact(content, SECRET) == around % b"[redacted]"


def test_escapes_with_nothing_behind_them_stay_as_they_came() -> None:
    content = b'{"words":  "two\\nlines and \\u706f"}'
    assert redact(content, SECRET) == content


@pytest.mark.parametrize("query", [b"key=a%2Ftoken%2Bof%3Dnobody&b=1", b"key=a/token%2Bof=nobody&b=1"])
def test_a_token_behind_the_escapes_of_a_query_is_found(query: bytes) -> None:
    assert redact(query, SECRET) == b"key=[redacted]&b=1"


def test_a_query_with_nothing_behind_its_escapes_stays_as_it_came() -> None:
    assert redact(b"a=%20b&c=1+2", SECRET) == b"a=%20b&c=1+2"


def test_a_token_with_a_quotation_mark_is_found_in_json() -> None:
    secret = ['a"token\\of"nobody']
    content = orjson.dumps({"words": "it is " + secret[0]})
    assert may_hold_secrets([content], secret)
    assert orjson.loads(redact(content, secret)) == {"words": "it is [redacted]"}


def test_a_part_of_a_token_is_not_quoted() -> None:
    """As a refusal quotes what is long, however much of it there is."""
    long = "a-token-of-nobody-" + "0123456789abcdef" * 4
    for value in (long, f"it is {long}", f"{long} it is"):
        said = redact(f"you sent {shortened(value)}.".encode(), [long]).decode()
        assert "[redacted]…" in said or "…[redacted]" in said
        assert "token-of" not in said
        assert "89abcdef" not in said


@pytest.mark.parametrize("secret", ["a-word-that-is-plain", 'quo"te\\back', "it's $HOME `id`", "tokünï漢字"])
def test_a_secret_is_found_in_every_spelling(secret: str) -> None:
    spelt = [
        secret,
        quote(secret, safe=""),
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        base64.b64encode(secret.encode()).decode(),
        base64.b64encode(secret.encode()).decode().rstrip("="),
        secret.encode().hex(),
        secret.encode().hex().upper(),
        secret.encode().decode("latin-1"),
    ]
    for text in spelt:
        shown = redact(f"before {text} after", [secret])
        assert shown.replace('"', "") == "before [redacted] after"
