"""Of a large answer little is kept once its images were looked at, and what is cut says so."""

import hashlib

import orjson
import pytest

from contract_tests.client.kept_answer import (
    KEPT_OF_IMAGE,
    KEPT_OF_MANY,
    KEPT_OF_TEXT,
    LARGE,
    MANY,
    MANY_IN_FULL,
    KeptAnswers,
)
from gateway_contract.traffic.exchange import Answer
from gateway_contract.values.json_value import ABSENT, Json, read_json
from tests.contract_tests.three_contracts import POWERTOKENS

LONG = "x" * LARGE
DIGEST = hashlib.sha256(LONG.encode()).hexdigest()


def answer(content: bytes) -> Answer:
    return Answer(200, (), content, read_json(content), 0.1, 0.0)


def kept(body: Json, answers: KeptAnswers | None = None) -> Answer:
    found = (answers or KeptAnswers()).keep(POWERTOKENS, answer(orjson.dumps(body)))
    assert read_json(found.content) == found.body
    return found


@pytest.mark.parametrize("content", [b"x" * LARGE, b'{ "data" : "\xc3\xa9" }', orjson.dumps("x" * (LARGE - 2))])
def test_an_answer_of_usual_length_is_kept_as_it_came(content: bytes) -> None:
    assert KeptAnswers().keep(POWERTOKENS, answer(content)) == answer(content)


def test_of_a_large_page_the_beginning_its_length_and_its_digest_are_kept() -> None:
    found = KeptAnswers().keep(POWERTOKENS, answer(b"<p>" * LARGE))
    digest = hashlib.sha256(b"<p>" * LARGE).hexdigest()
    assert found.body is ABSENT
    assert found.content[LARGE:].decode() == f"… ({3 * LARGE} bytes, SHA-256 {digest})"


def test_of_long_texts_in_a_large_answer_the_same_is_kept() -> None:
    beginning = LONG[:KEPT_OF_TEXT]
    told = f"{beginning}… ({LARGE} characters, SHA-256 {DIGEST})"
    assert kept({"error": {"message": LONG, "code": beginning}}).body == {"error": {"message": told, "code": beginning}}
    assert kept({LONG: 1}).body == {told: 1}


def test_texts_that_are_too_long_together_are_cut_further() -> None:
    found = kept({"data": [f"{number:9}{'x' * KEPT_OF_TEXT}" for number in range(MANY // 2)]})
    assert len(found.content) <= LARGE
    assert read_json(found.content) == {"data": [f"{number:9}{'x' * KEPT_OF_MANY}"[:32] for number in range(MANY // 2)]}


def test_beside_long_images_other_texts_are_kept_whole_unless_all_is_large_without_them() -> None:
    found = kept({"data": [{"b64_json": LONG, "revised_prompt": "y" * 2 * KEPT_OF_TEXT}]})
    assert found.body == {"data": [{"b64_json": LONG[:KEPT_OF_IMAGE], "revised_prompt": "y" * 2 * KEPT_OF_TEXT}]}


def test_many_values_are_kept_of_few_answers() -> None:
    answers = KeptAnswers()
    body: Json = {"created": 1, "data": [[number] for number in range(MANY)]}
    for _ in range(MANY_IN_FULL):
        assert kept(body, answers).body == body
    found = kept(body, answers).body
    assert found == {"created": 1, "data": [[number] for number in range(MANY // 2 - 1)]}
