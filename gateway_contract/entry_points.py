"""Where other programs enter: the command `check-gateway`, and fixtures for the tests of any project.

pytest loads this module in every project that has it installed. The floors above are imported only when they are
needed, and only if they are ours: a project may have a folder of the same name.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gateway_contract.contract.definition import Contract
    from mock_server.testing import ImageGateway, ImageUpstream

HOME = Path(__file__).parents[1]
FLOORS = ("gateway_contract", "mock_server", "contract_tests")
COMMAND, FIXTURES = "contract_tests.command.cli", "mock_server.pytest_plugin"
CONTRACT = "image_gateway_contract"
MARKER = "image_gateway"
NOT_TESTED = 2
"""The exit status of the command that could not test anything."""


class ForeignPackageError(ImportError):
    """A package of the name of one of ours would be imported; says from where, and what to do."""


def check_packages(names: tuple[str, ...]) -> None:
    """Raises ForeignPackageError unless the packages of these names stand beside this one."""
    for name in names:
        spec = find_spec(name)
        folders = [] if spec is None else [Path(path) for path in spec.submodule_search_locations or ()]
        foreign = next((folder for folder in folders if folder.resolve() != (HOME / name).resolve()), None)
        if foreign is not None:
            raise ForeignPackageError(
                f'another "{name}" is imported from {_shown(foreign)}. Run this tool apart: uvx or pipx.'
            )


def _shown(folder: Path) -> str:
    """A path, relative to the working directory if it is in there."""
    return f"./{folder.relative_to(Path.cwd())}" if folder.is_relative_to(Path.cwd()) else str(folder)


def check_gateway() -> None:
    """The command `check-gateway`."""
    sys.path.insert(0, str(HOME))
    try:
        check_packages(FLOORS)
    except ForeignPackageError as error:
        sys.stdout.write(f"NOT TESTED  {error}\n")
        sys.exit(NOT_TESTED)
    import_module(COMMAND).start()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        CONTRACT,
        "contract of the image_gateway fixture: a name, or a file relative to the root directory",
        default="powertokens",
    )


def pytest_configure(config: pytest.Config) -> None:
    description = "set the scenario and the mode of the image_gateway fixture for this test"
    config.addinivalue_line("markers", f"{MARKER}(scenario=None, mode=None): {description}")


@pytest.fixture(scope="session")
def image_contract(request: pytest.FixtureRequest) -> "Contract":
    """The contract named in the project's pytest configuration."""
    try:
        check_packages(FLOORS[:2])
    except ForeignPackageError as error:
        pytest.fail(f"NOT TESTED  {error}", pytrace=False)
    contract: Contract = import_module(FIXTURES).configured_contract(request.config)
    return contract


@pytest.fixture(scope="session")
def running_image_gateway(image_contract: "Contract") -> "Iterator[ImageGateway]":
    """The gateway that `image_gateway` resets for each test."""
    with import_module(FIXTURES).running_gateway(image_contract) as gateway:
        yield gateway


@pytest.fixture
def image_gateway(running_image_gateway: "ImageGateway", request: pytest.FixtureRequest) -> "ImageGateway":
    """A mock gateway that follows its contract, except under a scenario."""
    marker = request.node.get_closest_marker(MARKER)
    gateway: ImageGateway = import_module(FIXTURES).reset_gateway(running_image_gateway, marker)
    return gateway


@pytest.fixture(scope="session")
def running_image_upstream(image_contract: "Contract") -> "Iterator[ImageUpstream]":
    """The upstream that `image_upstream` resets for each test."""
    with import_module(FIXTURES).running_upstream(image_contract) as upstream:
        yield upstream


@pytest.fixture
def image_upstream(running_image_upstream: "ImageUpstream") -> "ImageUpstream":
    """A mock upstream to point your own gateway at: it records the calls it receives, and fails on request."""
    running_image_upstream.reset()
    return running_image_upstream
