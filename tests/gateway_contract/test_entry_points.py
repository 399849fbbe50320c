"""A project may have packages of the same names as ours: its own tests run, and nothing of it is taken for ours."""

import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from gateway_contract import entry_points
from gateway_contract.entry_points import FLOORS, check_packages

NEW_MODULES = """
import sys, pathlib, pytest
before = {*sys.modules}
import gateway_contract.pytest_fixtures
print(*sorted(name for name in {*sys.modules} - before if name.partition(".")[0] in sys.argv[1:]))
"""


def test_our_own_packages_are_ours() -> None:
    check_packages(FLOORS)


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 # our own


def test_pytest_imports_nothing_else_of_ours(tmp_path: Path) -> None:
    done = python(tmp_path, "-c", NEW_MODULES, *FLOORS, "hypothesis", "schemathesis", "starlette", "httpx")
    ours = ("", ".entry_points", ".extras", ".pytest_fixtures")
    assert done.stdout.split() == [f"gateway_contract{name}" for name in ours]


def test_pytest_imports_nothing_that_it_had_not_imported(tmp_path: Path) -> None:
    """So that it costs a project which does not use the fixtures nothing."""
    done = python(tmp_path, "-c", NEW_MODULES, *sys.stdlib_module_names)
    assert done.stdout.split() == []


def test_the_command_imports_what_a_run_needs_only_for_a_run(tmp_path: Path) -> None:
    """So that --help and --version answer at once."""
    heavy = ("asyncio", "httpx", "jsonschema_rs", "pytest", "rich", "starlette", "yaml")
    command = NEW_MODULES.replace("import gateway_contract.pytest_fixtures", "import contract_tests.command.cli")
    done = python(tmp_path, "-c", command.replace(", pytest", ""), *heavy)
    assert (done.stdout.split(), done.stderr) == ([], "")


@pytest.mark.slow
def test_a_project_with_a_mock_server_of_its_own_runs_its_tests(tmp_path: Path) -> None:
    (tmp_path / "mock_server").mkdir()
    (tmp_path / "mock_server" / "__init__.py").write_text("OWN = 1\n", "utf-8")
    (tmp_path / "test_own.py").write_text(
        "import mock_server\n\n"
        "def test_own():\n    assert mock_server.OWN\n\n"
        "def test_ours(image_gateway):\n    assert image_gateway\n",
        "utf-8",
    )
    done = python(tmp_path, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis")
    assert "1 passed, 1 error" in done.stdout
    problem = 'another "mock_server" is imported from ./mock_server. Run this tool apart: uvx or pipx.'
    assert f"NOT TESTED  {problem}" in done.stdout


def test_ctrl_c_while_modules_are_imported_ends_the_command_with_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(entry_points, "import_module", interrupt)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SystemExit) as ended:
        entry_points.check_gateway()
    assert ended.value.code == 130


def test_the_command_names_the_folder_of_another_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def find_in_working_folder(name: str) -> ModuleSpec:
        found = ModuleSpec(name, None, is_package=True)
        found.submodule_search_locations = [str(tmp_path / name)]
        return found

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(entry_points, "find_spec", find_in_working_folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SystemExit) as ended:
        entry_points.check_gateway()
    assert ended.value.code == 2
    problem = 'another "gateway_contract" is imported from ./gateway_contract. Run this tool apart: uvx or pipx.'
    assert capsys.readouterr().out == f"NOT TESTED  {problem}\n"
    assert sys.path[0] == str(entry_points.HOME)
