"""What the fixtures of `gateway_contract.pytest_fixtures` give to the tests of any project."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.document.node import DocumentError
from gateway_contract.pytest_fixtures import CONTRACT, MARKER
from mock_server.faults.scenario_kind import ScenarioError
from mock_server.gateway.modes import UnknownModeError
from mock_server.runtime.names import upstream_of
from mock_server.scenarios.apply import with_scenarios
from mock_server.scenarios.switches import Switchboard
from mock_server.serving.server import serving
from mock_server.testing import ImageGateway, ImageUpstream, QueuedFaults, running_mock
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import UpstreamStub


def configured_contract(config: pytest.Config) -> Contract:
    """The contract named in the project's pytest configuration."""
    try:
        return load_contract(config.rootpath / contract_path(config.getini(CONTRACT)))
    except DocumentError as error:
        pytest.fail(f"{CONTRACT}: {error}", pytrace=False)


@contextmanager
def running_gateway(contract: Contract) -> Iterator[ImageGateway]:
    with running_mock([contract]) as mock:
        yield ImageGateway(mock, contract.name)


def reset_gateway(gateway: ImageGateway, marker: pytest.Mark | None) -> ImageGateway:
    """The gateway as a test's marker wants it."""
    gateway.reset()
    if marker is not None:
        _apply_marker(gateway, marker)
    return gateway


def _apply_marker(gateway: ImageGateway, marker: pytest.Mark) -> None:
    def apply(scenario: str | None = None, mode: str | None = None) -> None:
        if scenario is not None:
            gateway.set_scenario(scenario)
        if mode is not None:
            gateway.set_mode(mode)

    try:
        apply(*marker.args, **marker.kwargs)
    except (TypeError, ScenarioError, UnknownModeError) as error:
        pytest.fail(f"marker {MARKER}: {str(error).rpartition('apply() ')[2]}", pytrace=False)


@contextmanager
def running_upstream(contract: Contract) -> Iterator[ImageUpstream]:
    upstream, faults, board = upstream_of(contract), QueuedFaults(), Switchboard()
    stub = UpstreamStub(upstream, protocol_of(upstream), fault_of=faults.next)
    with serving(with_scenarios(stub, lambda _: board, lambda _: False)) as url:
        yield ImageUpstream(url + upstream.base, stub, faults, board)
