"""The one function through which every writer sends text: no token reaches a report, a log or an exception."""

import re
from collections.abc import Collection, Iterable

REDACTED = "[redacted]"
SHORTEST_SECRET = 8  # characters; a shorter word that somebody uses as a key stands in ordinary text, too
CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization"})  # a scheme, and a secret behind it
SECRET_HEADERS = CREDENTIAL_HEADERS | {"cookie", "set-cookie", "x-api-key", "api-key"}

_BEARER = re.compile(r"(?i)\b(bearer\s+)[^\s\"'\\,;]+")
_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{4,}")


def redact(text: str, secrets: Iterable[str | None] = ()) -> str:
    """A text without the secrets that are known, and without what looks like one."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return _KEY.sub(REDACTED, _BEARER.sub(rf"\1{REDACTED}", text))


def redact_headers(headers: Iterable[tuple[str, str]], secrets: Iterable[str | None] = ()) -> list[tuple[str, str]]:
    """Headers with the same care; Authorization, cookies and keys lose their whole value but for the scheme."""
    known = list(secrets)
    return [(name, redact_value(name, value, known)) for name, value in headers]


def redact_value(name: str, value: str, secrets: Collection[str | None] = ()) -> str:
    """A header's value with that care."""
    if name.lower() in CREDENTIAL_HEADERS:
        scheme, _, rest = value.partition(" ")
        return f"{scheme} {REDACTED}" if rest else (REDACTED if value else value)
    if name.lower() in SECRET_HEADERS:
        return REDACTED
    return redact(value, secrets)
