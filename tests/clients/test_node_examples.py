"""The examples for Node.js work as they stand, against one mock."""

import os
import subprocess
from pathlib import Path

import pytest

from gateway_contract.contract.load_contract import contract_path, load_contract
from mock_server.testing import running_mock
from tests.browser import executable
from tests.clients.node import node_command

pytestmark = pytest.mark.clients

EXAMPLES = Path(__file__).parents[2] / "examples"
INSTALLED = EXAMPLES / "node_modules" / ".package-lock.json"
PLAYWRIGHT = EXAMPLES / "node_modules" / "@playwright" / "test" / "cli.js"
NOT_INSTALLED = "The packages that package-lock.json pins are not installed. Do: npm ci --prefix examples"


def run_example(name: str, *arguments: str) -> str:
    """What an example's tests print. Fails with it unless they pass."""
    if not INSTALLED.exists():
        pytest.fail(NOT_INSTALLED, pytrace=False)
    with running_mock([load_contract(contract_path("powertokens"))]) as mock:
        done = subprocess.run(  # noqa: S603 # our own example
            [node_command(), *arguments],
            cwd=EXAMPLES / name,
            env={"PATH": os.environ["PATH"], "MOCK_URL": mock.settings.own, "CHROMIUM": executable()},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["openai-node", "vercel-ai-sdk"])
def test_an_example_with_an_sdk_passes_its_own_tests(name: str) -> None:
    assert "# fail 0" in run_example(name, "--test")


def test_the_workers_of_playwright_share_one_mock(tmp_path: Path) -> None:
    assert "3 passed" in run_example("playwright", str(PLAYWRIGHT), "test", f"--output={tmp_path}")
