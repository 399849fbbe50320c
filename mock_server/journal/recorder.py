"""Records requests and responses for the journal: packed, without secrets and images."""

import binascii
import hashlib
import marshal
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import TypeAlias

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.traffic.exchange import FaultCause, Headers, PlayedFault, UpstreamCall
from gateway_contract.traffic.redaction import REDACTED, SECRET_HEADERS, may_hold_secrets, redact, secrets_of
from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.journal.entries import Journal, JournalEntry, Progress, RequestUnderWay
from mock_server.serving.asgi import TooLargeError, read_body, replay_body, text_headers
from mock_server.serving.server import is_closing
from mock_server.serving.session import take_session
from mock_server.upstream.calls import REQUEST_CALLS

RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]
RAW_SECRET_HEADERS = frozenset(name.encode() for name in SECRET_HEADERS)
SIGNED = re.compile(rb"(?<=/)[A-Za-z0-9_-]{64,}(?=\.png)")
"""The signed part of an image link."""


@dataclass(slots=True)
class JournalRecord:
    """A request and its response, filled in while the request is handled."""

    gateway: str
    timestamp: float  # Unix time
    method: str
    path: bytes
    query: bytes
    headers: RawHeaders
    content: bytes = b""
    status: int | None = None
    response_headers: RawHeaders = ()
    response: bytes = b""
    complete: bool = False
    duration_seconds: float = 0.0
    upstream_calls: list[UpstreamCall] = field(default_factory=list)
    scenario: str | None = None
    mode: str = ""
    session: str | None = None
    client_gone: bool = False
    received: bool = False  # the whole body; not stored


NAMES = tuple(one.name for one in fields(JournalRecord) if one.name != "received")
VALUES = attrgetter(*NAMES)
CALLS = NAMES.index("upstream_calls")
PLAIN = 2
"""The version of marshal's format that does not look for duplicate values, which takes time."""


def redact_record(record: JournalRecord, known: Sequence[str] = ()) -> JournalRecord:
    """Redact the client's secrets and the known ones wherever they occur, and whatever looks like a secret.

    Nearly all requests have secrets in credential headers only, so the search is cheap and redaction need not be.
    Upstream calls keep the gateway's own key until they become part of an entry: the gateway holds it anyway.
    """
    secrets = (*known, *secrets_of(record.headers))
    others = [value for name, value in (*record.headers, *record.response_headers) if name not in RAW_SECRET_HEADERS]
    if may_hold_secrets([record.path, record.query, record.content, record.response, *others], secrets):
        return _redact_everywhere(record, secrets)
    record.headers, record.response_headers = (
        _redact_credentials(record.headers),
        _redact_credentials(record.response_headers),
    )
    return record


def _redact_everywhere(record: JournalRecord, secrets: Sequence[str]) -> JournalRecord:
    """Links in the response to a body with secrets may contain parts of that body, so they are removed whole first.

    The session stays: a cookie with its id, which is no secret, would have it redacted.
    """
    shown = redact(replace(record, upstream_calls=[], session=None), secrets)
    has_secrets = shown.content != record.content
    response = redact(SIGNED.sub(REDACTED.encode(), record.response), secrets) if has_secrets else shown.response
    calls = [replace(call, body=redact(call.body, secrets)) for call in record.upstream_calls]
    return replace(shown, response=response, upstream_calls=calls, session=record.session)


def _redact_credentials(headers: RawHeaders) -> RawHeaders:
    return [redact(header) if header[0] in RAW_SECRET_HEADERS else header for header in headers]


def pack(record: JournalRecord) -> bytes:
    """Pack a record into bytes, so that its size is the memory it takes."""
    values = list(VALUES(record))
    values[CALLS] = [_pack_call(call) for call in record.upstream_calls]
    return marshal.dumps(values, PLAIN)


def unpack(content: bytes) -> JournalRecord:
    values = marshal.loads(content)  # noqa: S302 - what this process has packed itself
    values[CALLS] = [_unpack_call(*call) for call in values[CALLS]]
    return JournalRecord(*values)


def _pack_call(call: UpstreamCall) -> tuple[object, ...]:
    body = () if call.body is ABSENT else (call.body,)
    fault = call.played
    played = None if fault is None else (fault.name, fault.cause.value, fault.retry_after, fault.may_be_billed)
    return call.method, call.path, call.headers, body, call.at, call.status, call.images, played


def _unpack_call(
    method: str,
    path: str,
    headers: Headers,
    body: tuple[Json, ...],
    at: float,
    status: int,
    images: tuple[str, ...],
    played: tuple[str, str, int | None, bool] | None,
) -> UpstreamCall:
    failure = None if played is None else PlayedFault(played[0], FaultCause(played[1]), *played[2:])
    return UpstreamCall(method, path, headers, body[0] if body else ABSENT, at, status, images, failure)


def to_entry(record: JournalRecord, id_: int) -> JournalEntry:
    query = b"?" + record.query if record.query else b""
    return JournalEntry(
        id=id_,
        gateway=record.gateway,
        timestamp=record.timestamp,
        method=record.method,
        path=(record.path + query).decode("utf-8", "replace"),
        headers=text_headers(record.headers),
        content=record.content,
        status=record.status,
        response_headers=text_headers(record.response_headers),
        response_content=record.response,
        complete=record.complete,
        duration_seconds=record.duration_seconds,
        upstream_calls=tuple(replace(call, headers=redact(call.headers)) for call in record.upstream_calls),
        scenario=record.scenario,
        mode=record.mode,
        session=record.session,
        client_gone=record.client_gone,
    )


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
        record = JournalRecord(gateway, time.time(), scope["method"], path, scope["query_string"], scope["headers"])
        record.session = session
        scope[RECORD], chunks, began = record, list[bytes](), time.perf_counter()
        token = REQUEST_CALLS.set(record.upstream_calls)
        number: int | None = journal.start(lambda: to_under_way(record, scope, began, secrets))

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
    redacted = redact_record(record, secrets)  # first, because a truncated secret is not recognized
    redacted.response = without_images(redacted.response)
    stored = pack(redacted)
    journal.add(lambda id_: to_entry(unpack(stored), id_), len(stored), redacted.session)
