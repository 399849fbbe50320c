"""Three floors, and arrows only downward: contract_tests -> mock_server -> gateway_contract."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.metrics import PACKAGES, Module, cycle, import_graph, imports, modules

ROOT = Path(__file__).parents[1]

# The ground floor says what a contract means: it neither sends, nor waits, nor asks what time it is.
NOT_ON_THE_GROUND = {
    "aiohttp", "anyio", "asyncio", "calendar", "concurrent", "http", "httpcore", "httpx", "multiprocessing",
    "pytest", "requests", "sched", "select", "selectors", "signal", "socket", "socketserver", "ssl",
    "starlette", "subprocess", "threading", "time", "trio", "urllib.request", "uvicorn", "uvloop",
}  # fmt: skip
CLOCKS = {"now", "today", "utcnow"}


def all_imports(module: Module) -> Iterator[str]:
    """Every dotted name that a module imports, for type checkers too."""
    return imports(module, ast.walk(module.tree))


def upward_imports(root: Path) -> list[str]:
    return [
        f"{module.name} imports {name}"
        for module in modules(root)
        for name in all_imports(module)
        if name.split(".")[0] in PACKAGES[PACKAGES.index(module.name.split(".")[0]) + 1 :]
    ]


def starts(name: str) -> set[str]:
    """a.b.c as a, a.b and a.b.c."""
    parts = name.split(".")
    return {".".join(parts[: length + 1]) for length in range(len(parts))}


def clocks(module: Module) -> Iterator[str]:
    nodes = ast.walk(module.tree)
    return (node.attr for node in nodes if isinstance(node, ast.Attribute) and node.attr in CLOCKS)


def worldly(root: Path) -> list[str]:
    """Where the ground floor reaches for the network, the clock, a process or a test runner."""
    ground = [module for module in modules(root) if module.name.split(".")[0] == PACKAGES[0]]
    imported = [
        f"{module.name} imports {name}"
        for module in ground
        for name in all_imports(module)
        if starts(name) & NOT_ON_THE_GROUND
    ]
    asked = [f"{module.name} asks for .{clock}" for module in ground for clock in clocks(module)]
    return imported + asked


def circle(root: Path) -> list[str]:
    """Modules that import one another in a circle; empty where there are none."""
    return cycle(import_graph(modules(root)))


def plant(root: Path, source: dict[str, str]) -> Path:
    for name, text in source.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def test_every_floor_is_looked_at() -> None:
    assert {module.name.split(".")[0] for module in modules(ROOT)} == set(PACKAGES)


def test_arrows_lead_only_downward() -> None:
    assert upward_imports(ROOT) == []


def test_the_ground_floor_knows_no_network_no_clock_and_no_test_runner() -> None:
    assert worldly(ROOT) == []


def test_no_modules_import_one_another_in_a_circle() -> None:
    assert circle(ROOT) == []


@pytest.mark.parametrize(
    ("source", "violation"),
    [
        (
            {"gateway_contract/judge.py": "import mock_server.app"},
            "gateway_contract.judge imports mock_server.app",
        ),
        (
            {"gateway_contract/rules/range.py": "def late():\n    from contract_tests import plan"},
            "gateway_contract.rules.range imports contract_tests.plan",
        ),
        (
            {"mock_server/app.py": "from contract_tests.plan import Case"},
            "mock_server.app imports contract_tests.plan.Case",
        ),
    ],
)
def test_an_arrow_upward_is_found(tmp_path: Path, source: dict[str, str], violation: str) -> None:
    assert upward_imports(plant(tmp_path, source)) == [violation]


@pytest.mark.parametrize(
    ("line", "violation"),
    [
        ("import socket", "imports socket"),
        ("from time import monotonic", "imports time.monotonic"),
        ("from urllib import request", "imports urllib.request"),
        ("from urllib.request import urlopen", "imports urllib.request.urlopen"),
        ("import datetime\nmade = datetime.datetime.now()", "asks for .now"),
    ],
)
def test_the_world_on_the_ground_floor_is_found(tmp_path: Path, line: str, violation: str) -> None:
    root = plant(tmp_path, {"gateway_contract/judge.py": line})
    assert worldly(root) == [f"gateway_contract.judge {violation}"]


def test_what_only_sounds_like_the_world_is_let_be(tmp_path: Path) -> None:
    source = {
        "gateway_contract/judge.py": "from urllib.parse import urlsplit\nfrom gateway_contract import time",
        "gateway_contract/time.py": "from datetime import UTC",
        "mock_server/app.py": "import socket\nfrom gateway_contract import judge",
    }
    assert worldly(plant(tmp_path, source)) == []
    assert upward_imports(tmp_path) == []
    assert circle(tmp_path) == []


def test_a_circle_is_found_by_whichever_way_it_is_written(tmp_path: Path) -> None:
    source = {
        "gateway_contract/__init__.py": "",
        "gateway_contract/judge.py": "from . import verdict",
        "gateway_contract/verdict.py": "from gateway_contract.rules import KINDS",
        "gateway_contract/rules/__init__.py": "from .mapping import KINDS",
        "gateway_contract/rules/mapping.py": "import gateway_contract.judge",
    }
    assert set(circle(plant(tmp_path, source))) == {
        "gateway_contract.judge",
        "gateway_contract.verdict",
        "gateway_contract.rules",
        "gateway_contract.rules.mapping",
    }
