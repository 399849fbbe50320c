"""Whoever runs a gateway against the stub can ask what arrived there."""

from base64 import b64encode

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.runtime.mock import MockSettings
from mock_server.upstream.calls import CALLS_PATH
from mock_server.upstream.client import DEFAULT_KEY
from tests.mock_server.admin.seen import TOKEN, seen
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


@pytest.mark.parametrize("is_proxy", [False, True])
def test_a_clients_token_is_shown_in_no_form_however_the_call_came(powertokens: Contract, *, is_proxy: bool) -> None:
    """Within the process, and over HTTP, where a call does not say whose request it is for."""
    encoded = b64encode(TOKEN.encode()).decode()
    forms = TOKEN, encoded, encoded.rstrip("="), b64encode(f"user:{TOKEN}".encode()).decode(), TOKEN.encode().hex()
    with (
        stub_served(powertokens) as real,
        seen([powertokens], lambda own: MockSettings(own, proxy_upstream=real.url if is_proxy else None)) as mock,
    ):
        asked: dict[str, Json] = {"model": "qwen-image-2.0-pro", "prompt": f"with {' and '.join(forms)}"}
        assert mock.ask("powertokens", asked).status_code == 200
        (shown,) = mock.http.get(f"/dashscope{CALLS_PATH}").json()
    assert [form for form in (*forms[:3], forms[-1], DEFAULT_KEY) if form in str(shown)] == []
    assert shown["body"]["input"]["messages"][0]["content"][0]["text"].count("[redacted]") == len(forms)
