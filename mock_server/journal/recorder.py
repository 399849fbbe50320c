"""Around an application: every request and its answer go into the journal, without the secrets in them."""

import binascii
import hashlib
import time

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.journal.codec import Happened, entry_of, harmless, packed, unpacked
from mock_server.journal.entries import Journal
from mock_server.serving.asgi import TooLargeError, replaying, whole_body
from mock_server.upstream.calls import UPSTREAM_SEEN

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


NOTES = "mock"
"""Where in its scope the application finds what happens: its request, whole, and room for mode and scenario."""


def recorded(app: ASGIApp, journal: Journal, gateway: str, too_large: ASGIApp) -> ASGIApp:
    """The application with a journal; `too_large` answers where a request's body is longer than is read."""

    async def record(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        path = scope["path"].encode("utf-8", "surrogatepass")
        notes = Happened(gateway, time.time(), scope["method"], path, scope["query_string"], scope["headers"])
        scope[NOTES], chunks, began = notes, list[bytes](), time.perf_counter()
        token = UPSTREAM_SEEN.set(notes.calls)
        try:
            notes.content = await whole_body(scope, receive)
            await app(scope, replaying(notes.content, receive), watching(notes, chunks, send))
        except TooLargeError:
            await too_large(scope, receive, watching(notes, chunks, send))
        finally:
            UPSTREAM_SEEN.reset(token)
            notes.answer, notes.seconds = b"".join(chunks), time.perf_counter() - began
            keep(journal, notes)

    return record


def watching(notes: Happened, chunks: list[bytes], send: Send) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            notes.status, notes.answer_headers = message["status"], message["headers"]
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))
            notes.whole = not message.get("more_body", False)
        await send(message)

    return watched


def keep(journal: Journal, happened: Happened) -> None:
    """Into the journal with it. Nothing of the scope is kept along: that would hold its connection, too."""
    harmless_one = harmless(happened)  # first, for a secret that is cut in two is not found
    harmless_one.answer = without_images(harmless_one.answer)
    kept = packed(harmless_one)
    journal.add(lambda number: entry_of(unpacked(kept), number), len(kept))
