"""Around an application: every request and its answer go into the journal, without the secrets in them."""

import binascii
import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.exchange import UpstreamCall
from gateway_contract.read_json import read_json
from gateway_contract.redaction import REDACTED, redact, redact_headers
from gateway_contract.values import ABSENT, Json
from mock_server.bounded import TooLargeError, replaying, whole_body
from mock_server.journal import Entry, Journal
from mock_server.upstream_calls import UPSTREAM_SEEN

LONG_TEXT = 1024  # characters: within an answer that is an image, and told by its digest
LONG_ANSWER = 4096  # bytes: shorter ones hold no image
SHORTEST_SECRET = 8  # bytes: shorter words stand in ordinary text, too
SECRET_HEADERS = frozenset(
    {b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key", b"api-key"}
)


@dataclass(slots=True)
class Notes:
    """What is told of a request while it is answered. `content` is its body, read to the end."""

    content: bytes = b""
    scenario: str | None = None
    mode: str = ""


@dataclass(slots=True)
class Seen:
    """What went out to the client so far."""

    status: int | None = None
    headers: Sequence[tuple[bytes, bytes]] = ()
    chunks: list[bytes] = field(default_factory=list)
    whole: bool = False


def recorded(app: ASGIApp, journal: Journal, gateway: str, too_large: ASGIApp) -> ASGIApp:
    """The application with a journal. It finds `Notes` under `mock` in its scope.

    `too_large` answers where a request's body is longer than is read.
    """

    async def record(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        at, began = time.time(), time.perf_counter()
        seen, calls = Seen(), list[UpstreamCall]()
        notes = scope["mock"] = Notes()
        token = UPSTREAM_SEEN.set(calls)
        try:
            notes.content = await whole_body(scope, receive)
            await app(scope, replaying(notes.content, receive), watching(seen, send))
        except TooLargeError:
            await too_large(scope, receive, watching(seen, send))
        finally:
            UPSTREAM_SEEN.reset(token)
            journal.add(entry_of(gateway, scope, notes, seen, calls, at, time.perf_counter() - began))

    return record


def watching(seen: Seen, send: Send) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            seen.status, seen.headers = message["status"], message["headers"]
        elif message["type"] == "http.response.body":
            seen.chunks.append(message.get("body", b""))
            seen.whole = not message.get("more_body", False)
        await send(message)

    return watched


def entry_of(
    gateway: str, scope: Scope, notes: Notes, seen: Seen, calls: Sequence[UpstreamCall], at: float, seconds: float
) -> Entry:
    """The entry without secrets: what looks like one, and the client's own token wherever it stands."""
    secret = token_in(scope)
    content = without_secrets(notes.content, secret)
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    return Entry(
        number=0,
        gateway=gateway,
        at=at,
        method=scope["method"],
        path=without_secrets(scope["path"].encode() + query, secret).decode("utf-8", "replace"),
        headers=told_headers(scope["headers"], secret),
        content=content,
        status=seen.status,
        answer_headers=told_headers(seen.headers, secret),
        answer_content=without_secrets(without_images(b"".join(seen.chunks)), secret),
        whole=seen.whole,
        seconds=seconds,
        upstream=tuple(told_call(call, secret, in_body=content != notes.content) for call in calls),
        scenario=notes.scenario,
        mode=notes.mode,
    )


def told_call(call: UpstreamCall, secret: bytes, *, in_body: bool) -> UpstreamCall:
    """A call without secrets. Its body is looked through only where the request's had one, which it is made of."""
    body = call.body
    if in_body and body is not ABSENT:
        body = read_json(without_secrets(orjson.dumps(body), secret))
    return replace(call, headers=tuple(redact_headers(call.headers)), body=body)


def token_in(scope: Scope) -> bytes:
    """What the client proves with who it is; empty where that is too short to be anything but a word."""
    said = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    token: bytes = said.rpartition(b" ")[2]
    return token if len(token) >= SHORTEST_SECRET else b""


def told_headers(raw: Iterable[tuple[bytes, bytes]], secret: bytes) -> tuple[tuple[str, str], ...]:
    told = []
    for name, value in raw:
        if name in SECRET_HEADERS:
            ((_, hidden),) = redact_headers([(name.decode("latin-1"), value.decode("latin-1"))])
            told.append((name.decode("latin-1"), hidden))
        else:
            told.append((name.decode("latin-1"), without_secrets(value, secret).decode("latin-1")))
    return tuple(told)


def without_secrets(text: bytes, secret: bytes) -> bytes:
    if secret and secret in text:
        text = text.replace(secret, REDACTED.encode())
    if b"sk-" in text or b"earer" in text or b"EARER" in text:  # only then is there anything that `redact` would find
        text = redact(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    return text


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
    """The image that a long text is in Base64, as a data URL or alone; its characters where it is none."""
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return told_by_digest(binascii.a2b_base64(encoded, strict_mode=True))
    except ValueError:  # binascii's own, and that of text beyond ASCII
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()} of {len(text)} characters"


def told_by_digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()} of {len(content)} bytes"
