"""Journal entries as a HAR 1.2 file, for the developer tools of browsers."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from importlib.metadata import version
from urllib.parse import parse_qsl, urlsplit

import orjson

from gateway_contract.traffic.exchange import Headers, header
from gateway_contract.values.json_value import Json
from mock_server.admin.filters import Judge
from mock_server.journal.entries import JournalEntry
from mock_server.journal.serialize import rfc3339

CREATOR = "image-gateway-contract"
UNKNOWN = -1  # a size that is not known
HTTP_1_1 = "HTTP/1.1"


def har(entries: Iterable[JournalEntry], judge: Judge, own: str) -> Iterator[bytes]:
    """The HAR file in pieces. `own` is the mock's URL, used for requests without a Host header."""
    creator = orjson.dumps({"name": CREATOR, "version": version(CREATOR)})
    yield b'{"log":{"version":"1.2","creator":%b,"pages":[],"entries":[' % creator
    for index, entry in enumerate(entries):
        yield (b"," if index else b"") + orjson.dumps(_entry(entry, judge, own))
    yield b"]}}"


def _entry(entry: JournalEntry, judge: Judge, own: str) -> Json:
    """One request. Its comment, which viewers show, is the verdict; custom names begin with _, as HAR requires."""
    milliseconds = entry.duration_seconds * 1000
    return {
        "startedDateTime": rfc3339(entry.timestamp),
        "time": milliseconds,
        "request": _request(entry, own),
        "response": _response(entry),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": judge(entry).message,
        "_id": entry.id,
        "_gateway": entry.gateway,
        "_session": entry.session,
        "_client_gone": entry.client_gone,
        "_mode": entry.mode,
        "_scenario": entry.scenario,
    }


def _request(entry: JournalEntry, own: str) -> Json:
    url = _url(entry, own)
    request: dict[str, Json] = {
        "method": entry.method,
        "url": url,
        "httpVersion": HTTP_1_1,
        "cookies": [],
        "headers": _pairs(entry.headers),
        "queryString": _pairs(tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))),
        "headersSize": UNKNOWN,
        "bodySize": len(entry.content),
    }
    if entry.content:
        text = entry.content.decode("utf-8", "replace")
        request["postData"] = {"mimeType": _media_type(entry.headers), "params": [], "text": text}
    return request


def _response(entry: JournalEntry) -> Json:
    """The response; status 0 if there was none, as browsers write it."""
    size = _length(entry)
    return {
        "status": entry.status or 0,
        "statusText": _phrase(entry.status),
        "httpVersion": HTTP_1_1,
        "cookies": [],
        "headers": _pairs(entry.response_headers),
        "content": {
            "size": size,
            "mimeType": _media_type(entry.response_headers),
            "text": entry.response_content.decode("utf-8", "replace"),
        },
        "redirectURL": header(entry.response_headers, "location") or "",
        "headersSize": UNKNOWN,
        "bodySize": size if entry.complete else UNKNOWN,
    }


def _url(entry: JournalEntry, own: str) -> str:
    host = header(entry.headers, "host")
    return f"{urlsplit(own).scheme}://{host}{entry.path}" if host else own + entry.path


def _length(entry: JournalEntry) -> int:
    """Size in bytes of the response as sent, images included."""
    length = header(entry.response_headers, "content-length") or ""
    return int(length) if length.isdecimal() else len(entry.response_content)


def _phrase(status: int | None) -> str:
    return HTTPStatus(status).phrase if status in {known.value for known in HTTPStatus} else ""


def _media_type(headers: Headers) -> str:
    return header(headers, "content-type") or "application/octet-stream"


def _pairs(pairs: Headers) -> Json:
    return [{"name": name, "value": value} for name, value in pairs]
