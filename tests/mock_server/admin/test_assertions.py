"""Tests of any project can ask whether the right calls came in, and learn why not."""

import pytest

from gateway_contract.values.json_value import Json
from tests.mock_server.admin.seen import Body, Seen, keeping_to

pytestmark = pytest.mark.slow


@pytest.fixture
def busy(admin: Seen, order: Body) -> Seen:
    """After calls with seed 1, seed 2, no seed, and one that is refused."""
    for change in ({"seed": 1}, {"seed": 2}, {}, {"n": 7}):
        admin.ask("powertokens", {**order, **change}, {"x-team": "a"})
    return admin


SEEDED: Json = {"required": ["seed"]}


@pytest.mark.parametrize(
    ("said", "ids"),
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
def test_an_assertion_that_holds_is_answered_with_the_calls(busy: Seen, said: Json, ids: list[int]) -> None:
    answer = busy.http.post("/_mock/assert", json=said)
    assert answer.status_code == 200, answer.text
    result = keeping_to("AssertionResult", answer)
    assert (result["passed"], result["ids"], result["count"]) == (True, ids, len(ids))


def refuted(seen: Seen, said: Json) -> Body:
    answer = seen.http.post("/_mock/assert", json=said)
    assert answer.status_code == 409, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    keeping_to("Problem", answer)
    result = keeping_to("AssertionResult", answer)
    assert result["passed"] is False
    return result


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"body": SEEDED, "count": 1}, "exactly 1 expected; 2 of 4 requests match."),
        ({"body": SEEDED, "at_least": 3}, "at least 3 expected; 2 of 4 requests match."),
        ({"body": SEEDED, "at_most": 1}, "at most 1 expected; 2 of 4 requests match."),
        ({"body": SEEDED, "at_least": 3, "at_most": 4}, "3 to 4 expected; 2 of 4 requests match."),
        ({"filters": {"gateway": "powerbuyin"}}, "at least 1 expected; no request passed the filters."),
        ({"count": 0}, "exactly 0 expected; 4 of 4 requests match."),
    ],
)
def test_an_assertion_that_does_not_hold_says_so(busy: Seen, said: Json, words: str) -> None:
    result = refuted(busy, said)
    assert result["message"] == result["detail"] == words


def test_the_nearest_misses_come_with_why_they_miss(busy: Seen) -> None:
    wanted: Json = {"properties": {"seed": {"const": 2}, "n": {"maximum": 6}}, "required": ["seed"]}
    result = refuted(busy, {"body": wanted, "count": 4})
    assert result["closest"] == [
        {"id": 3, "errors": ['at /body: "seed" is a required property']},
        {"id": 1, "errors": ["at /body/seed: 2 was expected"]},
        {
            "id": 4,
            "errors": ['at /body: "seed" is a required property', "at /body/n: 7 is greater than the maximum of 6"],
        },
    ]


def test_where_too_many_match_there_are_no_misses_to_tell(busy: Seen) -> None:
    result = refuted(busy, {"body": SEEDED, "at_most": 1})
    assert (result["ids"], result["closest"]) == ([1, 2], [])


def test_a_body_that_is_no_json_misses(admin: Seen) -> None:
    admin.http.post("/powertokens/v1/images/generations", content=b"{")
    assert refuted(admin, {"body": True})["closest"] == [{"id": 1, "errors": ['"body" is a required property']}]


def test_long_values_do_not_flood_the_answer(admin: Seen, order: Body) -> None:
    admin.ask("powertokens", {**order, "prompt": "x" * 100_000})
    result = refuted(admin, {"body": {"properties": {"prompt": {"maxLength": 5}}}})
    assert len(str(result)) < 2000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "The body is not JSON"),
        (b"[]", "The body is not an object"),
        (b'{"boddy": {}}', "'boddy' was unexpected"),
        (b'{"body": {}, "count": "one"}', "at /count:"),
        (b'{"body": {}, "count": -1}', "at /count: -1 is less than the minimum of 0"),
        (b'{"body": {}, "count": 1, "at_least": 1}', "at /at_least"),
        (b'{"body": {}, "at_least": 3, "at_most": 1}', "at_least must not exceed at_most; got 3 and 1."),
        (b'{"body": {"type": "strin"}}', "This is not a valid JSON Schema"),
        (b'{"body": {"pattern": "("}}', "This is not a valid JSON Schema"),
        (b'{"body": {"$ref": "http://127.0.0.1:9/x"}}', "This is not a valid JSON Schema"),
        (b'{"body": {"$ref": "file:///etc/hostname"}}', "This is not a valid JSON Schema"),
        (b'{"body": {"$ref": "#"}}', "$ref must not lead to itself; # does"),
        (b'{"body": {"$anchor": "a"}}', "$anchor is not supported; use $ref"),
        (b'{"body": {"items": {"$id": "urn:a"}}}', "only the whole schema may have an $id"),
        (b'{"filters": {"stauts": 200}}', "did you mean 'status'?"),
        (b'{"filters": {"status": "ok"}}', "got 'ok'"),
        (b'{"filters": {"limit": 1}}', "Unknown filter 'limit'"),
        (b'{"body": {"not": ' * 200 + b"{}" + b"}" * 201, "The body is not JSON"),
    ],
)
def test_an_assertion_that_cannot_be_understood_is_refused_in_words(admin: Seen, content: bytes, said: str) -> None:
    assert said in admin.problem("POST", "/assert", 400, content=content)


def test_an_assertion_that_is_too_long_is_refused(admin: Seen) -> None:
    assert "The body must have at most" in admin.problem("POST", "/assert", 413, content=b" " * (5 * 2**20))


def doubling(times: int) -> Json:
    """A schema of a few bytes that a validator checks 2 to the power of `times` times."""
    defs: dict[str, Json] = {f"a{step}": {"allOf": [{"$ref": f"#/$defs/a{step + 1}"}] * 2} for step in range(times)}
    return {"$defs": {**defs, f"a{times}": {"required": ["seed"]}}, "$ref": "#/$defs/a0"}


@pytest.mark.parametrize("part", ["matches", "body"])
def test_references_that_double_the_work_again_and_again_are_refused(admin: Seen, order: Body, part: str) -> None:
    admin.ask("powertokens", order)
    said = admin.problem("POST", "/assert", 400, json={part: doubling(40)})
    assert "with its references resolved, it must have at most 10000 parts" in said
    assert admin.listed() == [1]


def test_references_into_the_schema_itself_are_resolved(busy: Seen) -> None:
    answer = busy.http.post("/_mock/assert", json={"body": doubling(3), "matches": doubling(0), "count": 0})
    assert answer.status_code == 200, answer.text
    assert busy.http.post("/_mock/assert", json={"body": doubling(3)}).json()["ids"] == [1, 2]


@pytest.mark.parametrize("keyword", ["pattern", "patternProperties"])
def test_more_expressions_than_can_be_tried_in_bounded_time_are_refused(admin: Seen, keyword: str) -> None:
    expressions = [rf"(a*)*\1{number}" for number in range(200)]
    schemas: list[Json] = [{keyword: one if keyword == "pattern" else {one: False}} for one in expressions]
    said = admin.problem("POST", "/assert", 400, json={"body": {"anyOf": schemas}})
    assert "at most 10000 parts (a pattern counts as 100)" in said


def test_an_expression_too_large_to_compile_is_refused(admin: Seen) -> None:
    body: Json = {"pattern": "(a{1,1000}){1,1000}"}
    assert "This is not a valid JSON Schema" in admin.problem("POST", "/assert", 400, json={"body": body})


def test_an_expression_may_look_ahead(busy: Seen) -> None:
    body: Json = {"properties": {"prompt": {"pattern": "^(?!.*no such word)(?=.*[a-z]).+$"}}}
    assert busy.http.post("/_mock/assert", json={"body": body}).status_code == 200


def test_an_expression_that_never_ends_is_an_error_of_the_request_at_most(busy: Seen) -> None:
    endless: Json = {"properties": {"prompt": {"pattern": "^(?=(a|a)*$)(.|.)*(?<!b)c$"}}}
    assert busy.http.post("/_mock/assert", json={"body": endless}).status_code == 409
