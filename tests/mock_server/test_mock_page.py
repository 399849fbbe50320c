"""docs/mock.md and the code say the same: scenarios, the journal API, options, and commands that work when pasted."""

import re
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
    """Method, path and body of each curl command on the page."""
    return [(method or "GET", path, body) for method, path, body in CURL.findall(PAGE)]


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
