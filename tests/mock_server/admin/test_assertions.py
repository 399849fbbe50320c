"""Tests of any project can ask whether the right calls came in, and learn why not."""

import pytest

from gateway_contract.values.json_value import Json
from tests.mock_server.admin.seen import Body, Seen, keeping_to


@pytest.fixture
def busy(admin: Seen, order: Body) -> Seen:
    """After calls with seed 1, seed 2, no seed, and one that is refused."""
    for change in ({"seed": 1}, {"seed": 2}, {}, {"n": 7}):
        admin.ask("powertokens", {**order, **change}, {"x-team": "a"})
    return admin


SEEDED: Json = {"required": ["seed"]}


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"body": SEEDED}, [1, 2]),
        ({"body": SEEDED, "count": 2}, [1, 2]),
        ({"body": SEEDED, "at_least": 2}, [1, 2]),
        ({"body": SEEDED, "at_most": 2}, [1, 2]),
        ({"body": SEEDED, "at_least": 1, "at_most": 3}, [1, 2]),
        ({"body": {"properties": {"seed": {"const": 9}}, "required": ["seed"]}, "count": 0}, []),
        ({"matches": {"properties": {"status": {"const": 400}}}}, [4]),
        ({"matches": {"properties": {"method": {"const": "GET"}}}, "at_most": 0}, []),
        ({"matches": {"properties": {"headers": {"properties": {"x-team": {"const": "a"}}}}}}, [1, 2, 3, 4]),
        ({"matches": {"properties": {"path": {"pattern": "generations$"}}}, "body": SEEDED}, [1, 2]),
        ({"filters": {"status": 400}}, [4]),
        ({"filters": {"status": "4xx", "since": 1}}, [4]),
        ({"filters": {"verdict": "valid"}, "body": SEEDED, "count": 2}, [1, 2]),
        ({"filters": {"gateway": "powerbuyin"}, "count": 0}, []),
    ],
)
def test_an_assertion_that_holds_is_answered_with_the_calls(busy: Seen, said: Json, numbers: list[int]) -> None:
    answer = busy.http.post("/_mock/assert", json=said)
    assert answer.status_code == 200, answer.text
    outcome = keeping_to("Outcome", answer)
    assert (outcome["holds"], outcome["numbers"], outcome["count"]) == (True, numbers, len(numbers))


def refuted(seen: Seen, said: Json) -> Body:
    answer = seen.http.post("/_mock/assert", json=said)
    assert answer.status_code == 409, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    keeping_to("Problem", answer)
    outcome = keeping_to("Outcome", answer)
    assert outcome["holds"] is False
    return outcome


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"body": SEEDED, "count": 1}, "exactly 1 wanted; 2 of 4 calls match."),
        ({"body": SEEDED, "at_least": 3}, "at least 3 wanted; 2 of 4 calls match."),
        ({"body": SEEDED, "at_most": 1}, "at most 1 wanted; 2 of 4 calls match."),
        ({"body": SEEDED, "at_least": 3, "at_most": 4}, "3 to 4 wanted; 2 of 4 calls match."),
        ({"filters": {"gateway": "powerbuyin"}}, "at least 1 wanted; no call passed the filters."),
        ({"count": 0}, "exactly 0 wanted; 4 of 4 calls match."),
    ],
)
def test_an_assertion_that_does_not_hold_says_so(busy: Seen, said: Json, words: str) -> None:
    outcome = refuted(busy, said)
    assert outcome["says"] == outcome["detail"] == words


def test_the_nearest_misses_come_with_why_they_miss(busy: Seen) -> None:
    wanted: Json = {"properties": {"seed": {"const": 2}, "n": {"maximum": 6}}, "required": ["seed"]}
    outcome = refuted(busy, {"body": wanted, "count": 4})
    assert outcome["nearest"] == [
        {"number": 3, "why": ['at /body: "seed" is a required property']},
        {"number": 1, "why": ["at /body/seed: 2 was expected"]},
        {
            "number": 4,
            "why": ['at /body: "seed" is a required property', "at /body/n: 7 is greater than the maximum of 6"],
        },
    ]


def test_where_too_many_match_there_are_no_misses_to_tell(busy: Seen) -> None:
    outcome = refuted(busy, {"body": SEEDED, "at_most": 1})
    assert (outcome["numbers"], outcome["nearest"]) == ([1, 2], [])


def test_a_body_that_is_no_json_misses(admin: Seen) -> None:
    admin.http.post("/powertokens/v1/images/generations", content=b"{")
    assert refuted(admin, {"body": True})["nearest"] == [{"number": 1, "why": ['"body" is a required property']}]


def test_long_values_do_not_flood_the_answer(admin: Seen, order: Body) -> None:
    admin.ask("powertokens", {**order, "prompt": "x" * 100_000})
    outcome = refuted(admin, {"body": {"properties": {"prompt": {"maxLength": 5}}}})
    assert len(str(outcome)) < 2000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "The body is no JSON"),
        (b"[]", "The body is no object"),
        (b'{"boddy": {}}', "'boddy' was unexpected"),
        (b'{"body": {}, "count": "one"}', "at /count:"),
        (b'{"body": {}, "count": -1}', "at /count: -1 is less than the minimum of 0"),
        (b'{"body": {}, "count": 1, "at_least": 1}', "at /at_least"),
        (b'{"body": {}, "at_least": 3, "at_most": 1}', "No count is at least 3 and at most 1."),
        (b'{"body": {"type": "strin"}}', "This is no JSON Schema"),
        (b'{"body": {"pattern": "("}}', "This is no JSON Schema"),
        (b'{"body": {"$ref": "http://127.0.0.1:9/x"}}', "This is no JSON Schema"),
        (b'{"body": {"$ref": "file:///etc/hostname"}}', "This is no JSON Schema"),
        (b'{"filters": {"stauts": 200}}', "did you mean 'status'?"),
        (b'{"filters": {"status": "ok"}}', "not 'ok'"),
        (b'{"filters": {"limit": 1}}', "There is no filter 'limit'"),
        (b'{"body": {"not": ' * 200 + b"{}" + b"}" * 201, "The body is no JSON"),
    ],
)
def test_an_assertion_that_cannot_be_understood_is_refused_in_words(admin: Seen, content: bytes, said: str) -> None:
    assert said in admin.problem("POST", "/assert", 400, content=content)


def test_an_assertion_that_is_too_long_is_refused(admin: Seen) -> None:
    assert "bytes are read" in admin.problem("POST", "/assert", 413, content=b" " * (5 * 2**20))
