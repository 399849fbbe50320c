"""Fixtures for the tests of any project: `image_gateway`, a mock gateway, and `image_upstream`, a mock upstream.

Both listen on free ports for the whole session and are reset before each test. Slow imports happen inside the fixtures,
because pytest loads this plugin in every project that has it installed.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gateway_contract.contract.definition import Contract
    from mock_server.testing import ImageGateway, ImageUpstream

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
    from gateway_contract.contract.load_contract import contract_path, load_contract
    from gateway_contract.document.node import DocumentError

    config = request.config
    try:
        return load_contract(config.rootpath / contract_path(config.getini(CONTRACT)))
    except DocumentError as error:
        pytest.fail(f"{CONTRACT}: {error}", pytrace=False)


@pytest.fixture(scope="session")
def running_image_gateway(image_contract: "Contract") -> "Iterator[ImageGateway]":
    """The gateway that `image_gateway` resets for each test."""
    from mock_server.testing import ImageGateway, running_mock

    with running_mock([image_contract]) as mock:
        yield ImageGateway(mock, image_contract.name)


@pytest.fixture
def image_gateway(running_image_gateway: "ImageGateway", request: pytest.FixtureRequest) -> "ImageGateway":
    """A mock gateway that follows its contract, except under a scenario."""
    running_image_gateway.reset()
    marker = request.node.get_closest_marker(MARKER)
    if marker is not None:
        _apply_marker(running_image_gateway, marker)
    return running_image_gateway


def _apply_marker(gateway: "ImageGateway", marker: pytest.Mark) -> None:
    from mock_server.faults.scenario_kind import ScenarioError
    from mock_server.gateway.modes import UnknownModeError

    def apply(scenario: str | None = None, mode: str | None = None) -> None:
        if scenario is not None:
            gateway.set_scenario(scenario)
        if mode is not None:
            gateway.set_mode(mode)

    try:
        apply(*marker.args, **marker.kwargs)
    except (TypeError, ScenarioError, UnknownModeError) as error:
        pytest.fail(f"marker {MARKER}: {str(error).rpartition('apply() ')[2]}", pytrace=False)


@pytest.fixture(scope="session")
def running_image_upstream(image_contract: "Contract") -> "Iterator[ImageUpstream]":
    """The upstream that `image_upstream` resets for each test."""
    from mock_server.runtime.mock import upstream_of
    from mock_server.scenarios.apply import with_scenarios
    from mock_server.scenarios.switches import Switchboard
    from mock_server.serving.server import serving
    from mock_server.testing import ImageUpstream, QueuedFaults
    from mock_server.upstream.protocols import protocol_of
    from mock_server.upstream.stub import UpstreamStub

    upstream, faults, board = upstream_of(image_contract), QueuedFaults(), Switchboard()
    stub = UpstreamStub(upstream, protocol_of(upstream), fault_of=faults.next)
    with serving(with_scenarios(stub, board, lambda _: False)) as url:
        yield ImageUpstream(url + upstream.base, stub, faults, board)


@pytest.fixture
def image_upstream(running_image_upstream: "ImageUpstream") -> "ImageUpstream":
    """A mock upstream to point your own gateway at: it records the calls it receives, and fails on request."""
    running_image_upstream.reset()
    return running_image_upstream
