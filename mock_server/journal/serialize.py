"""A journaled request as JSON, for programs and for the console."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from gateway_contract.contract.differences import Difference
from gateway_contract.traffic.exchange import Headers, UpstreamCall
from gateway_contract.traffic.redaction import redact
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from mock_server.journal.entries import Entry
from mock_server.journal.verdict import EntryVerdict


def told(entry: Entry, verdict: EntryVerdict) -> dict[str, Json]:
    """All of an entry. Where a request was cut off before its answer began, `answer` is null."""
    return {
        "number": entry.number,
        "gateway": entry.gateway,
        "at": iso(entry.at),
        "unix_time": entry.at,
        "seconds": entry.seconds,
        "mode": entry.mode,
        "scenario": entry.scenario,
        "request": request_told(entry),
        "answer": answer_told(entry),
        "upstream": [call_told(call) for call in entry.upstream],
        "verdict": verdict_told(verdict),
    }


def request_told(entry: Entry) -> Json:
    return {
        "method": entry.method,
        "path": entry.path,
        "headers": headers_told(entry.headers),
        **body_told(entry.body, entry.content),
    }


def answer_told(entry: Entry) -> Json:
    if entry.status is None:
        return None
    return {
        "status": entry.status,
        "headers": headers_told(entry.answer_headers),
        **body_told(entry.answer, entry.answer_content),
        "whole": entry.whole,
    }


def call_told(call: UpstreamCall) -> Json:
    """A call; `status` is null where the upstream was not reached."""
    return {
        "method": call.method,
        "path": call.path,
        "headers": headers_told(redact(call.headers)),
        **body_told(call.body, b""),
        "at": iso(call.at),
        "unix_time": call.at,
        "status": call.status or None,
        "images": list(call.images),
        "played": None if call.played is None else call.played.name,
    }


def verdict_told(verdict: EntryVerdict) -> Json:
    return {
        "kind": verdict.kind.value,
        "says": verdict.says,
        "broken": [
            {"field": breach.subject, "pointer": breach.pointer, "clause": breach.clause, "says": breach.message}
            for breach in verdict.broken
        ],
        "open": list(verdict.open),
        "upstream": [difference_told(difference) for difference in verdict.upstream],
    }


def difference_told(difference: Difference) -> Json:
    """A difference; what there is not is left out, since null is a value, too."""
    seen: dict[str, Json | Literal[Nothing.ABSENT]] = {"wanted": difference.wanted, "seen": difference.seen}
    return {
        "what": difference.what,
        "call": difference.call,
        "field": difference.subject,
        "pointer": difference.pointer,
        "found_at": difference.found_at,
        **{name: value for name, value in seen.items() if value is not ABSENT},
        "says": difference.says,
    }


def body_told(body: Json | Literal[Nothing.ABSENT], content: bytes) -> dict[str, Json]:
    """A body as JSON where it is, else as text: `is_json` tells the two apart."""
    if body is ABSENT:
        return {"body": content.decode("utf-8", "replace"), "is_json": False}
    return {"body": body, "is_json": True}


def headers_told(headers: Headers) -> dict[str, Json]:
    """By their names in small letters; what comes several times is one value (RFC 9110, 5.3)."""
    named: dict[str, Sequence[str]] = {}
    for name, value in headers:
        named[name.lower()] = [*named.get(name.lower(), ()), value]
    return {name: ", ".join(several) for name, several in named.items()}


def iso(at: float) -> str:
    """A Unix time as RFC 3339 has it, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
