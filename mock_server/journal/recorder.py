"""Wrap an application so that each request and its response go into the journal, without secrets and images."""

import binascii
import hashlib
import time

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.journal.codec import JournalRecord, pack, redact_record, to_entry, unpack
from mock_server.journal.entries import Journal
from mock_server.serving.asgi import TooLargeError, read_body, replay_body
from mock_server.upstream.calls import REQUEST_CALLS

LONG_TEXT = 1024  # characters; a longer string in a response is an image, and is replaced by its digest
BEGINNING = 200  # characters that are kept of a long string that is not an image
LONG_RESPONSE = 4096  # bytes; a shorter response has no image


def without_images(content: bytes) -> bytes:
    """Replace each image in a response by its digest and size; truncate a long response that is not JSON."""
    if len(content) < LONG_RESPONSE:
        return content
    body = read_json(content)
    if body is not ABSENT:
        return orjson.dumps(_without_images(body))
    if content.lstrip()[:1] not in b"{[":
        return describe_bytes(content).encode()
    return content[:LONG_TEXT] + f"... ({len(content)} bytes)".encode()


def _without_images(value: Json) -> Json:
    match value:
        case str() if len(value) > LONG_TEXT:
            return _describe_text(value)
        case list():
            return [_without_images(item) for item in value]
        case dict():
            return {name: _without_images(item) for name, item in value.items()}
    return value


def _describe_text(text: str) -> str:
    """Describe a long string: as an image if it is Base64, with or without a data URL, else by its first characters."""
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return describe_bytes(binascii.a2b_base64(encoded, strict_mode=True))
    except ValueError:  # binascii.Error, or a string that is not ASCII
        digest = hashlib.sha256(text.encode()).hexdigest()
        return f"{text[:BEGINNING]}… (sha256:{digest} of {len(text)} characters)"


def describe_bytes(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()} of {len(content)} bytes"


RECORD = "mock"
"""The scope key of the JournalRecord, in which the application finds the request and notes mode and scenario."""


def with_journal(app: ASGIApp, journal: Journal, gateway: str, too_large: ASGIApp) -> ASGIApp:
    """The application with a journal. `too_large` responds if the request's body is too large to read."""

    async def app_with_journal(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        path = scope["path"].encode("utf-8", "surrogatepass")
        record = JournalRecord(gateway, time.time(), scope["method"], path, scope["query_string"], scope["headers"])
        scope[RECORD], chunks, began = record, list[bytes](), time.perf_counter()
        token = REQUEST_CALLS.set(record.upstream_calls)
        try:
            record.content = await read_body(scope, receive)
            await app(scope, replay_body(record.content, receive), record_response(record, chunks, send))
        except TooLargeError:
            await too_large(scope, receive, record_response(record, chunks, send))
        finally:
            REQUEST_CALLS.reset(token)
            record.response, record.duration_seconds = b"".join(chunks), time.perf_counter() - began
            store(journal, record)

    return app_with_journal


def record_response(record: JournalRecord, chunks: list[bytes], send: Send) -> Send:
    async def send_recorded(message: Message) -> None:
        if message["type"] == "http.response.start":
            record.status, record.response_headers = message["status"], message["headers"]
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))
            record.complete = not message.get("more_body", False)
        await send(message)

    return send_recorded


def store(journal: Journal, record: JournalRecord) -> None:
    """Add a record to the journal. It must not keep the scope alive, which holds the connection."""
    redacted = redact_record(record)  # first, because a truncated secret is not recognized
    redacted.response = without_images(redacted.response)
    stored = pack(redacted)
    journal.add(lambda id_: to_entry(unpack(stored), id_), len(stored))
