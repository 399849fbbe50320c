"""The example projects work as they stand, for whoever has installed this one."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("name", [path.parent.name for path in sorted(EXAMPLES.glob("*/pyproject.toml"))])
def test_an_example_passes_its_own_tests(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "-p", "no:cacheprovider", "-W", "error"],
        cwd=EXAMPLES / name,
        env={"PYTHONPATH": str(EXAMPLES / name), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
