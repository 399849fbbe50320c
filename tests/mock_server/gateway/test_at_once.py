"""What a gateway answers at once is what its application answers, to the last header, and is journaled alike."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

from gateway_contract.contract import Contract
from gateway_contract.values import Json
from mock_server.gateway.modes import Mode
from mock_server.gateway.recorded_answers import RecordedAnswer
from mock_server.journal.entries import Entry
from mock_server.mock import MockSettings
from tests.mock_server.admin.seen import Seen, seen
from tests.mock_server.hostile_clients import PATIENCE, statuses, whatever_comes

PATH = "/powertokens/v1/images/generations"
BY_A_PROXY = {"x-forwarded-proto": "http"}  # which leaves the request to the application
VALID: dict[str, Json] = {"model": "qwen-image-2.0-pro", "prompt": "a lighthouse at dusk", "seed": 7}
RECORDED = RecordedAnswer(
    "powertokens", {"prompt": "recorded"}, 202, {"words": "as recorded"}, {"Content-Type": "text/x", "x-own": "é"}
)


@pytest.fixture(scope="module")
def mock(powertokens: Contract) -> Iterator[Seen]:
    def settings_for(own: str) -> MockSettings:
        return MockSettings(own, token="sk-the-only-one", recorded=(RECORDED,))

    with seen([powertokens], settings_for) as mock:
        mock.http.headers["authorization"] = "Bearer sk-the-only-one"
        yield mock


def both(mock: Seen, **request: Any) -> list[httpx.Response]:  # noqa: ANN401 - as httpx takes it
    """The answers to one request: the one at once, and the application's."""
    headers = request.pop("headers", {})
    return [mock.http.post(PATH, headers={**headers, **more}, **request) for more in ({}, BY_A_PROXY)]


def without_chance(answer: httpx.Response) -> Any:  # noqa: ANN401 - any JSON
    """An answer's JSON without what is another each time."""
    body = answer.json()
    for item in body.get("data", []):
        item.pop("url", None)
    body.pop("created", None)
    return body


def entries(mock: Seen, before: int) -> list[Entry]:
    """The two entries after a number, that of the answer at once first; an application's may come a little later."""
    until = time.monotonic() + PATIENCE
    while len(found := mock.mock.journal.since(before)) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    return sorted(found, key=lambda entry: len(entry.headers))


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        ({"json": VALID}, {200}),
        ({"json": {**VALID, "response_format": "b64_json", "n": 2}}, {200}),
        ({"json": {**VALID, "n": 7}}, {200, 400}),
        ({"json": {**VALID, "prompt": "recorded"}}, {202}),
        ({"content": b"no json"}, {400}),
        ({"content": b""}, {400}),
        ({"json": VALID, "headers": {"authorization": "Bearer sk-another-one"}}, {401}),
    ],
    ids=str,
)
def test_whoever_answers_says_the_same(mock: Seen, request_: dict[str, Any], statuses: set[int], mode: Mode) -> None:
    mock.mock.controls.mode, before = mode, mock.mock.journal.last
    one, other = both(mock, **request_)
    assert one.status_code == other.status_code
    assert one.status_code in statuses
    assert without_chance(one) == without_chance(other)
    told = [{**answer.headers, "date": "", "content-length": ""} for answer in (one, other)]
    assert told[0] == told[1]
    first, second = entries(mock, before)
    other_each_time: dict[str, Any] = dict.fromkeys(("number", "at", "seconds", "answer_content", "upstream"))
    other_each_time |= {"headers": (), "answer_headers": ()}
    assert replace(first, **other_each_time) == replace(second, **other_each_time)
    assert [call.body for call in first.upstream] == [call.body for call in second.upstream]
    assert "sk-the-only-one" not in str(first)


def test_a_token_behind_the_body_lets_nobody_in(mock: Seen) -> None:
    """In a trailer, which is no header."""
    parts = urlsplit(mock.mock.settings.own)
    content = orjson.dumps(VALID)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {parts.netloc}\r\nTransfer-Encoding: chunked\r\nConnection: %s\r\n\r\n".encode()
    )
    body = b"%x\r\n%b\r\n0\r\nAuthorization: Bearer sk-the-only-one\r\n\r\n" % (len(content), content)
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as connection:
        connection.sendall(head % b"keep-alive" + body + head % b"close" + body)
        assert statuses(whatever_comes(connection)) == [401, 401]


def test_what_goes_wrong_at_once_is_journaled_as_a_request_without_an_answer(
    mock: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is where an application fails; the client is told no more than that."""

    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("mock_server.gateway.at_once.handle", fails)
    before = mock.mock.journal.last
    answer = mock.http.post(PATH, json=VALID)
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    (entry,) = mock.mock.journal.since(before)
    assert (entry.gateway, entry.status, entry.whole) == ("powertokens", None, False)
