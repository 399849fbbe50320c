"""Long answers as the journal keeps them: the digest and the size of each image in place of its bytes."""

import binascii
import hashlib

import orjson

from gateway_contract.read_json import read_json
from gateway_contract.values import ABSENT, Json

LONG_TEXT = 1024  # characters: within an answer that is an image, and told by its digest
BEGINNING = 200  # characters of what is no image
LONG_ANSWER = 4096  # bytes: shorter ones hold no image


def without_images(content: bytes) -> bytes:
    """An answer with the digest and the length of each image in it. Of a long answer that is no JSON, its beginning."""
    if len(content) < LONG_ANSWER:
        return content
    body = read_json(content)
    if body is not ABSENT:
        return orjson.dumps(_without_images(body))
    if content.lstrip()[:1] not in b"{[":
        return told_by_digest(content).encode()
    return content[:LONG_TEXT] + f"... ({len(content)} bytes)".encode()


def _without_images(value: Json) -> Json:
    match value:
        case str() if len(value) > LONG_TEXT:
            return _image_told(value)
        case list():
            return [_without_images(item) for item in value]
        case dict():
            return {name: _without_images(item) for name, item in value.items()}
    return value


def _image_told(text: str) -> str:
    """The image that a long text is in Base64, as a data URL or alone; how it begins where it is none."""
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return told_by_digest(binascii.a2b_base64(encoded, strict_mode=True))
    except ValueError:  # binascii's own, and that of text beyond ASCII
        digest = hashlib.sha256(text.encode()).hexdigest()
        return f"{text[:BEGINNING]}… (sha256:{digest} of {len(text)} characters)"


def told_by_digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()} of {len(content)} bytes"
