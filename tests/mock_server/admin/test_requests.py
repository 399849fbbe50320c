"""The journal over HTTP: what came in can be listed, filtered, shown and forgotten."""

import socket
from functools import partial

import httpx
import orjson
import pytest

from gateway_contract.contract.definition import Contract
from mock_server.runtime.mock import MockSettings
from tests.mock_server.admin.seen import TOKEN, Body, Seen, seen

pytestmark = pytest.mark.slow


@pytest.fixture
def busy(admin: Seen, order: Body) -> Seen:
    """After five requests: two right ones, a wrong one, one that is no JSON, one that is elsewhere."""
    admin.ask("powertokens", order)
    admin.ask("powertokens", {**order, "n": 7})
    admin.ask("powerbuyin", admin.mock.served["powerbuyin"].gateway.contract.examples[0].body)
    admin.http.post("/powertokens/v1/images/generations?from=a", content=b"{")
    admin.http.get("/powertokens/nowhere")
    return admin


def test_the_newest_comes_first_unless_asked_otherwise(busy: Seen) -> None:
    assert busy.listed() == [5, 4, 3, 2, 1]
    assert busy.listed("order=oldest") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("gateway=powerbuyin", [3]),
        ("gateway=powerbuyin,powertokens", [5, 4, 3, 2, 1]),
        ("status=200", [3, 1]),
        ("status=4xx", [5, 4, 2]),
        ("status=404,200", [5, 3, 1]),
        ("status=none", []),
        ("method=get", [5]),
        ("path=/powertokens/v1/images/generations", [4, 2, 1]),
        ("path=*generations", [4, 3, 2, 1]),
        ("mode=strict", [5, 4, 3, 2, 1]),
        ("mode=lenient,off", []),
        ("scenario=none", [5, 4, 3, 2, 1]),
        ("scenario=slow", []),
        ("verdict=valid", [3, 1]),
        ("verdict=invalid", [2]),
        ("verdict=malformed-json,unmatched", [5, 4]),
        ("contains=LIGHTHOUSE", [3, 2, 1]),
        ("since=3", [5, 4]),
        ("limit=2", [5, 4]),
        ("limit=2&order=oldest", [1, 2]),
        ("limit=0", []),
        ("status=400&verdict=invalid&gateway=powertokens", [2]),
    ],
)
def test_filters_leave_what_passes_all_of_them(busy: Seen, query: str, numbers: list[int]) -> None:
    assert busy.listed(query) == numbers


def test_a_limit_does_not_hide_how_many_there_are(busy: Seen) -> None:
    listed = busy.get("/requests?limit=1&status=4xx", "Requests")
    assert (listed["count"], listed["last"]) == (3, 5)


def test_text_is_found_behind_the_escapes_of_json(admin: Seen, order: Body) -> None:
    content = rb'{"model": "qwen-image-2.0-pro", "prompt": "\u706f\u5854"}'
    admin.http.post("/powertokens/v1/images/generations", content=content)
    assert admin.listed("contains=灯塔") == [1]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("stauts=200", "did you mean 'status'?"),
        ("colour=red", "Filters: gateway, session, status, method, path, mode, scenario, verdict, contains, since"),
        ("status=ok", "a status such as 400, a class such as 4xx, or none; got 'ok'"),
        ("status=600", "got '600'"),
        ("mode=mild", "mode must be one of strict, lenient, off; got 'mild'"),
        ("verdict=fine", "verdict must be one of valid, invalid"),
        ("since=yesterday", "since must be a non-negative integer; got 'yesterday'"),
        ("limit=-1", "limit must be a non-negative integer"),
        ("order=random", "order must be newest or oldest; got 'random'"),
        ("status=200&status=400", "status must not be repeated; separate its values by commas: status=a,b"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_in_words(admin: Seen, query: str, said: str) -> None:
    assert said in admin.problem("GET", f"/requests?{query}", 400)
    assert said in admin.problem("GET", f"/requests.har?{query}", 400)


def test_a_request_is_told_with_all_that_came_of_it(admin: Seen, order: Body) -> None:
    answer = admin.ask("powertokens", order, {"x-mine": "1"})
    told = admin.get("/requests/1", "Request")
    request, answered, upstream = told["request"], told["response"], told["upstream_calls"]
    assert isinstance(request, dict)
    assert isinstance(answered, dict)
    assert isinstance(upstream, list)
    assert (request["method"], request["path"]) == ("POST", "/powertokens/v1/images/generations")
    assert (request["body"], request["is_json"]) == (order, True)
    assert isinstance(request["headers"], dict)
    assert request["headers"]["x-mine"] == "1"
    assert (answered["status"], answered["body"], answered["complete"]) == (200, answer.json(), True)
    assert len(upstream) == 1


def test_a_body_that_is_no_json_is_told_as_text(admin: Seen) -> None:
    admin.http.post("/powertokens/v1/images/generations", content=b"{\xff")
    request = admin.get("/requests/1", "Request")["request"]
    assert isinstance(request, dict)
    assert (request["body"], request["is_json"]) == ("{�", False)


def test_no_token_is_told(admin: Seen, order: Body) -> None:
    admin.ask("powertokens", {**order, "prompt": f"my token is {TOKEN}"})
    for path in ("/requests", "/requests/1", "/requests.har"):
        text = admin.http.get(f"/_mock{path}").text
        assert TOKEN not in text
        assert "sk-the-gateways-own-key" not in text
        assert "[redacted]" in text


def test_images_within_an_answer_are_told_by_digest_and_size(admin: Seen, order: Body) -> None:
    answer = admin.ask("powertokens", {**order, "response_format": "b64_json"})
    image = answer.json()["data"][0]["b64_json"]
    listed = admin.http.get("/_mock/requests").text
    assert image[:200] not in listed
    assert "sha256:" in listed


@pytest.mark.parametrize("number", ["3", "0", "x", "-1", "9" * 30, "²"])
def test_a_number_that_is_not_kept_is_answered_with_those_that_are(admin: Seen, order: Body, number: str) -> None:
    for _ in range(2):
        admin.ask("powertokens", order)
    assert admin.problem("GET", f"/requests/{number}", 404).endswith("is not in the journal; it has 1 to 2.")


def test_an_empty_journal_says_so(admin: Seen) -> None:
    assert admin.problem("GET", "/requests/1", 404) == "Request 1 is not in the journal; it is empty."


def test_the_oldest_are_forgotten(powertokens: Contract, order: Body) -> None:
    with seen([powertokens], lambda own: MockSettings(own, journal_size=2)) as admin:
        for _ in range(5):
            admin.ask("powertokens", order)
        assert admin.listed() == [5, 4]
        assert admin.problem("GET", "/requests/1", 404) == "Request 1 is not in the journal; it has 4 to 5."


def test_clearing_forgets_all_and_numbers_go_on(admin: Seen, order: Body) -> None:
    admin.ask("powertokens", order)
    assert admin.http.delete("/_mock/requests").status_code == 204
    assert admin.listed() == []
    admin.ask("powertokens", order)
    assert admin.listed() == [2]


def test_looking_leaves_no_trace(admin: Seen) -> None:
    for path in ("", "/requests", "/requests.har", "/mode", "/openapi.json"):
        assert admin.http.get(f"/_mock{path}").status_code == 200
    assert admin.listed() == []


def test_requests_with_monstrous_heads_are_forgotten_before_they_fill_the_memory(admin: Seen) -> None:
    journal, port = admin.mock.journal, httpx.URL(admin.mock.settings.own).port
    journal.max_bytes = 2**20
    head = b"".join(b"%x:b\r\n" % index for index in range(8000))
    for _ in range(40):
        with socket.create_connection(("127.0.0.1", port or 0), timeout=30) as connection:
            connection.sendall(b"GET /powertokens HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n%b\r\n" % head)
            answer = b"".join(iter(partial(connection.recv, 65536), b""))
        assert answer.startswith(b"HTTP/1.1 404")
    assert journal.last_id == 40
    assert len(journal.stored) < 40
    assert journal.stored_bytes <= journal.max_bytes


def test_a_token_behind_escapes_is_shown_nowhere(admin: Seen, order: Body) -> None:
    headers = {"authorization": "Bearer token/of+mine", "content-type": "application/json"}
    content = orjson.dumps({**order, "prompt": "it is token/of+mine"}).replace(b"token/", b"token\\/")
    admin.http.post("/powertokens/v1/images/generations?key=token%2Fof%2Bmine", content=content, headers=headers)
    for path in ("/requests", "/requests/1", "/requests.har"):
        shown = admin.http.get(f"/_mock{path}").text
        assert "it is [redacted]" in shown
        assert "of+mine" not in shown
        assert "of%2Bmine" not in shown
