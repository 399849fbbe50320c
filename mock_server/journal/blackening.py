"""Requests and answers without the secrets in them: what looks like one, and what the client keeps secret anywhere.

Nearly all hold none but in the headers that are made for them, so looking is cheap and blackening need not be.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

import orjson

from gateway_contract.read_json import read_json
from gateway_contract.redaction import (
    CREDENTIAL_HEADERS,
    REDACTED,
    SECRET_HEADERS,
    SHORTEST_SECRET,
    redact,
    redact_value,
)
from gateway_contract.values import ABSENT

RAW_SECRET_HEADERS = frozenset(name.encode() for name in SECRET_HEADERS)
WITH_A_SCHEME = frozenset(name.encode() for name in CREDENTIAL_HEADERS)
RAW_REDACTED = REDACTED.encode()
SIGNED = re.compile(rb"[A-Za-z0-9_-]{64,}")
CUT = "…".encode()
RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]


def secrets_in(headers: RawHeaders) -> list[bytes]:
    """What stands in headers that are made for secrets, without what is too short to be anything but a word."""
    found = []
    for name, value in headers:
        if name in RAW_SECRET_HEADERS:
            secret = (value.partition(b" ")[2].strip() if name in WITH_A_SCHEME else b"") or value.strip()
            if len(secret) >= SHORTEST_SECRET:
                found.append(secret)
    return found


def as_in_json(secret: bytes) -> bytes:
    return secret.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def without_secret_headers(headers: RawHeaders) -> RawHeaders:
    """Headers in which those that are made for secrets have lost them."""
    return [(name, _hidden(name, value)) if name in RAW_SECRET_HEADERS else (name, value) for name, value in headers]


def _hidden(name: bytes, value: bytes) -> bytes:
    return redact_value(name.decode("latin-1"), value.decode("latin-1")).encode("latin-1")


def may_hold_secrets(texts: Iterable[bytes], secrets: Sequence[bytes]) -> bool:
    """Whether anything stands in some texts that `without_secrets` would take out."""
    joined = b"\n".join(texts)
    if b"sk-" in joined or b"bearer" in joined.lower():
        return True
    return any(secret in joined or as_in_json(secret) in joined for secret in secrets)


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
    """The answer to a request that held secrets: it may quote a part of one, and its links may carry what was asked."""
    told = SIGNED.sub(RAW_REDACTED, without_secrets(answer, secrets))
    for secret in secrets:
        for length in range(len(secret) - 1, SHORTEST_SECRET - 1, -1):
            told = told.replace(secret[:length] + CUT, RAW_REDACTED + CUT)
            told = told.replace(CUT + secret[-length:], CUT + RAW_REDACTED)
    return told
