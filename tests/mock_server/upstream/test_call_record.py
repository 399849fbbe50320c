"""Whoever runs a gateway against the stub can ask what arrived there."""

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.upstream.calls import CALLS_PATH
from tests.mock_server.served import stub_served


def test_calls_are_listed_without_their_key_and_forgotten_on_demand(powertokens: Contract) -> None:
    body: Json = {
        "model": "qwen-image-2.0-pro",
        "input": {"messages": [{"role": "user", "content": [{"text": "a lighthouse"}]}]},
        "parameters": {"seed": 0, "watermark": False},
    }
    with stub_served(powertokens) as stub:
        stub.call(body)
        stub.http.post(stub.url + "/elsewhere", content=b"no JSON")
        first, second = stub.http.get(stub.url + CALLS_PATH).json()
        assert (first["method"], first["path"], first["body"], first["status"]) == ("POST", stub.stub.path, body, 200)
        assert ["authorization", "Bearer [redacted]"] in first["headers"]
        assert len(first["images"]) == 1
        assert (second["path"], second["body"], second["status"], second["images"]) == ("/elsewhere", None, 404, [])
        assert stub.http.delete(stub.url + CALLS_PATH).status_code == 204
        assert stub.http.get(stub.url + CALLS_PATH).json() == []


def test_a_key_is_told_nowhere_even_where_it_is_no_usual_one(powertokens: Contract) -> None:
    with stub_served(powertokens) as stub:
        body: Json = {"a": ["key-of-mine-1", {"key-of-mine-1": 1}], "b": "has key-of-mine-1 within", "c": None}
        headers = {"authorization": "Bearer key-of-mine-1", "x-other": "key-of-mine-1"}
        stub.http.post(stub.url + "/elsewhere?key=key-of-mine-1", json=body, headers=headers)
        shown = stub.http.get(stub.url + CALLS_PATH)
        assert "key-of-mine-1" not in shown.text
        (told,) = shown.json()
        assert told["path"] == "/elsewhere?key=[redacted]"
        assert told["body"] == {"a": ["[redacted]", {"[redacted]": 1}], "b": "has [redacted] within", "c": None}


def test_a_word_that_somebody_uses_as_a_key_may_stand_in_a_text(powertokens: Contract) -> None:
    with stub_served(powertokens) as stub:
        stub.http.post(stub.url + "/elsewhere", json={"a": "a red any-colour"}, headers={"authorization": "Bearer any"})
        (told,) = stub.http.get(stub.url + CALLS_PATH).json()
        assert told["body"] == {"a": "a red any-colour"}
