"""The calls that the pages show, pasted where they belong."""

import ast
import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.curl import curl
from gateway_contract.values.json_value import Json
from mock_server.console.request_page import request_of
from mock_server.console.snippets import example_of, indented, python_literal, snippets
from mock_server.journal.entries import JournalEntry
from mock_server.runtime.mock import MockSettings
from tests.contract_tests import stand_in_for_curl
from tests.mock_server.admin.seen import Body, Seen, seen

pytestmark = pytest.mark.slow

TOKEN = "only-this-will-do"


@pytest.fixture(params=["any token", "one token"])
def all_three(
    request: pytest.FixtureRequest, powertokens: Contract, powerbuyin: Contract, invented: Contract
) -> Iterator[Seen]:
    token = TOKEN if request.param == "one token" else None
    with seen([powertokens, powerbuyin, invented], partial(MockSettings, token=token)) as served:
        yield served


def kept(console: Seen, number: int) -> JournalEntry:
    """A request by its number, once it is written down, which happens right after its answer went out."""
    return asyncio.run(console.mock.journal.news(number - 1, 30))[0]


def pasted(command: list[str], folder: Path, text: str | None = None) -> str:
    """What a command says, once it has ended well."""
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "GATEWAY_TOKEN": TOKEN, "NO_PROXY": "*"}
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, env=environment, check=False)  # noqa: S603 - the commands are those of this test
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_bash(text: str, folder: Path) -> str:
    if shutil.which("curl") is None:
        stand_in = folder / "curl"
        stand_in.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in_for_curl.__file__} "$@"\n', "utf-8")
        stand_in.chmod(0o755)
    return pasted(["bash", "-c", text], folder)


def with_python(text: str, folder: Path) -> str:
    return pasted([sys.executable, "-c", text], folder)


def with_node(text: str, folder: Path) -> str:
    node = shutil.which("node")
    assert node is not None, "Node.js is needed. On Debian: apt-get install nodejs"
    return pasted([node, "--input-type=module"], folder, text)


RUN: dict[str, Callable[[str, Path], str]] = {
    "curl": with_bash,
    "Python": with_python,
    "openai": with_python,
    "fetch": with_node,
}


@pytest.mark.parametrize("language", RUN)
@pytest.mark.parametrize("name", ["powertokens", "powerbuyin", "paintbox"])
def test_a_snippet_works_when_it_is_pasted(all_three: Seen, tmp_path: Path, name: str, language: str) -> None:
    contract = all_three.mock.served[name].gateway.contract
    token = all_three.mock.settings.token
    told = {
        one.language: one.text for one in snippets(contract, f"{all_three.mock.settings.own}/{name}", token is not None)
    }
    assert RUN[language](told[language], tmp_path)
    entry = kept(all_three, 1)
    assert (entry.gateway, entry.status) == (name, 200)
    assert entry.body == example_of(contract)
    assert TOKEN not in told[language]


def test_the_page_shows_the_snippets_of_its_own_address(console: Seen, powertokens: Contract) -> None:
    page = console.http.get("/", headers={"host": "mock.localhost:81"}).text
    assert "curl http://mock.localhost:81/powertokens/v1/images/generations" in page


def test_a_body_is_indented_and_means_the_same_in_python() -> None:
    body: Json = {"a": {"b": [1, True, None]}, "c": "é", "d": {}}
    assert indented({"a": [1]}, "  ") == '{\n    "a": [\n      1\n    ]\n  }'
    assert json.loads(indented(body)) == body
    assert ast.literal_eval(python_literal(body, "    ")) == body


@pytest.mark.parametrize(
    "content",
    [
        b'{"prompt": "it\'s a \\"heron\\" & $HOME `x` \\\\ %s !"}',
        '{"prompt": "雨后的小巷"}'.encode(),
        b'{\n\t"n": 1\n}\n',
        b"\x00\xff\x1b[31m%d\\n",
        "\u202e".encode(),
        b"",
        b"@file",
    ],
    ids=["quotes", "Chinese", "lines", "bytes", "a turn of direction", "nothing", "the name of a file"],
)
def test_a_request_comes_again_byte_by_byte(console: Seen, tmp_path: Path, content: bytes) -> None:
    path = "/powertokens/v1/images/generations?x=[1-3]&y=%20'"
    console.http.post(path, content=content, headers={"content-type": "application/json", "x-mock-mode": "off"})
    first = kept(console, 1)
    with_bash(curl(request_of(first, secured=False), console.mock.settings.own, ()) + " -s", tmp_path)
    again = kept(console, 2)
    assert (again.method, again.path, again.content) == (first.method, first.path, first.content)
    assert (again.mode, again.status) == (first.mode, first.status)


def test_a_request_without_a_token_comes_again_without_one(console: Seen, order: Body, tmp_path: Path) -> None:
    console.ask("powertokens", order, {"authorization": ""})
    told = curl(request_of(kept(console, 1), secured=False), console.mock.settings.own, ())
    with_bash(told, tmp_path)
    assert kept(console, 2).status == 401
