"""Signed values with an expiry, so that links need no storage."""

import hmac
import time
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

import orjson

SIGNATURE_BYTES = 16
URL_SAFE = bytes.maketrans(b"+/", b"-_")  # RFC 4648, 5
LINK_SECONDS = 24 * 3600.0
"""How long the vendor's links live."""
SIGNED_IMAGE = r"(?<=/)[A-Za-z0-9_-]{64,}(?=\.png)"
"""A pattern for the signed part of an image's path."""


class BadSignatureError(Exception):
    """A signed text that was changed, cut, made with another key, or is past its time."""


@dataclass(frozen=True, slots=True)
class Signer:
    """`key` decides who can read each other's texts: equal keys can, in any process. It has 64 bytes at most.

    A signature is a keyed BLAKE2b (RFC 7693), a message authentication code that costs half of what HMAC does.

    `seconds` is how long a link lives that is signed with it. `clock` gives the Unix time of links and answers; a
    fixed one makes them the same again and again.
    """

    key: bytes = field(repr=False)
    seconds: float = LINK_SECONDS
    clock: Callable[[], float] = field(default=time.time, compare=False, repr=False)

    def sign(self, value: object, expires_at: float) -> str:
        """A text of URL-safe characters that stands for a JSON value until a Unix time."""
        payload, signature = orjson.dumps([value, int(expires_at)]), _keyed(self.key).copy()
        signature.update(payload)
        return _encoded(signature.digest() + payload)

    def read(self, text: str, now: float) -> object:
        """The value that was signed. Raises BadSignatureError."""
        value, expires_at = _verified(self.key, text)
        if now > expires_at:
            raise BadSignatureError("expired")
        return value

    def sign_apart(self, value: object, expires_at: int) -> tuple[str, bytes]:
        """A text that stands for a JSON value, and the signature of both the value and when it expires."""
        payload, signature = orjson.dumps(value), _keyed(self.key).copy()
        signature.update(b"%b%d" % (payload, expires_at))
        return _encoded(payload), signature.digest()

    def read_apart(self, text: str, expires_at: int, signature: bytes) -> object:
        """The value that was signed apart, whether or not it has expired. Raises BadSignatureError."""
        payload = _decoded(text)
        if not hmac.compare_digest(signature, _signature(self.key, b"%b%d" % (payload, expires_at))):
            raise BadSignatureError("the signature does not match")
        return orjson.loads(payload)


def signer_for(
    purpose: str, key: bytes, seconds: float = LINK_SECONDS, clock: Callable[[], float] = time.time
) -> Signer:
    """A signer of its own for each purpose: of one key, too, what one has signed means nothing to another."""
    return Signer(blake2b(purpose.encode(), key=key, digest_size=32).digest(), seconds, clock)


@lru_cache(maxsize=1024)  # links are asked for again and again
def _verified(key: bytes, text: str) -> tuple[object, int]:
    """The value that was signed, and until when it is good. Raises BadSignatureError."""
    raw = _decoded(text)
    signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(key, payload)):
        raise BadSignatureError("the signature does not match")
    value, expires_at = orjson.loads(payload)
    return value, expires_at


def _signature(key: bytes, payload: bytes) -> bytes:
    started = _keyed(key).copy()
    started.update(payload)
    return started.digest()


@lru_cache(maxsize=64)
def _keyed(key: bytes) -> blake2b:
    """A digest that has taken in the key, which costs as much as the payload of a link."""
    return blake2b(key=key, digest_size=SIGNATURE_BYTES)


def _encoded(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).translate(URL_SAFE, b"=").decode()


def _decoded(text: str) -> bytes:
    """Raises BadSignatureError for a text that only a lax decoder takes."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise BadSignatureError("not a signed text") from error
    if _encoded(raw) != text:
        raise BadSignatureError("not a signed text")
    return raw
