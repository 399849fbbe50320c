"""Whoever installs this project gets only what they asked for, and is told what to ask for."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from contract_tests.settings import Settings, SettingsError, checked, fuzz_examples, without_fuzzing
from gateway_contract import extras
from gateway_contract.extras import DISTRIBUTION, MODULES, Extra
from mock_server.cli import main as serve_mock

SYSTEMS = {"platform_system": "Linux", "sys_platform": "linux"}
MOST = {"": 12, "gate": 30, "mock": 32, "gate,fuzz": 42}
COMMAND = """
import sys
from importlib.machinery import PathFinder
from gateway_contract.entry_points import check_gateway

class Installed:
    find_distributions = PathFinder.find_distributions

    def find_spec(name, path=None, target=None):
        return None if name.partition(".")[0] in hidden else PathFinder.find_spec(name, path, target)

hidden = set(sys.argv.pop(1).split(","))
sys.meta_path[sys.meta_path.index(PathFinder)] = Installed
check_gateway()
"""


def installed(wanted: str, python: str = "3.11") -> set[str]:
    """The packages that pip installs for this project with some extras, as the metadata here says it."""
    found: dict[str, set[str]] = {}
    open_ = [Requirement(f"{DISTRIBUTION}[{wanted}]")]
    while open_:
        requirement = open_.pop()
        name = str(canonicalize_name(requirement.name))
        new = {"", *requirement.extras} - found.setdefault(name, set())
        found[name] |= new
        open_ += [one for one in map(Requirement, requires(name) or []) if any(applies(one, e, python) for e in new)]
    return {*found}


def applies(requirement: Requirement, extra: str, python: str) -> bool:
    environment = {**SYSTEMS, "python_version": python, "python_full_version": f"{python}.0", "extra": extra}
    return requirement.marker is None or requirement.marker.evaluate(environment)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize(("wanted", "most"), MOST.items())
def test_an_installation_has_few_packages(wanted: str, most: int, python: str) -> None:
    assert len(installed(wanted, python)) <= most


def test_all_has_everything_but_what_only_our_own_tests_need() -> None:
    assert installed("all") == installed(",".join(Extra))
    assert "mypy" not in installed("all")


@pytest.mark.parametrize("extra", Extra)
def test_the_modules_of_an_extra_are_those_that_it_brings(extra: Extra) -> None:
    asked = [Requirement(line) for line in requires(DISTRIBUTION) or []]
    wanted = {str(extra), "server"} if extra in {Extra.GATE, Extra.MOCK} else {str(extra)}
    names = {str(canonicalize_name(one.name)) for one in asked if is_of(one, wanted)} - {DISTRIBUTION, "uvloop"}
    distributions = packages_distributions()
    assert {str(canonicalize_name(distributions[module][0])) for module in MODULES[extra]} == names


def is_of(requirement: Requirement, wanted: set[str]) -> bool:
    named = requirement.marker is not None and not applies(requirement, "", "3.11")
    return named and any(applies(requirement, extra, "3.11") for extra in wanted)


def modules_beyond(wanted: str) -> Iterator[str]:
    """The modules here that an installation with some extras does not have."""
    kept = installed(wanted)
    for module, names in packages_distributions().items():
        if not {str(canonicalize_name(name)) for name in names} & kept:
            yield module


def said(folder: Path, wanted: str, *arguments: str) -> tuple[int, str]:
    """How the command ends, and what it says, where only some extras are installed."""
    done = subprocess.run(  # noqa: S603 # our own command
        [sys.executable, "-c", COMMAND, ",".join(modules_beyond(wanted)), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("wanted", "asked", "problem"),
    [
        ("", "run", "PIL is not installed. Run: uvx --from 'image-gateway-contract[gate]' check-gateway run"),
        ("mock", "run", "pytest is not installed. Run: uvx --from 'image-gateway-contract[gate]' check-gateway run"),
        ("gate", "mock", "offapi is not installed. Run: uvx --from 'image-gateway-contract[mock]' check-gateway mock"),
    ],
    ids=["nothing", "mock", "gate"],
)
def test_a_missing_extra_ends_with_2_and_says_how_to_get_it(
    tmp_path: Path, wanted: str, asked: str, problem: str
) -> None:
    status, text = said(tmp_path, wanted, asked)
    assert status == 2
    assert problem in text.splitlines()[-1]


def test_the_mock_alone_serves_and_lists_its_defects(tmp_path: Path) -> None:
    status, text = said(tmp_path, "mock", "mock", "--list-defects")
    assert status == 0, text
    assert "seed-dropped-when-falsy" in text


def test_the_gate_alone_begins_a_run(tmp_path: Path) -> None:
    status, text = said(tmp_path, "gate", "run", "--contract", "powerbuyin", "-k", "no-such-rule")
    assert status == 2
    assert "-k matches no rule" in text


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extras fuzz and tls are not installed."""
    hidden = {*MODULES[Extra.FUZZ], *MODULES[Extra.TLS]}
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in hidden else name)


TESTED = Settings(contract="powerbuyin", gateway="http://127.0.0.1:3000", token="sk-1", upstream="127.0.0.1:9900")


@pytest.mark.usefixtures("without")
def test_random_requests_are_left_out_by_default_and_that_is_said() -> None:
    assert fuzz_examples(None, None, TESTED.gateway, TESTED.upstream) == 0
    assert without_fuzzing(TESTED) == (
        "no random requests were sent; image-gateway-contract[gate,fuzz] has what makes them",
    )


def test_with_everything_installed_nothing_is_left_out() -> None:
    assert fuzz_examples(None, None, TESTED.gateway, TESTED.upstream) == 50
    assert without_fuzzing(TESTED) == ()
    assert checked(TESTED) is TESTED


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (Settings(contract="powerbuyin", fuzz=50), r"hypothesis .* 'image-gateway-contract\[gate,fuzz\]'"),
        (Settings(contract="powerbuyin", upstream_tls=True), r"cryptography .* 'image-gateway-contract\[gate,tls\]'"),
    ],
)
def test_what_is_asked_for_and_not_installed_is_an_error(settings: Settings, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        checked(settings)


def test_the_module_that_serves_says_which_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in MODULES[Extra.MOCK] else name)
    done = CliRunner().invoke(serve_mock, ["--port", "0"])
    assert done.exit_code == 1
    assert "Run: uvx --from 'image-gateway-contract[mock]' check-gateway mock" in done.output
