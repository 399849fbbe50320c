"""What is kept of a request until somebody looks at it: raw, since few are looked at, and never with its secrets."""

import marshal
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter

import orjson

from gateway_contract.traffic.exchange import Fault, Headers, PlayedFailure, UpstreamCall
from gateway_contract.traffic.redaction import redact_headers
from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.journal.blackening import (
    RawHeaders,
    answer_without_secrets,
    body_read,
    body_without_secrets,
    may_hold_secrets,
    parted,
    query_read,
    query_without_secrets,
    without_secrets,
)
from mock_server.journal.entries import Entry


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

    Calls keep the gateway's own key until their entry is made: the gateway holds it for as long as it runs anyway.
    """
    asked, answered = parted(raw.headers), parted(raw.answer_headers)
    raw.headers, raw.answer_headers = asked.headers, answered.headers
    texts = [raw.path, query_read(raw.query), body_read(raw.content), raw.answer, *asked.others, *answered.others]
    return _blackened(raw, asked.secrets) if may_hold_secrets(texts, asked.secrets) else raw


def _blackened(raw: Happened, secrets: Sequence[bytes]) -> Happened:
    content = body_without_secrets(raw.content, secrets)
    answer_without = without_secrets if content == raw.content else answer_without_secrets
    return replace(
        raw,
        path=without_secrets(raw.path, secrets),
        query=query_without_secrets(raw.query, secrets),
        headers=[(name, without_secrets(value, secrets)) for name, value in raw.headers],
        content=content,
        answer_headers=[(name, without_secrets(value, secrets)) for name, value in raw.answer_headers],
        answer=answer_without(raw.answer, secrets),
        calls=[_blackened_call(call, secrets) for call in raw.calls],
        scenario=raw.scenario and without_secrets(raw.scenario.encode(), secrets).decode(),
    )


def _blackened_call(call: UpstreamCall, secrets: Sequence[bytes]) -> UpstreamCall:
    body = call.body
    if body is not ABSENT:
        body = read_json(without_secrets(orjson.dumps(body), secrets))
    return replace(call, body=body)


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
        upstream=tuple(replace(call, headers=tuple(redact_headers(call.headers))) for call in happened.calls),
        scenario=happened.scenario,
        mode=happened.mode,
    )


def _text(headers: RawHeaders) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
