"""No token survives, however it is written; what is no secret stays readable."""

import pytest

from gateway_contract.traffic.redaction import REDACTED, redact, redact_headers


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
    assert redact("open sesame, open", ["open", None, "", "open sesame"]) == f"{REDACTED}, {REDACTED}"


@pytest.mark.parametrize(
    ("name", "value", "safe"),
    [
        ("Authorization", "Bearer abc", f"Bearer {REDACTED}"),
        ("Proxy-Authorization", "Basic abc", f"Basic {REDACTED}"),
        ("authorization", "abc", REDACTED),
        ("authorization", "", ""),
        ("Set-Cookie", "id=1", REDACTED),
        ("Api-Key", "abc", REDACTED),
        ("X-Trace", "token sesame", f"token {REDACTED}"),
        ("Accept", "*/*", "*/*"),
    ],
)
def test_headers_that_hold_secrets_lose_them_and_keep_their_scheme(name: str, value: str, safe: str) -> None:
    assert redact_headers([(name, value)], ["sesame"]) == [(name, safe)]


def test_every_header_is_treated_with_the_same_secrets() -> None:
    secrets = iter(["sesame"])
    assert redact_headers([("A", "sesame"), ("B", "sesame")], secrets) == [("A", REDACTED), ("B", REDACTED)]
