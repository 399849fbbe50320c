"""A printed command can be pasted: by its name where the shell finds it, else by its path."""

import sys
from pathlib import Path

import pytest

from contract_tests.report.command_line import NAME, command


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    path = tmp_path / "a venv" / NAME
    path.parent.mkdir()
    path.touch(0o755)
    return path


def test_a_command_on_the_path_is_called_by_its_name(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(installed.parent))
    monkeypatch.setattr(sys, "argv", [str(installed)])
    assert command("show", "RULE") == "check-gateway show RULE"


def test_a_command_beside_the_path_is_called_as_it_was(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "argv", [str(installed)])
    assert command("show", "RULE") == f"'{installed}' show RULE"


def test_another_command_of_that_name_on_the_path_is_not_ours(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(installed)])
    assert command("rules").endswith("/a venv/check-gateway' rules")


def test_python_that_runs_the_package_is_no_command_to_paste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["contract_tests/__main__.py"])
    assert command("rules") == "check-gateway rules"
