"""Fixtures for the tests of any project: `image_gateway`, a gateway by its contract, and `image_upstream` behind one.

Both run on free ports of this machine for the whole session, and are as new for each test. What takes time to import is
imported by the fixtures, since pytest loads this for every project in whose environment it is installed.
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
        "contract of the image_gateway fixture, by name, or by file from the root of the project on",
        default="powertokens",
    )


def pytest_configure(config: pytest.Config) -> None:
    says = "how the gateway of the image_gateway fixture behaves in this test"
    config.addinivalue_line("markers", f"{MARKER}(scenario=None, mode=None): {says}")


@pytest.fixture(scope="session")
def image_contract(request: pytest.FixtureRequest) -> "Contract":
    """The contract that the project's pytest configuration names."""
    from gateway_contract.contract.load_contract import contract_path, load_contract
    from gateway_contract.document.node import DocumentError

    config = request.config
    try:
        return load_contract(config.rootpath / contract_path(config.getini(CONTRACT)))
    except DocumentError as error:
        pytest.fail(f"{CONTRACT}: {error}", pytrace=False)


@pytest.fixture(scope="session")
def running_image_gateway(image_contract: "Contract") -> "Iterator[ImageGateway]":
    """What `image_gateway` gives to each test as if it were new."""
    from mock_server.testing import ImageGateway, running_mock

    with running_mock([image_contract]) as mock:
        yield ImageGateway(mock, image_contract.name)


@pytest.fixture
def image_gateway(running_image_gateway: "ImageGateway", request: pytest.FixtureRequest) -> "ImageGateway":
    """A gateway that keeps its contract, and misbehaves when asked to."""
    running_image_gateway.reset()
    marker = request.node.get_closest_marker(MARKER)
    if marker is not None:
        _behaves_as_marked(running_image_gateway, marker)
    return running_image_gateway


def _behaves_as_marked(gateway: "ImageGateway", marker: pytest.Mark) -> None:
    from mock_server.gateway.modes import UnknownModeError
    from mock_server.scenarios.syntax import ScenarioError

    def behave(scenario: str | None = None, mode: str | None = None) -> None:
        if scenario is not None:
            gateway.behaves(scenario)
        if mode is not None:
            gateway.minds(mode)

    try:
        behave(*marker.args, **marker.kwargs)
    except (TypeError, ScenarioError, UnknownModeError) as error:
        pytest.fail(f"marker {MARKER}: {str(error).rpartition('behave() ')[2]}", pytrace=False)


@pytest.fixture(scope="session")
def running_image_upstream(image_contract: "Contract") -> "Iterator[ImageUpstream]":
    """What `image_upstream` gives to each test as if it were new."""
    from mock_server.runtime.mock import upstream_of
    from mock_server.scenarios.apply import under_scenarios
    from mock_server.scenarios.switches import Switchboard
    from mock_server.serving.server import serving
    from mock_server.testing import FailuresToCome, ImageUpstream
    from mock_server.upstream.stub import UpstreamStub

    upstream, failures, board = upstream_of(image_contract), FailuresToCome(), Switchboard()
    stub = UpstreamStub(upstream, failure_of=failures.next)
    with serving(under_scenarios(stub, board, lambda _: False)) as url:
        yield ImageUpstream(url + upstream.base, stub, failures, board)


@pytest.fixture
def image_upstream(running_image_upstream: "ImageUpstream") -> "ImageUpstream":
    """An upstream to point a gateway of one's own at: it records what arrives, and fails when asked to."""
    running_image_upstream.reset()
    return running_image_upstream
