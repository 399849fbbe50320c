"""An edited contract is served at once; a broken edit is told, and what was good is served on."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import load_contract
from gateway_contract.values.json_value import Json
from mock_server.reload import files, reload, reloading
from mock_server.runtime.mock import Mock, MockSettings, create_mock
from mock_server.testing import running_mock
from tests.gateway_contract.invented import write_invented
from tests.mock_server.served import client

ORDER: Json = {"engine": "quick", "wish": {"words": "a kite"}}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return write_invented(tmp_path)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def ordered(http: httpx.Client, mock: Mock, path: str = "/draw") -> int:
    return http.post(f"{mock.settings.own}/paintbox{path}", json=ORDER).status_code


def test_an_edited_contract_is_served(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_mock([load_contract(written)]) as mock, client() as http:
        edit(written, "/draw:", "/paint:")
        reload(mock, lambda: [load_contract(written)])
        assert [ordered(http, mock, path) for path in ("/draw", "/paint")] == [404, 200]
    assert capsys.readouterr().err == "Reloaded: paintbox\n"


def test_a_broken_edit_is_told_and_the_last_good_one_served(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_mock([load_contract(written)]) as mock, client() as http:
        edit(written, "openapi: 3.1", "openapi: [3.1")
        reload(mock, lambda: [load_contract(written)])
        assert ordered(http, mock) == 200
        told = capsys.readouterr().err
        assert told.startswith(f"Reload failed; old version still served: {written}:")
        assert mock.reload_error is not None
        edit(written, "openapi: [3.1", "openapi: 3.1")
        reload(mock, lambda: [load_contract(written)])
        assert mock.reload_error is None


def test_what_the_mock_remembers_outlives_an_edit(written: Path) -> None:
    with running_mock([load_contract(written)]) as mock, client() as http:
        answer = http.post(f"{mock.settings.own}/paintbox/draw", json=ORDER).json()
        reload(mock, lambda: [load_contract(written)])
        assert http.get(answer["album"]["pages"][0]["address"]).status_code == 200
        (entry,) = mock.journal.entries()
        assert entry.body == ORDER
        assert len(mock.stubs["engine"].calls) == 1


def test_every_file_that_a_contract_is_made_of_is_watched(powertokens: Contract) -> None:
    mock = create_mock([powertokens], MockSettings("http://127.0.0.1:1"))
    assert {file.name for file in files(mock)} == {"powertokens.yaml", "expected.yaml", "dashscope.yaml"}


def test_a_file_that_is_saved_is_read_by_itself(written: Path) -> None:
    mock = create_mock([load_contract(written)], MockSettings("http://127.0.0.1:1"))

    async def run() -> None:
        async with reloading(mock, lambda: [load_contract(written)]):
            await asyncio.sleep(0)  # the first step of the watcher sets it up
            edit(written, "/draw:", "/paint:")
            await until(lambda: mock.served["paintbox"].gateway.contract.operation.path == "/paint")

    asyncio.run(run())


async def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < give_up, "nothing happened in time"
        await asyncio.sleep(0.02)
