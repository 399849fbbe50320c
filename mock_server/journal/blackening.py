"""Requests and answers without the secrets in them: what looks like one, and the client's own token anywhere.

Nearly all hold none but in the headers that are made for them, so looking is cheap and blackening need not be.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

import orjson

from gateway_contract.read_json import read_json
from gateway_contract.redaction import REDACTED, SECRET_HEADERS, SHORTEST_SECRET, redact, redact_value
from gateway_contract.values import ABSENT

RAW_SECRET_HEADERS = frozenset(name.encode() for name in SECRET_HEADERS)
RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]


def token_in(headers: RawHeaders) -> bytes:
    """What a client proves with who it is; empty where that is too short to be anything but a word."""
    for name, value in headers:
        if name == b"authorization":
            token = value.rpartition(b" ")[2]
            return token if len(token) >= SHORTEST_SECRET else b""
    return b""


def without_secret_headers(headers: RawHeaders) -> RawHeaders:
    """Headers in which those that are made for secrets have lost them."""
    return [(name, _hidden(name, value)) if name in RAW_SECRET_HEADERS else (name, value) for name, value in headers]


def _hidden(name: bytes, value: bytes) -> bytes:
    return redact_value(name.decode("latin-1"), value.decode("latin-1")).encode("latin-1")


def may_hold_secrets(texts: Iterable[bytes], secret: bytes) -> bool:
    """Whether anything stands in some texts that `without_secrets` would take out."""
    joined = b"\n".join(texts)
    return b"sk-" in joined or b"bearer" in joined.lower() or (secret != b"" and secret in joined)


def without_secrets(text: bytes, secret: bytes) -> bytes:
    if secret:
        text = text.replace(secret, REDACTED.encode())
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


def body_without_secrets(content: bytes, secret: bytes) -> bytes:
    """A body byte by byte as it came where there is nothing to hide behind its escapes."""
    seen = body_read(content)
    return without_secrets(seen if may_hold_secrets([seen], secret) else content, secret)


def query_without_secrets(query: bytes, secret: bytes) -> bytes:
    seen = query_read(query)
    return without_secrets(seen if may_hold_secrets([seen], secret) else query, secret)
