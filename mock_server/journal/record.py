"""A request and its response as the journal keeps them: packed, and read without secrets."""

import marshal
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter

from gateway_contract.traffic.redaction import REDACTED, SECRET_HEADERS, may_hold_secrets, redact, secrets_of
from mock_server.journal.entries import JournalEntry, RawHeaders
from mock_server.serving.asgi import text_headers
from mock_server.serving.signing import SIGNED_IMAGE
from mock_server.upstream.calls import PLAIN, RecordedCall, pack_call, unpacked

RAW_SECRET_HEADERS = frozenset(name.encode() for name in SECRET_HEADERS)
_SIGNED_IMAGE = re.compile(SIGNED_IMAGE.encode())


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
    upstream_calls: list[RecordedCall] = field(default_factory=list)
    scenario: str | None = None
    mode: str = ""
    session: str | None = None
    client_gone: bool = False
    received: bool = False  # the whole body; not stored


NAMES = tuple(one.name for one in fields(JournalRecord) if one.name != "received")
VALUES = attrgetter(*NAMES)
CALLS = NAMES.index("upstream_calls")


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
    response = redact(_SIGNED_IMAGE.sub(REDACTED.encode(), record.response), secrets) if has_secrets else shown.response
    calls: list[RecordedCall] = [
        replace(call, body=redact(call.body, secrets)) for call in map(unpacked, record.upstream_calls)
    ]
    return replace(shown, response=response, upstream_calls=calls, session=record.session)


def _redact_credentials(headers: RawHeaders) -> RawHeaders:
    return [redact(header) if header[0] in RAW_SECRET_HEADERS else header for header in headers]


def pack(record: JournalRecord) -> bytes:
    """Pack a record into bytes, so that its size is the memory it takes."""
    values = list(VALUES(record))
    values[CALLS] = [call if isinstance(call, bytes) else pack_call(call) for call in record.upstream_calls]
    return marshal.dumps(values, PLAIN)


def unpack(content: bytes) -> JournalRecord:
    values = marshal.loads(content)  # noqa: S302 - what this process has packed itself
    values[CALLS] = [unpacked(call) for call in values[CALLS]]
    return JournalRecord(*values)


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
        upstream_calls=tuple(
            replace(call, headers=redact(call.headers)) for call in map(unpacked, record.upstream_calls)
        ),
        scenario=record.scenario,
        mode=record.mode,
        session=record.session,
        client_gone=record.client_gone,
    )


@dataclass(slots=True, eq=False)
class PackedRecord:
    """A record in one piece, from which the secrets are taken when somebody looks: hardly any entry is ever read."""

    packed: tuple[bytes, bool] = field(repr=False)  # with whether it is redacted: at once, for readers in other threads
    secrets: Sequence[str] = field(repr=False)

    def entry(self, id_: int) -> JournalEntry:
        content, is_redacted = self.packed
        record = unpack(content)
        if not is_redacted:
            record = redact_record(record, self.secrets)
            redacted = pack(record)
            if len(redacted) <= len(content):  # else it would take more memory than the journal counts
                self.packed = redacted, True
        return to_entry(record, id_)
