"""Records requests and responses for the journal, without images."""

import binascii
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.journal.entries import Journal, Progress, RequestUnderWay
from mock_server.journal.record import RAW_SECRET_HEADERS, JournalRecord, PackedRecord, pack, redact_record
from mock_server.serving.asgi import TooLargeError, read_body, replay_body
from mock_server.serving.server import is_closing
from mock_server.serving.session import take_session
from mock_server.upstream.calls import CLIENT_CREDENTIALS, REQUEST_CALLS


def to_under_way(record: JournalRecord, scope: Scope, began: float, secrets: Sequence[str]) -> RequestUnderWay:
    """A request as it is at the moment."""
    shown = redact_record(replace(record, upstream_calls=[]), secrets)
    query = b"?" + shown.query if shown.query else b""
    progress = Progress.WAITING if record.received else Progress.RECEIVING
    if is_closing(scope):
        progress = Progress.CLIENT_GONE
    elif record.status is not None:
        progress = Progress.RESPONDING
    return RequestUnderWay(
        gateway=shown.gateway,
        session=shown.session,
        timestamp=shown.timestamp,
        method=shown.method,
        path=(shown.path + query).decode("utf-8", "replace"),
        scenario=shown.scenario,
        mode=shown.mode,
        progress=progress,
        seconds=time.perf_counter() - began,
    )


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
    if content.startswith(EVENT):
        return b"\n".join(map(_event_line, content.split(b"\n")))
    if content.lstrip()[:1] not in b"{[":
        return describe_bytes(content).encode()
    return content[:LONG_TEXT] + f"... ({len(content)} bytes)".encode()


EVENT, DATA = b"event: ", b"data: "


def _event_line(line: bytes) -> bytes:
    """A line of a response of server-sent events."""
    return DATA + without_images(line.removeprefix(DATA)) if line.startswith(DATA) else line


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
BEGAN = "mock.began"
"""The scope key of when a request began, where that was before the journal: Unix time, and `time.perf_counter`."""


def with_journal(
    app: ASGIApp, journal: Journal, gateway: str, too_large: ASGIApp, secrets: Sequence[str] = ()
) -> ASGIApp:
    """The application with a journal, which never holds the `secrets`.

    `too_large` responds if the request's body is too large to read.
    """

    async def app_with_journal(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        session, path = take_session(scope), scope["path"].encode("utf-8", "surrogatepass")
        timestamp, began = scope.get(BEGAN) or (time.time(), time.perf_counter())
        record = JournalRecord(gateway, timestamp, scope["method"], path, scope["query_string"], scope["headers"])
        record.session = session
        scope[RECORD], chunks = record, list[bytes]()
        credentials = [header for header in scope["headers"] if header[0] in RAW_SECRET_HEADERS]
        token, client = REQUEST_CALLS.set(record.upstream_calls), CLIENT_CREDENTIALS.set(credentials)
        number: int | None = journal.start(lambda: to_under_way(record, scope, began, secrets), credentials)

        def finish() -> None:
            """Store the record once: where the response ends, or else where the application does."""
            nonlocal number
            if number is not None:
                journal.end(number)
                number = None
                record.response, record.duration_seconds = b"".join(chunks), time.perf_counter() - began
                store(journal, record, secrets)

        send_recorded = record_response(record, scope, chunks, finish, send)
        try:
            record.content = await read_body(scope, receive)
            record.received = True
            await app(scope, replay_body(record.content, receive), send_recorded)
        except TooLargeError:
            await too_large(scope, receive, send_recorded)
        finally:
            REQUEST_CALLS.reset(token)
            CLIENT_CREDENTIALS.reset(client)
            finish()

    return app_with_journal


def record_response(
    record: JournalRecord, scope: Scope, chunks: list[bytes], finish: Callable[[], None], send: Send
) -> Send:
    """Records what is sent. What is sent to a client who went away is no response: the server throws it away.

    It finishes the record before the last part goes out: a client that has its response finds it in the journal.
    """

    async def send_recorded(message: Message) -> None:
        if is_closing(scope):
            record.client_gone = True
        elif message["type"] == "http.response.start":
            record.status, record.response_headers = message["status"], message["headers"]
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))
            record.complete = not message.get("more_body", False)
            if record.complete:
                finish()
        await send(message)

    return send_recorded


def store(journal: Journal, record: JournalRecord, secrets: Sequence[str] = ()) -> None:
    """Add a record to the journal. It must not keep the scope alive, which holds the connection."""
    has_images = len(record.response) >= LONG_RESPONSE
    if has_images:
        record = redact_record(record, secrets)  # first, because a truncated secret is not recognized
        record.response = without_images(record.response)
    stored = PackedRecord((pack(record), has_images), secrets)
    journal.add(stored.entry, len(stored.packed[0]), record.session)
