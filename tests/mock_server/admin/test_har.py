"""The export is HAR 1.2 as its specification has it, with every member that it requires."""

from datetime import datetime
from typing import Any

import jsonschema
import pytest

from tests.mock_server.admin.seen import Body, Seen

PAIRS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "value"],
        "properties": {"name": {"type": "string"}, "value": {"type": "string"}, "comment": {"type": "string"}},
        "additionalProperties": False,
    },
}
COOKIES = {"type": "array", "items": {"type": "object", "required": ["name", "value"]}}
SIZE = {"type": "integer", "minimum": -1}
MESSAGE = {
    "httpVersion": {"type": "string"},
    "cookies": COOKIES,
    "headers": PAIRS,
    "headersSize": SIZE,
    "bodySize": SIZE,
}
REQUEST = {
    "type": "object",
    "required": ["method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"],
    "properties": {
        **MESSAGE,
        "method": {"type": "string"},
        "url": {"type": "string", "pattern": "^https?://[^/]+/"},
        "queryString": PAIRS,
        "postData": {
            "type": "object",
            "required": ["mimeType", "params", "text"],
            "properties": {"mimeType": {"type": "string"}, "params": {"type": "array"}, "text": {"type": "string"}},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
RESPONSE = {
    "type": "object",
    "required": [
        "status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize",
        "bodySize",
    ],
    "properties": {
        **MESSAGE,
        "status": {"type": "integer"},
        "statusText": {"type": "string"},
        "content": {
            "type": "object",
            "required": ["size", "mimeType"],
            "properties": {"size": {"type": "integer"}, "mimeType": {"type": "string"}, "text": {"type": "string"}},
            "additionalProperties": False,
        },
        "redirectURL": {"type": "string"},
    },
    "additionalProperties": False,
}  # fmt: skip
MILLISECONDS = {"type": "number", "minimum": 0}
ENTRY = {
    "type": "object",
    "required": ["startedDateTime", "time", "request", "response", "cache", "timings"],
    "properties": {
        "startedDateTime": {"type": "string"},
        "time": MILLISECONDS,
        "request": REQUEST,
        "response": RESPONSE,
        "cache": {"type": "object", "maxProperties": 0},
        "timings": {
            "type": "object",
            "required": ["send", "wait", "receive"],
            "properties": {"send": MILLISECONDS, "wait": MILLISECONDS, "receive": MILLISECONDS},
            "additionalProperties": False,
        },
        "comment": {"type": "string"},
    },
    "patternProperties": {"^_": True},
    "additionalProperties": False,
}
NAMED = {
    "type": "object",
    "required": ["name", "version"],
    "properties": {"name": {"type": "string"}, "version": {"type": "string"}},
}
HAR = {
    "type": "object",
    "required": ["log"],
    "properties": {
        "log": {
            "type": "object",
            "required": ["version", "creator", "entries"],
            "properties": {
                "version": {"const": "1.2"},
                "creator": NAMED,
                "pages": {"type": "array"},
                "entries": {"type": "array", "items": ENTRY},
            },
            "additionalProperties": False,
        }
    },
    "additionalProperties": False,
}


def exported(admin: Seen, query: str = "") -> list[Any]:
    """The entries of the file, once it is HAR."""
    body: dict[str, Any] = admin.get(f"/requests.har?{query}", "Har")
    jsonschema.Draft202012Validator(HAR).validate(body)
    entries: list[Any] = body["log"]["entries"]
    return entries


def test_nothing_is_a_file_without_entries(admin: Seen) -> None:
    assert exported(admin) == []


def test_a_request_is_exported_with_its_answer(admin: Seen, order: Body) -> None:
    answer = admin.ask("powertokens", order)
    (entry,) = exported(admin)
    request, response = entry["request"], entry["response"]
    assert (request["method"], request["url"]) == (
        "POST",
        f"{admin.mock.settings.own}/powertokens/v1/images/generations",
    )
    assert request["postData"] == {
        "mimeType": "application/json",
        "params": [],
        "text": answer.request.content.decode(),
    }
    assert request["bodySize"] == len(answer.request.content)
    assert (response["status"], response["statusText"]) == (200, "OK")
    assert response["content"]["text"] == answer.text
    assert response["content"]["size"] == response["bodySize"] == len(answer.content)
    assert entry["timings"]["wait"] == entry["time"] > 0


def test_the_time_is_told_with_its_zone(admin: Seen, order: Body) -> None:
    admin.ask("powertokens", order)
    (entry,) = exported(admin)
    (kept,) = admin.mock.journal.entries()
    told = datetime.fromisoformat(entry["startedDateTime"])
    assert told.tzinfo is not None
    assert told.timestamp() == pytest.approx(kept.timestamp, abs=0.002)


def test_the_query_is_exported_in_parts(admin: Seen) -> None:
    admin.http.get("/powertokens/nowhere?a=1&b=&a=%E7%81%AF")
    (entry,) = exported(admin)
    assert entry["request"]["queryString"] == [
        {"name": "a", "value": "1"},
        {"name": "b", "value": ""},
        {"name": "a", "value": "灯"},
    ]
    assert "postData" not in entry["request"]


def test_the_size_of_an_answer_is_that_of_its_images_too(admin: Seen, order: Body) -> None:
    answer = admin.ask("powertokens", {**order, "response_format": "b64_json"})
    (entry,) = exported(admin)
    assert entry["response"]["content"]["size"] == len(answer.content)
    assert len(entry["response"]["content"]["text"]) < 2000


def test_the_verdict_stands_where_viewers_show_it(admin: Seen, order: Body) -> None:
    admin.ask("powertokens", {**order, "n": 7})
    (entry,) = exported(admin)
    assert entry["comment"] == "n must be at most 6; got 7."
    assert (entry["_id"], entry["_gateway"], entry["_mode"]) == (1, "powertokens", "strict")


def test_an_answer_that_never_came_has_status_0(admin: Seen, order: Body) -> None:
    with pytest.raises(Exception, match=r"disconnected|reset"):
        admin.ask("powertokens", order, {"x-mock-scenario": "reset"})
    (entry,) = exported(admin)
    assert (entry["response"]["status"], entry["response"]["statusText"]) == (0, "")
    assert entry["response"]["bodySize"] == -1
    answer = admin.get("/requests/1", "Request")
    assert (answer["response"], answer["scenario"]) == (None, "reset")


def test_the_oldest_comes_first_and_filters_hold(admin: Seen, order: Body) -> None:
    for n in (1, 7, 1):
        admin.ask("powertokens", {**order, "n": n})
    assert [entry["_id"] for entry in exported(admin)] == [1, 2, 3]
    assert [entry["_id"] for entry in exported(admin, "status=200&order=newest")] == [3, 1]


def test_it_is_saved_as_a_file(admin: Seen) -> None:
    answer = admin.http.get("/_mock/requests.har")
    assert answer.headers["content-disposition"] == 'attachment; filename="mock.har"'
