"""docs/mock.md and the code say the same: scenarios, the journal API, options, and commands that work when pasted."""

import getopt
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from mock_server.admin.api import document
from mock_server.cli import main
from mock_server.gateway.modes import Mode
from mock_server.scenarios.registry import KINDS, check_known
from mock_server.scenarios.upstream_scenarios import upstream_scenarios
from mock_server.testing import running_mock
from tests.mock_server.served import DASHSCOPE

PAGE = (Path(__file__).parents[2] / "docs" / "mock.md").read_text("utf-8")
METHODS = {"get", "put", "post", "delete"}


def table(name: str) -> list[tuple[str, str]]:
    """The rows of the table below a comment with that name, code marks and escapes taken away."""
    block = PAGE.partition(f"<!-- {name} -->\n")[2].partition("\n\n")[0]
    rows = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in block.splitlines()[2:]]
    return [(first.strip("`").replace("\\|", "|"), says) for first, says in rows]


def test_the_page_names_every_scenario_and_no_other() -> None:
    assert table("scenarios") == [(kind.example, kind.description) for kind in KINDS.values()]


@pytest.mark.parametrize("example", [example for example, _ in table("scenarios")])
def test_every_scenario_on_the_page_is_one(example: str, powertokens: Contract) -> None:
    check_known(example, [powertokens], {})


def test_the_page_names_all_that_the_upstream_can_do() -> None:
    assert table("upstream scenarios") == [
        (kind.example, kind.description) for kind in upstream_scenarios(DASHSCOPE).values()
    ]
    told = PAGE.partition("which may stand alone: ")[2].partition(".\n")[0]
    assert re.findall("`(.+?)`", told) == list(map(str, DASHSCOPE.faults))


def operations() -> Iterator[tuple[str, str]]:
    for path, item in document()["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]["summary"]


SESSION = "/_mock/sessions/{session}"


def test_the_page_names_every_operation_of_the_journal_api() -> None:
    assert sorted(table("journal")) == sorted(one for one in operations() if SESSION not in one[0])


def test_the_page_names_what_each_session_has() -> None:
    named = PAGE.partition("<!-- of a session -->\n")[2].partition(".\n")[0]
    found = {one.partition(SESSION)[2] for one, _ in operations() if SESSION in one}
    assert {f"/{name}" for name in re.findall("`([a-z.]+)`", named)} == found - {"/requests/{id}"}


def test_the_page_names_every_option() -> None:
    options = [(option.opts[0], option.to_info_dict()["help"]) for option in main.params]
    assert table("options") == options


def test_the_page_names_every_mode() -> None:
    for mode in Mode:
        assert f"\n| `{mode.value}` |" in PAGE


CURL = re.compile(r"curl (?:-X (\w+) )?http://127\.0\.0\.1:8080(/\S+?)(?: -d '([^']+)')?[`\s]")


def commands() -> list[tuple[str, str, str]]:
    """Method, path and body of each curl command behind the recipes."""
    reference = PAGE.partition("## Call a gateway\n")[2]
    return [(method or "GET", path, body) for method, path, body in CURL.findall(reference)]


def test_commands_are_found() -> None:
    assert [path for _, path, _ in commands()] == [
        "/_mock/scenario",
        "/_mock/assert",
        "/_mock/sessions/worker-3/scenario",
        "/dashscope/_mock/calls",
        "/_mock/scenario",
    ]


def test_every_command_on_the_page_is_understood(powertokens: Contract) -> None:
    with running_mock([powertokens]) as mock, httpx.Client(base_url=mock.settings.own, trust_env=False) as http:
        answers = [http.request(method, path, content=body) for method, path, body in commands()]
    assert {answer.status_code for answer in answers} <= {200, 409}, [answer.text for answer in answers]


RECIPES = re.findall(r"^### (.*?)\n(.*?)(?=^##)", PAGE.partition("## Recipes\n")[2], re.MULTILINE | re.DOTALL)[:10]


def recipe_commands(text: str) -> list[str]:
    """The commands in the blocks of a recipe."""
    return [line for block in re.findall(r"```\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def statuses(http: httpx.Client, lines: list[str]) -> list[tuple[int, int]]:
    """The status of each curl command, and the one that the page says."""
    found = []
    for line in lines:
        options, (*_, url) = getopt.gnu_getopt(shlex.split(line, comments=True)[1:], "NX:H:d:")
        given = dict(options)
        headers = [
            (name, value.strip()) for flag, text in options if flag == "-H" for name, value in [text.split(":", 1)]
        ]
        method = given.get("-X", "POST" if "-d" in given else "GET")
        path = url.removeprefix("http://127.0.0.1:8080")
        told = re.search(r"  # (\d+)$", line)
        answer = http.request(method, path, content=given.get("-d"), headers=headers)
        found.append((answer.status_code, int(told[1]) if told else 200))
    return found


def test_the_page_begins_with_ten_recipes() -> None:
    assert len(RECIPES) == 10
    assert RECIPES[-1][0].startswith("Record")
    assert PAGE.index("## Recipes") < PAGE.index("## Call a gateway")


@pytest.mark.parametrize(("title", "text"), RECIPES, ids=[title for title, _ in RECIPES])
def test_every_recipe_works(
    title: str, text: str, powertokens: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("recorded").mkdir()
    lines = recipe_commands(text)
    for line in lines:
        command = line.removeprefix(".venv/bin/python -m mock_server ")
        if command != line:
            main.make_context("mock", shlex.split(command))
    curls = [line.replace("pause=500ms", "pause=0s") for line in lines if line.startswith("curl")]
    with running_mock([powertokens]) as mock, httpx.Client(base_url=mock.settings.own, trust_env=False) as http:
        answered = statuses(http, curls)
        assert [status for status, _ in answered] == [told for _, told in answered]
        if title == "Point an app at the mock":
            assert http.get("/v1/models", headers={"authorization": "Bearer any-token"}).status_code == 200
        if title.startswith("Let the next two"):
            assert [mock_asked(http) for _ in range(3)] == [500, 500, 200]
        if title.startswith("Let a retry"):
            assert [mock_asked(http) for _ in range(4)] == [429, 500, 200, 200]


def mock_asked(http: httpx.Client) -> int:
    body = {"model": "qwen-image-2.0-pro", "prompt": "a lighthouse"}
    headers = {"authorization": "Bearer any"}
    return http.post("/powertokens/v1/images/generations", json=body, headers=headers).status_code
