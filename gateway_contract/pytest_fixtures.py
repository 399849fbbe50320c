"""Fixtures for the tests of any project.

pytest loads this module in every project that has it installed, so it imports nothing that pytest has not imported
itself. The floors above are imported when a fixture is used, and only if they are ours: a project may have a folder of
the same name.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from gateway_contract.entry_points import FLOORS, ForeignPackageError, check_packages
from gateway_contract.extras import DISTRIBUTION, Extra, missing_module

if TYPE_CHECKING:
    from gateway_contract.contract.definition import Contract
    from mock_server.testing import ImageGateway, ImageUpstream

FIXTURES = "mock_server.pytest_plugin"
CONTRACT = "image_gateway_contract"
MARKER = "image_gateway"


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
    if missing := missing_module(Extra.MOCK):
        pytest.fail(f"{missing} is not installed: pip install '{DISTRIBUTION}[{Extra.MOCK}]'", pytrace=False)
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
