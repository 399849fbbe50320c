"""The gateways of this folder: what people write who know a framework and have read a vendor's page once."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.check_gateway import TOKEN
from tests.end_to_end.processes import listening
from tests.ports import free_port

HERE = Path(__file__).parent
NODE = HERE / "node"
INSTALLED = NODE / "node_modules" / ".package-lock.json"
NOT_INSTALLED = "The packages of the gateways are not installed. Do: npm ci --prefix tests/end_to_end/gateways/node"
UPSTREAM_SECONDS = 3
"""How long the gateways wait for their upstream; those that set no limit wait forever."""


@dataclass(frozen=True, slots=True)
class Framework:
    """How gateways of a framework are started in `folder`. The command has the places {module} and {port}."""

    folder: Path
    command: tuple[str, ...]


FRAMEWORKS = {
    "fastapi": Framework(HERE / "fastapi", (sys.executable, "-m", "uvicorn", "{module}:app", "--port", "{port}")),
    "flask": Framework(HERE / "flask", (sys.executable, "-m", "flask", "--app", "{module}", "run", "--port", "{port}")),
    "express": Framework(NODE / "express", ("node", "{module}.js")),
    # The development server: it starts in a fifth of the time that a build takes, and downloads nothing.
    "next": Framework(
        NODE / "next", ("node", "../node_modules/next/dist/bin/next", "dev", "-H", "127.0.0.1", "-p", "{port}")
    ),
}


@dataclass(frozen=True, slots=True)
class ExpectedFailures:
    """What is wrong with a gateway by its source, as ids of rules without the contract's name.

    A run finds `faults`. It may find `missed`, which today's requests do not show, and `falsely_blamed`, which are no
    faults.
    """

    faults: frozenset[str]
    missed: frozenset[str]
    falsely_blamed: frozenset[str]


def expected_failures(framework: str, contract: str) -> ExpectedFailures:
    path = FRAMEWORKS[framework].folder / "expected_failures.yaml"
    listed = yaml.safe_load(path.read_text("utf-8"))[contract]
    return ExpectedFailures(**{name: frozenset(rules) for name, rules in listed.items()})


@contextmanager
def started(framework: str, contract: str, upstream: str, log: Path) -> Iterator[str]:
    """The URL of a gateway for a contract while it runs and calls its upstream at `upstream`, a host and port."""
    found = FRAMEWORKS[framework]
    if NODE in found.folder.parents and not INSTALLED.exists():
        pytest.fail(NOT_INSTALLED, pytrace=False)
    port = free_port()
    program, *arguments = (part.format(module=contract, port=port) for part in found.command)
    environment = {
        "UPSTREAM_BASE": f"http://{upstream}/api/v1",
        "UPSTREAM_TIMEOUT": str(UPSTREAM_SECONDS),
        "DASHSCOPE_API_KEY": "sk-key-of-the-gateway-9876543210",
        "GATEWAY_API_KEY": TOKEN,
        "PORT": str(port),
        "NEXT_TELEMETRY_DISABLED": "1",
    }
    command = [shutil.which(program) or program, *arguments]
    with listening(command, port, log, folder=found.folder, environment=environment):
        yield f"http://127.0.0.1:{port}"
