import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.recordings import (
    Recording,
    RecordingError,
    contains,
    read_recordings,
    with_recordings,
)
from mock_server.serving.server import serving
from tests.mock_server.served import ServedGateway, gateway_before, stub_served

EXAMPLES = Path(__file__).parents[3] / "fixtures" / "recorded"
FLAT: dict[str, Json] = {"model": "qwen-image-2.0-pro", "prompt": "a red square"}
GOOD: dict[str, Json] = {
    "request": {"prompt": "a fox"},
    "response": {"status": 429, "body": {"error": {"code": "busy"}}},
}


def answering(answer: dict[str, Json]) -> Json:
    return {**GOOD, "response": answer}


def written(folder: Path, content: str | Json, name: str = "a.json") -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / name).write_text(text, "utf-8")
    return folder


@contextmanager
def served_with(contract: Contract, recorded: tuple[Recording, ...]) -> Iterator[ServedGateway]:
    with stub_served(contract) as behind:
        gateway = with_recordings(gateway_before(behind.url, contract), recorded)
        with serving(gateway_app(gateway)) as url:
            yield ServedGateway(contract, url, behind.url, behind.stub, behind.http)


def test_a_recorded_answer_takes_the_place_of_a_made_one(powertokens: Contract, tmp_path: Path) -> None:
    answer: dict[str, Json] = {"status": 429, "headers": {"retry-after": "7"}, "body": {"error": {"code": "busy"}}}
    recorded = read_recordings(written(tmp_path, {"request": {"prompt": "a fox"}, "response": answer}))
    with served_with(powertokens, recorded) as gateway:
        seen = gateway.post({**FLAT, "prompt": "a fox", "n": 2})
        assert (seen.status_code, seen.json(), seen.headers["retry-after"]) == (429, answer["body"], "7")
        assert gateway.calls == ()
        assert gateway.post(FLAT).status_code == 200
        assert len(gateway.calls) == 1


def test_a_request_that_breaks_the_contract_is_refused_all_the_same(powertokens: Contract, tmp_path: Path) -> None:
    with served_with(powertokens, read_recordings(written(tmp_path, GOOD))) as gateway:
        assert gateway.post({**FLAT, "prompt": "a fox", "n": 0}).status_code == 400


def test_the_examples_answer_as_their_contracts_promise(powertokens: Contract, powerbuyin: Contract) -> None:
    recorded = read_recordings(EXAMPLES)
    assert [(one.contract, one.status) for one in recorded] == [("powertokens", 200), ("powerbuyin", 400)]
    with served_with(powertokens, recorded) as gateway:
        seen = gateway.post({**FLAT, "size": "512*512", "response_format": "b64_json"})
        assert seen.status_code == 200
        assert powertokens.operation.answer.broken(seen.json()) == frozenset()
        assert seen.json()["data"][0]["revised_prompt"].startswith("A plain red square")
        assert abs(seen.json()["created"] - time.time()) < 60
    content: Json = [{"role": "user", "content": [{"text": "a prompt that moderation refuses"}]}]
    with served_with(powerbuyin, recorded) as gateway:
        refused = gateway.post({"model": "qwen-image-2.0-pro", "input": {"messages": content}})
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "DataInspectionFailed")


def test_an_answer_for_one_contract_is_none_for_another(powertokens: Contract, tmp_path: Path) -> None:
    recorded = read_recordings(written(tmp_path, {**GOOD, "contract": "powerbuyin"}))
    with served_with(powertokens, recorded) as gateway:
        assert gateway.post({**FLAT, "prompt": "a fox"}).status_code == 200


def test_of_several_that_fit_the_first_by_name_answers(tmp_path: Path) -> None:
    for number, name in ((503, "b.json"), (429, "a.json")):
        written(tmp_path, {"request": {}, "response": {"status": number, "body": {}}}, name)
    written(tmp_path, "not JSON", "notes.txt")
    assert [one.status for one in read_recordings(tmp_path)] == [429, 503]


def test_an_answer_is_a_success_where_it_does_not_say(tmp_path: Path) -> None:
    (one,) = read_recordings(written(tmp_path, {"description": "a note", "request": {}, "response": {"body": {}}}))
    assert (one.status, one.headers, one.contract) == (200, {}, None)


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({}, True),
        ({"n": 2}, True),
        ({"n": 2.0}, True),
        ({"n": 3}, False),
        ({"n": "2"}, False),
        ({"flag": True}, True),
        ({"flag": 1}, False),
        ({"nothing": None}, True),
        ({"missing": None}, False),
        ({"deep": {"a": 1}}, True),
        ({"deep": {"a": 1, "c": 3}}, False),
        ({"list": [{"x": 1}, 5]}, True),
        ({"list": [{"x": 1}]}, False),
        ({"list": []}, False),
        ({"deep": []}, False),
    ],
    ids=str,
)
def test_a_request_fits_where_it_says_at_least_what_is_wanted(wanted: Json, fits: bool) -> None:  # noqa: FBT001 - a row
    body: Json = {
        "n": 2,
        "flag": True,
        "nothing": None,
        "deep": {"a": 1, "b": 2},
        "list": [{"x": 1, "y": 2}, 5],
    }
    assert contains(body, wanted) is fits


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{\n  "request": {},\n  "response": }', r"a\.json:3: not JSON: Expecting value$"),
        ("", r"a\.json:1: not JSON"),
        ("[" * 100_000, r"a\.json: nested too deeply$"),
        ("[]", r"a\.json: the file: \[\] is not of type"),
        ({"request": {}}, r'a\.json: the file: "response" is a required property$'),
        (answering({}), r'a\.json: /response: "body" is a required property$'),
        (
            answering({"status": 99, "body": {}}),
            r"a\.json: /response/status: 99 is less than the minimum of 200$",
        ),
        (
            answering({"status": "200", "body": {}}),
            r'a\.json: /response/status: "200" is not of type "integer"$',
        ),
        (answering({"headers": {"a": 1}, "body": {}}), r"a\.json: /response/headers/a: 1 is not of type"),
        (answering({"headers": {"a": "b\r\nc"}, "body": {}}), r"a\.json: /response/headers/a: "),
        (answering({"headers": {"a b": ""}, "body": {}}), r"a\.json: /response/headers: "),
        (answering({"headers": {"Content-Length": "3"}, "body": {}}), r"/response/headers/Content-Length: the server"),
        (answering({"headers": {"access-control-max-age": "3"}, "body": {}}), r"access-control-max-age: the server"),
        (answering({"status": 204, "body": {}}), r"a\.json: /response/status: "),
        ({**GOOD, "respond": 1}, r"a\.json: the file: .*respond"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_file_that_is_wrong_is_named_with_its_line_or_field(tmp_path: Path, content: Json, told: str) -> None:
    with pytest.raises(RecordingError, match=told):
        read_recordings(written(tmp_path, content))


def test_a_file_of_other_bytes_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"request": "\xff\xfe"}')
    with pytest.raises(RecordingError, match=r"a\.json: not UTF-8 text$"):
        read_recordings(tmp_path)


def test_a_folder_that_holds_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"it has no \.json file$"):
        read_recordings(tmp_path)
    with pytest.raises(RecordingError, match=r"missing: No such file or directory$"):
        read_recordings(tmp_path / "missing")
