"""The contracts of the project and one that is made up, and what they are served by."""

from collections.abc import Iterator

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from tests.gateway_contract.invented import write_invented
from tests.mock_server.admin.seen import Body
from tests.mock_server.served import ServedGateway, ServedStub, gateway_served, stub_served
from tests.mock_server.tasks_served import tasks_served


@pytest.fixture(scope="session")
def powertokens() -> Contract:
    return load_contract(contract_path("powertokens"))


@pytest.fixture(scope="session")
def powerbuyin() -> Contract:
    return load_contract(contract_path("powerbuyin"))


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return load_contract(write_invented(tmp_path_factory.mktemp("invented")))


@pytest.fixture
def order(powertokens: Contract) -> Body:
    """The request that the page of the flat contract shows."""
    body = powertokens.examples[0].body
    assert isinstance(body, dict)
    return body


@pytest.fixture(scope="session")
def stub(powertokens: Contract) -> Iterator[ServedStub]:
    with stub_served(powertokens) as served:
        yield served


@pytest.fixture(scope="session")
def quick(powertokens: Contract) -> Iterator[ServedStub]:
    """A stub whose tasks end as soon as they are handed in."""
    with tasks_served(powertokens) as served:
        yield served


@pytest.fixture(scope="session")
def flat(powertokens: Contract) -> Iterator[ServedGateway]:
    """The gateway whose prompt is flat."""
    with gateway_served(powertokens) as served:
        yield served


@pytest.fixture(scope="session")
def nested(powerbuyin: Contract) -> Iterator[ServedGateway]:
    """The gateway whose prompt is nested in messages."""
    with gateway_served(powerbuyin) as served:
        yield served
