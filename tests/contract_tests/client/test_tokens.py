"""A new token is had in time, once for all that wait for it, and none is ever written."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from contract_tests.client.tokens import IssuedToken, TokenError, Tokens, issue_tokens, without_tokens


def issuing(*tokens: IssuedToken | TokenError) -> tuple[Callable[[], IssuedToken], list[int]]:
    """Gives the tokens one after another; and how often it was asked."""
    left, asked = list(tokens), list[int]()

    def issue() -> IssuedToken:
        asked.append(1)
        token = left.pop(0)
        if isinstance(token, TokenError):
            raise token
        return token

    return issue, asked


def renewed(tokens: Tokens, rejected: Sequence[str]) -> list[bool]:
    async def renew() -> list[bool]:
        return await asyncio.gather(*map(tokens.renew, rejected))

    return asyncio.run(renew())


def test_rejections_of_one_token_at_once_ask_for_another_one_once() -> None:
    issue, asked = issuing(IssuedToken("token-number-one"), IssuedToken("token-number-two"))
    tokens = issue_tokens(issue)
    assert renewed(tokens, ["token-number-one"] * 4) == [True] * 4
    assert (len(asked), tokens.current, tokens.issued) == (2, "token-number-two", ["token-number-one", tokens.current])


def test_a_token_without_a_source_stays_what_it_is() -> None:
    assert renewed(Tokens("token-number-one"), ["token-number-one"]) == [False]


def test_a_source_that_fails_says_why_and_leaves_the_token() -> None:
    issue, _ = issuing(IssuedToken("token-number-one"), TokenError("--token-command ended with 1"))
    tokens = issue_tokens(issue)
    assert renewed(tokens, ["token-number-one"]) == [False]
    assert (tokens.current, tokens.problem) == ("token-number-one", "--token-command ended with 1")


@pytest.mark.parametrize(
    ("seconds", "later", "current"),
    [
        (None, 1e6, "token-number-one"),
        (100.0, 69, "token-number-one"),
        (100.0, 71, "token-number-two"),
        (20.0, 9, "token-number-one"),
        (20.0, 11, "token-number-two"),
    ],
)
def test_a_token_is_renewed_30_seconds_before_it_expires_or_at_half_of_its_time(
    seconds: float | None, later: float, current: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    issue, _ = issuing(IssuedToken("token-number-one", seconds), IssuedToken("token-number-two", seconds))
    with monkeypatch.context() as patched:
        patched.setattr("contract_tests.client.tokens.monotonic", lambda: now[0])
        tokens = issue_tokens(issue)
        now[0] += later
        asyncio.run(tokens.renew_before_expiry())
    assert tokens.current == current


def test_no_token_of_the_process_stands_in_the_text_of_an_error() -> None:
    issue, _ = issuing(IssuedToken("first-token-issued"), IssuedToken("other-token-issued"))
    tokens = issue_tokens(issue)
    renewed(tokens, [tokens.current])
    assert without_tokens("first-token-issued, other-token-issued") == "[redacted], [redacted]"
