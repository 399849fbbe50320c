"""What is kept of a request until somebody looks at it: raw, since few are looked at, and never with its secrets."""

import marshal
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import TypeAlias

from gateway_contract.traffic.exchange import Fault, Headers, PlayedFailure, UpstreamCall
from gateway_contract.traffic.redaction import REDACTED, SECRET_HEADERS, may_hold_secrets, redact, secrets_of
from gateway_contract.values.json_value import ABSENT, Json
from mock_server.journal.entries import Entry

RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]
RAW_SECRET_HEADERS = frozenset(name.encode() for name in SECRET_HEADERS)
SIGNED = re.compile(rb"(?<=/)[A-Za-z0-9_-]{64,}(?=\.png)")
"""What a link carries of its picture."""


@dataclass(slots=True)
class Happened:
    """A request, and what comes of it, noted as it comes."""

    gateway: str
    at: float  # Unix time
    method: str
    path: bytes
    query: bytes
    headers: RawHeaders
    content: bytes = b""
    status: int | None = None
    answer_headers: RawHeaders = ()
    answer: bytes = b""
    whole: bool = False
    seconds: float = 0.0
    calls: list[UpstreamCall] = field(default_factory=list)
    scenario: str | None = None
    mode: str = ""


NAMES = tuple(one.name for one in fields(Happened))
VALUES = attrgetter(*NAMES)
CALLS = NAMES.index("calls")
PLAIN = 2
"""The version of marshal's format that does not look for what stands in a value twice."""


def harmless(raw: Happened) -> Happened:
    """The same without the client's secrets, wherever they stand, and without what looks like one.

    Nearly all hold none but in the headers that are made for them, so looking is cheap and redaction need not be.
    Calls keep the gateway's own key until their entry is made: the gateway holds it for as long as it runs anyway.
    """
    secrets = secrets_of(raw.headers)
    others = [value for name, value in (*raw.headers, *raw.answer_headers) if name not in RAW_SECRET_HEADERS]
    if may_hold_secrets([raw.path, raw.query, raw.content, raw.answer, *others], secrets):
        return _redacted(raw, secrets)
    raw.headers, raw.answer_headers = _without_credentials(raw.headers), _without_credentials(raw.answer_headers)
    return raw


def _redacted(raw: Happened, secrets: Sequence[str]) -> Happened:
    """The links in the answer to a body that held secrets may carry what was asked."""
    shown = redact(replace(raw, calls=[]), secrets)
    answer = shown.answer if shown.content == raw.content else SIGNED.sub(REDACTED.encode(), shown.answer)
    calls = [replace(call, body=redact(call.body, secrets)) for call in raw.calls]
    return replace(shown, answer=answer, calls=calls)


def _without_credentials(headers: RawHeaders) -> RawHeaders:
    return [redact(header) if header[0] in RAW_SECRET_HEADERS else header for header in headers]


def packed(happened: Happened) -> bytes:
    """All of it in one piece of bytes, which takes as much memory as it is long."""
    values = list(VALUES(happened))
    values[CALLS] = [_call_packed(call) for call in happened.calls]
    return marshal.dumps(values, PLAIN)


def unpacked(content: bytes) -> Happened:
    values = marshal.loads(content)  # noqa: S302 - what this process has packed itself
    values[CALLS] = [_call_unpacked(*call) for call in values[CALLS]]
    return Happened(*values)


def _call_packed(call: UpstreamCall) -> tuple[object, ...]:
    body = () if call.body is ABSENT else (call.body,)
    played = None if call.played is None else (call.played.name, call.played.fault.value, call.played.retry_after)
    return call.method, call.path, call.headers, body, call.at, call.status, call.images, played


def _call_unpacked(
    method: str,
    path: str,
    headers: Headers,
    body: tuple[Json, ...],
    at: float,
    status: int,
    images: tuple[str, ...],
    played: tuple[str, str, int | None] | None,
) -> UpstreamCall:
    failure = None if played is None else PlayedFailure(played[0], Fault(played[1]), played[2])
    return UpstreamCall(method, path, headers, body[0] if body else ABSENT, at, status, images, failure)


def entry_of(happened: Happened, number: int) -> Entry:
    query = b"?" + happened.query if happened.query else b""
    return Entry(
        number=number,
        gateway=happened.gateway,
        at=happened.at,
        method=happened.method,
        path=(happened.path + query).decode("utf-8", "replace"),
        headers=_text(happened.headers),
        content=happened.content,
        status=happened.status,
        answer_headers=_text(happened.answer_headers),
        answer_content=happened.answer,
        whole=happened.whole,
        seconds=happened.seconds,
        upstream=tuple(replace(call, headers=redact(call.headers)) for call in happened.calls),
        scenario=happened.scenario,
        mode=happened.mode,
    )


def _text(headers: RawHeaders) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
