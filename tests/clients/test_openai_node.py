"""npm's SDK in Node.js."""

import json
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

import tests.clients.node
from tests.clients.calls import TEXT, Call, Failing, Told, in_scenario, played
from tests.clients.node import LOCK, Node, answer_in, node_command, openai_package, told_in
from tests.ports import free_port

FAILED = pytest.fail.Exception


def size_of(content: bytes) -> tuple[int, int]:
    return Image.open(BytesIO(content)).size


def test_images_come_as_links(mock: str, contract: str, node: Node) -> None:
    call = Call(contract, fields={"n": 2, "size": "1024*768", "seed": 0, "response_format": "url"})
    data = answer_in(node.asks(call.job(mock)))["data"]
    assert len(data) == 2
    assert {size_of(httpx.get(item["url"], trust_env=False).content) for item in data} == {(1024, 768)}
    assert all(item["revised_prompt"].startswith(TEXT) for item in data)


def test_images_come_as_base64(mock: str, contract: str, node: Node) -> None:
    call = Call(contract, fields={"size": "1024*1024", "response_format": "b64_json"})
    (item,) = answer_in(node.asks(call.job(mock)))["data"]
    assert size_of(b64decode(item["b64_json"], validate=True)) == (1024, 1024)


def test_partial_images_and_the_whole_one_come_as_events(mock: str, contract: str, node: Node) -> None:
    call = in_scenario("stream")(Call(contract, fields={"size": "512*512", "stream": True, "partial_images": 1}))
    partial, completed = answer_in(node.asks(call.job(mock)))["events"]
    assert (partial["type"], completed["type"]) == ("image_generation.partial_image", "image_generation.completed")
    assert {size_of(b64decode(one["b64_json"], validate=True)) for one in (partial, completed)} == {(512, 512)}
    assert completed["usage"]["total_tokens"] > 0


def test_a_failure_is_an_exception_of_its_own_type(mock: str, contract: str, failing: Failing, node: Node) -> None:
    told = told_in(node.asks(failing.spoil(Call(contract)).job(mock)))
    assert failing.error in told.errors
    assert told.facts == failing.facts


def test_nobody_there_is_a_connection_error(contract: str, node: Node) -> None:
    told = told_in(node.asks(Call(contract).job(f"http://127.0.0.1:{free_port()}")))
    assert told == Told(frozenset({"OpenAIError", "APIError", "APIConnectionError"}), None, None, None, None)


def test_an_answer_that_does_not_come_is_a_timeout(mock: str, contract: str, node: Node) -> None:
    told = told_in(node.asks(played("no-response")(Call(contract)).job(mock, seconds=0.2)))
    assert {"APIConnectionError", "APIConnectionTimeoutError"} <= told.errors


def test_the_lock_names_no_registry() -> None:
    packages = json.loads(LOCK.read_text("utf-8"))["packages"]
    assert packages["node_modules/openai"]["integrity"].startswith("sha512-")
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_a_package_that_is_missing_fails_the_test_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tests.clients.node, "HERE", tmp_path)
    with pytest.raises(FAILED, match="npm ci --prefix tests/clients"):
        openai_package()


def test_without_nodejs_the_test_fails_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(FAILED, match="apt-get install nodejs npm"):
        node_command()
