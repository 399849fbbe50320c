"""Node.js and the packages that package-lock.json pins."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from tests.clients.calls import Told

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
NO_NODE = "Node.js is needed, and there is no node on the path. On Debian: apt-get install nodejs npm"
NOT_INSTALLED = "The packages that package-lock.json pins are not installed. Do: npm ci --prefix tests/clients"


@dataclass(frozen=True, slots=True)
class Node:
    """Node.js as it waits for jobs, each a call with the SDK."""

    jobs: IO[str]
    outcomes: IO[str]

    def asks(self, job: dict[str, Any]) -> dict[str, Any]:
        """What came of one call with the SDK."""
        print(json.dumps(job), file=self.jobs, flush=True)
        outcome: dict[str, Any] = json.loads(self.outcomes.readline())
        return outcome


def answer_in(outcome: dict[str, Any]) -> dict[str, Any]:
    """What a call gave that succeeded, as ask.mjs tells of it."""
    assert "answer" in outcome, outcome
    answer: dict[str, Any] = outcome["answer"]
    return answer


def told_in(outcome: dict[str, Any]) -> Told:
    """What a call threw that failed, as ask.mjs tells of it."""
    assert "told" in outcome, outcome
    return Told(**{**outcome["told"], "errors": frozenset(outcome["told"]["errors"])})


@contextmanager
def running_node() -> Iterator[Node]:
    openai_package()
    with subprocess.Popen(  # noqa: S603 - our own script
        [node_command(), "jobs.mjs"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Node(process.stdin, process.stdout)
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def node_command() -> str:
    return shutil.which("node") or pytest.fail(NO_NODE, pytrace=False)


def openai_package() -> Path:
    """The folder of the SDK."""
    return npm_package("openai")


def npm_package(name: str) -> Path:
    """The folder of a package, of the version that is pinned. Where it is not there, what needs it fails."""
    installed = HERE / "node_modules" / ".package-lock.json"
    if not installed.exists() or pinned(installed) != pinned(LOCK):
        pytest.fail(NOT_INSTALLED, pytrace=False)
    return HERE / "node_modules" / name


def pinned(lock: Path) -> dict[str, str]:
    """The packages of a lock with their versions."""
    entries = json.loads(lock.read_text("utf-8"))["packages"]
    return {name: entry["version"] for name, entry in entries.items() if name}
