"""Whoever runs a gateway against the stub can ask what arrived there."""

from gateway_contract.contract import Contract
from gateway_contract.values import Json
from mock_server.call_record import CALLS_PATH
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
