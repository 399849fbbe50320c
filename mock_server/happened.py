"""What is kept of a request until somebody looks at it: raw, since few are looked at, and never with its secrets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson

from gateway_contract.exchange import Headers, UpstreamCall
from gateway_contract.read_json import read_json
from gateway_contract.redaction import redact_headers
from gateway_contract.values import ABSENT
from mock_server.blackening import (
    SECRET_HEADERS,
    RawHeaders,
    body_read,
    body_without_secrets,
    may_hold_secrets,
    query_read,
    query_without_secrets,
    token_in,
    without_secret_headers,
    without_secrets,
)
from mock_server.journal import Entry

OF_A_HEADER = 200  # bytes that one takes beside its text: two objects and their pair
OF_A_VALUE = 72  # bytes that a list or an object takes, or a place in one
OF_A_CHARACTER = 5  # bytes of each in a text, as soon as one of them is an emoji: four, and it as UTF-8


@dataclass(slots=True)
class Happened:
    """A request as it went. Not frozen, as the making of frozen ones is dear where every request pays for it."""

    gateway: str
    at: float  # Unix time
    method: str
    path: bytes
    query: bytes
    headers: RawHeaders
    content: bytes
    status: int | None
    answer_headers: RawHeaders
    answer: bytes
    whole: bool
    seconds: float
    calls: Sequence[UpstreamCall]
    scenario: str | None
    mode: str

    @property
    def weight(self) -> int:
        """Bytes that it takes in memory at most, roughly, whether or not its entry was made."""
        texts = len(self.path) + len(self.query) + len(self.content) + len(self.answer) + len(self.scenario or "")
        headers = [*self.headers, *self.answer_headers]
        told = sum([len(name) + len(value) for name, value in headers])
        return texts + told + OF_A_HEADER * len(headers) + (self._weight_of_calls if self.calls else 0)

    @property
    def _weight_of_calls(self) -> int:
        """What is made of a request holds what the request does, as Python's objects: a list takes 3 bytes of JSON."""
        content = self.content
        values = content.count(b",") + content.count(b"[") + content.count(b"{")
        return len(self.calls) * (OF_A_CHARACTER * len(content) + OF_A_VALUE * values)


def harmless(raw: Happened) -> Happened:
    """The same without the client's secrets, wherever they stand, and without what looks like one.

    Calls keep the gateway's own key until their entry is made: the gateway holds it for as long as it runs anyway.
    """
    secret = token_in(raw.headers)
    raw.headers = without_secret_headers(raw.headers)
    raw.answer_headers = without_secret_headers(raw.answer_headers)
    others = [value for name, value in (*raw.headers, *raw.answer_headers) if name not in SECRET_HEADERS]
    texts = [raw.path, query_read(raw.query), body_read(raw.content), raw.answer, *others]
    return _blackened(raw, secret) if may_hold_secrets(texts, secret) else raw


def _blackened(raw: Happened, secret: bytes) -> Happened:
    return replace(
        raw,
        path=without_secrets(raw.path, secret),
        query=query_without_secrets(raw.query, secret),
        headers=[(name, without_secrets(value, secret)) for name, value in raw.headers],
        content=body_without_secrets(raw.content, secret),
        answer_headers=[(name, without_secrets(value, secret)) for name, value in raw.answer_headers],
        answer=without_secrets(raw.answer, secret),
        calls=[_blackened_call(call, secret) for call in raw.calls],
        scenario=raw.scenario and without_secrets(raw.scenario.encode(), secret).decode(),
    )


def _blackened_call(call: UpstreamCall, secret: bytes) -> UpstreamCall:
    body = call.body
    if body is not ABSENT:
        body = read_json(without_secrets(orjson.dumps(body), secret))
    return replace(call, body=body)


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
