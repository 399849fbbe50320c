"""Requests and answers without the secrets in them: what looks like one, and what the client keeps secret anywhere.

Nearly all hold none but in the headers that are made for them, so looking is cheap and blackening need not be.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

import orjson

from gateway_contract.traffic.redaction import (
    CREDENTIAL_HEADERS,
    REDACTED,
    SECRET_HEADERS,
    SHORTEST_SECRET,
    redact,
    redact_value,
)
from gateway_contract.values.json_value import ABSENT, SHORTENED, read_json

RAW_SECRET_HEADERS = frozenset(name.encode() for name in SECRET_HEADERS)
WITH_A_SCHEME = frozenset(name.encode() for name in CREDENTIAL_HEADERS)
RAW_REDACTED = REDACTED.encode()
SIGNED = re.compile(rb"(?<=/)[A-Za-z0-9_-]{64,}(?=\.png)")
"""What a link carries of its picture."""
CUT = "…".encode()
MOST_SHOWN = SHORTENED // 2  # of a quotation that is cut, on either side of the cut
RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]


@dataclass(slots=True)
class Parted:
    """Headers without the secrets that some are made for; what stands in the others; and those secrets."""

    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    others: list[bytes] = field(default_factory=list)
    secrets: list[bytes] = field(default_factory=list)


def parted(headers: RawHeaders) -> Parted:
    found = Parted()
    for header in headers:
        name, value = header
        if name in RAW_SECRET_HEADERS:
            found.headers.append((name, _hidden(name, value)))
            secret = secret_in(name, value)
            if len(secret) >= SHORTEST_SECRET:  # a shorter one could be any word
                found.secrets.append(secret)
        else:
            found.headers.append(header)
            found.others.append(value)
    return found


def secret_in(name: bytes, value: bytes) -> bytes:
    """What is secret in the value of a header that is made for secrets."""
    credentials = value.partition(b" ")[2].strip() if name in WITH_A_SCHEME else b""
    return credentials or value.strip()


def as_in_json(secret: bytes) -> bytes:
    return secret.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def _hidden(name: bytes, value: bytes) -> bytes:
    return redact_value(name.decode("latin-1"), value.decode("latin-1")).encode("latin-1")


def may_hold_secrets(texts: Iterable[bytes], secrets: Sequence[bytes]) -> bool:
    """Whether anything stands in some texts that `without_secrets` would take out."""
    joined = b"\n".join(texts)
    if b"sk-" in joined or b"bearer" in joined.lower():
        return True
    return bool(secrets) and any(secret in joined or as_in_json(secret) in joined for secret in secrets)


def without_secrets(text: bytes, secrets: Sequence[bytes]) -> bytes:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(as_in_json(secret), RAW_REDACTED).replace(secret, RAW_REDACTED)
    return redact(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def body_read(content: bytes) -> bytes:
    """A body as whoever reads its JSON sees it: a secret may be written with escapes."""
    if b"\\" not in content:
        return content
    body = read_json(content)
    return content if body is ABSENT else orjson.dumps(body)


def query_read(query: bytes) -> bytes:
    """A query as whoever decodes it sees it."""
    return unquote_to_bytes(query.replace(b"+", b" ")) if b"%" in query else query


def body_without_secrets(content: bytes, secrets: Sequence[bytes]) -> bytes:
    """A body byte by byte as it came where there is nothing to hide behind its escapes."""
    seen = body_read(content)
    return without_secrets(seen if may_hold_secrets([seen], secrets) else content, secrets)


def query_without_secrets(query: bytes, secrets: Sequence[bytes]) -> bytes:
    seen = query_read(query)
    return without_secrets(seen if may_hold_secrets([seen], secrets) else query, secrets)


def answer_without_secrets(answer: bytes, secrets: Sequence[bytes]) -> bytes:
    """The answer to a body that held secrets: it may quote a part of one, and its links may carry what was asked."""
    told = SIGNED.sub(RAW_REDACTED, without_secrets(answer, secrets))
    for secret in secrets:
        for length in range(min(len(secret), MOST_SHOWN), SHORTEST_SECRET - 1, -1):
            told = told.replace(secret[:length] + CUT, RAW_REDACTED + CUT)
            told = told.replace(CUT + secret[-length:], CUT + RAW_REDACTED)
    return told
