"""What is installed from a wheel works without the project's folder beside it; an sdist has all of the project."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.test_repository import ROOT, files

BUILD_SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the content of the project's wheel."""
    made, folder = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("installed")
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    subprocess.run(  # noqa: S603 - our own project
        [sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", str(made), str(ROOT)], check=True
    )
    (wheel,) = made.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder)  # noqa: S202 - a zip file, our own
    return folder


def said(installed: Path, *command: str) -> str:
    """What a command says that finds the project in that folder alone."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-P", *command],
        check=True,
        capture_output=True,
        text=True,
        cwd=installed,
        env={"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"},
        timeout=60,
    )
    return done.stdout


def test_contracts_come_along(installed: Path) -> None:
    listed = said(installed, "-m", "contract_tests", "rules", "--contract", "powerbuyin")
    assert "powerbuyin/seed/preserves-0" in listed
    assert said(installed, "-c", "from gateway_contract.document.bundled import FOLDER; print(FOLDER)").strip() == str(
        installed / "gateway_contract" / "openapi"
    )


def test_defects_come_along(installed: Path) -> None:
    assert "seed-dropped-when-falsy" in said(installed, "-m", "mock_server", "--list-defects")


def test_every_module_of_the_project_is_in_it(installed: Path) -> None:
    for floor in ("gateway_contract", "mock_server", "contract_tests"):
        wanted = {path.relative_to(ROOT) for path in (ROOT / floor).rglob("*") if is_shipped(path)}
        assert wanted <= {path.relative_to(installed) for path in installed.rglob("*")}


def is_shipped(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"


def test_a_source_distribution_has_every_file_of_the_project(tmp_path: Path) -> None:
    """Its tests are those that are run here."""
    command = [sys.executable, "-c", BUILD_SDIST, str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)  # noqa: S603 - our own project
    (made,) = tmp_path.iterdir()
    with tarfile.open(made) as archive:
        shipped = {name.partition("/")[2] for name in archive.getnames()}
    assert {str(path.relative_to(ROOT)) for path in files()} <= shipped
    assert not [name for name in shipped if {"node_modules", "test-results", "__pycache__"} & {*Path(name).parts}]
