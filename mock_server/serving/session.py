"""Which session a request belongs to: by a header, by the beginning of its token, or by a cookie.

Parallel tests that share one mock name a session each, so that none disturbs the others.
"""

import re
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.types import Scope

from gateway_contract.traffic.redaction import redact

HEADER: Final = "X-Mock-Session"
COOKIE: Final = "mock_session"
BEGINNING: Final = "mock-session."
"""Begins a token that names a session: `mock-session.ID.TOKEN`."""
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
RAW_HEADER, RAW_COOKIE, RAW_BEGINNING = HEADER.lower().encode(), COOKIE.encode(), BEGINNING.encode()
SHOWN = 80  # characters of a malformed id
MALFORMED = "mock.malformed-session"
"""The key in a request's scope for what is wrong with the session that it names."""
NO_LAST_PART: Final = "A token that names a session must be mock-session.ID.TOKEN; got one without .TOKEN"


class SessionError(Exception):
    """The id of a session is malformed; the message says what it must be."""


@lru_cache(maxsize=1024)
def is_session_id(text: str) -> bool:
    """Whether a text is the id of a session, which the journal shows: nothing that looks like a secret is one."""
    return ID.fullmatch(text) is not None and redact(text) == text


def check_session_id(text: str) -> str:
    """Raises SessionError for a text that is no id of a session."""
    if not is_session_id(text):
        raise SessionError(no_session_id(text))
    return text


def no_session_id(text: str) -> str:
    """Why a text is no id of a session."""
    return (
        f"The id of a session must be 1 to 64 letters, digits, hyphens or underscores, and no secret; "
        f"got {redact(text[:SHOWN])!r}"
    )


def take_session(scope: Scope) -> str | None:
    """The id of a request's session; None without one. The header goes before the token, and the token before a cookie.

    The token in the scope loses the id, so that whoever reads it next sees the token alone. What is wrong with an id,
    or with a token that should have one, is kept in the scope for `check_session`.
    """
    by_header, by_token, by_cookie = None, None, None
    for name, value in scope["headers"]:
        if name == RAW_HEADER:
            by_header = value if by_header is None else b"%b, %b" % (by_header, value)
        elif name == b"authorization" and RAW_BEGINNING in value:
            by_token = take_from_token(scope, value)
        elif name == b"cookie" and RAW_COOKIE in value:
            by_cookie = cookie_value(value.decode("latin-1"))
    found = by_cookie if by_token is None else by_token
    if by_header is not None:
        found = by_header.decode("latin-1").strip()
    if found is None or is_session_id(found):
        return found
    scope[MALFORMED] = no_session_id(found)
    return None


def may_name_session(credential: bytes) -> bool:
    """Whether a token or cookies may name a session; `take_session` knows."""
    return RAW_BEGINNING in credential or RAW_COOKIE in credential


def check_session(scope: Scope) -> None:
    """Raises SessionError if the request names a session by a malformed id or token."""
    if MALFORMED in scope:
        raise SessionError(scope[MALFORMED])


def take_from_token(scope: Scope, authorization: bytes) -> str | None:
    """Take the id out of `Bearer mock-session.ID.TOKEN`; None for anything else."""
    scheme, _, credentials = authorization.partition(b" ")
    beginning, _, rest = credentials.strip().partition(b".")
    id_, dot, token = rest.partition(b".")
    if beginning + b"." != RAW_BEGINNING:
        return None
    if not dot:
        scope[MALFORMED] = NO_LAST_PART
        return None
    plain = b"%b %b" % (scheme, token)
    scope["headers"] = [(name, plain if value is authorization else value) for name, value in scope["headers"]]
    return id_.decode("latin-1")


def cookie_value(cookies: str) -> str | None:
    """The id in a Cookie header."""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:  # other cookies of the page are not the mock's to judge
        return None
    return None if found is None else found.value
