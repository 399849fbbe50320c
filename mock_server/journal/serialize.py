"""Journal entries as JSON, for the admin API and the console."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from gateway_contract.contract.differences import Difference
from gateway_contract.contract.violations import Violation
from gateway_contract.traffic.exchange import Headers, UpstreamCall
from gateway_contract.traffic.redaction import redact
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from mock_server.journal.entries import JournalEntry, RequestUnderWay
from mock_server.journal.verdict import EntryVerdict


def serialize(entry: JournalEntry, verdict: EntryVerdict) -> dict[str, Json]:
    """An entry with its verdict. `response` is null if the connection ended before a response began."""
    return {
        "id": entry.id,
        "gateway": entry.gateway,
        "session": entry.session,
        "time": rfc3339(entry.timestamp),
        "timestamp": entry.timestamp,
        "duration_seconds": entry.duration_seconds,
        "mode": entry.mode,
        "scenario": entry.scenario,
        "request": {
            "method": entry.method,
            "path": entry.path,
            "headers": serialize_headers(entry.headers),
            **_body(entry.body, entry.content),
        },
        "response": None if entry.status is None else _response(entry, entry.status),
        "upstream_calls": [_upstream_call(call) for call in entry.upstream_calls],
        "client_gone": entry.client_gone,
        "verdict": _verdict(verdict),
    }


def serialize_under_way(request: RequestUnderWay) -> dict[str, Json]:
    return {
        "gateway": request.gateway,
        "session": request.session,
        "time": rfc3339(request.timestamp),
        "timestamp": request.timestamp,
        "seconds": request.seconds,
        "progress": request.progress.value,
        "method": request.method,
        "path": request.path,
        "mode": request.mode,
        "scenario": request.scenario,
    }


def _response(entry: JournalEntry, status: int) -> Json:
    return {
        "status": status,
        "headers": serialize_headers(entry.response_headers),
        **_body(entry.response, entry.response_content),
        "complete": entry.complete,
    }


def _upstream_call(call: UpstreamCall) -> Json:
    """A call. `status` is null if the upstream was not reached."""
    return {
        "method": call.method,
        "path": call.path,
        "headers": serialize_headers(redact(call.headers)),
        **_body(call.body, b""),
        "time": rfc3339(call.at),
        "timestamp": call.at,
        "status": call.status or None,
        "images": list(call.images),
        "fault": None if call.played is None else call.played.name,
    }


def _verdict(verdict: EntryVerdict) -> Json:
    return {
        "status": verdict.status.value,
        "message": verdict.message,
        "violations": [_violation(violation) for violation in verdict.violations],
        "unspecified": list(verdict.unspecified),
        "upstream": [_difference(difference) for difference in verdict.upstream],
    }


def _violation(violation: Violation) -> Json:
    return {
        "field": violation.subject,
        "pointer": violation.pointer,
        "clause": violation.clause,
        "message": violation.message,
    }


def _difference(difference: Difference) -> Json:
    """A difference. A value that is absent is omitted, since null is a value, too."""
    values: dict[str, Json | Literal[Nothing.ABSENT]] = {"expected": difference.wanted, "actual": difference.seen}
    return {
        "kind": difference.kind,
        "call": difference.call,
        "field": difference.subject,
        "pointer": difference.pointer,
        "actual_pointer": difference.found_at,
        **{name: value for name, value in values.items() if value is not ABSENT},
        "message": difference.says,
    }


def _body(body: Json | Literal[Nothing.ABSENT], content: bytes) -> dict[str, Json]:
    """A body as JSON if it is JSON, else as a string; `is_json` says which."""
    if body is ABSENT:
        return {"body": content.decode("utf-8", "replace"), "is_json": False}
    return {"body": body, "is_json": True}


def serialize_headers(headers: Headers) -> dict[str, Json]:
    """Headers by lower-case name; repeated headers are joined by commas (RFC 9110, 5.3)."""
    by_name: dict[str, Sequence[str]] = {}
    for name, value in headers:
        by_name[name.lower()] = [*by_name.get(name.lower(), ()), value]
    return {name: ", ".join(values) for name, values in by_name.items()}


def rfc3339(timestamp: float) -> str:
    """A Unix time in RFC 3339 format, in UTC with milliseconds."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
