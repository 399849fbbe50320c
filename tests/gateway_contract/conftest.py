"""The contracts of the project, and one that is made up."""

from pathlib import Path

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import load_contract
from tests.gateway_contract.invented import write_invented

OPENAPI = Path(__file__).parents[2] / "openapi"


@pytest.fixture(scope="session")
def powertokens() -> Contract:
    return load_contract(OPENAPI / "powertokens.yaml")


@pytest.fixture(scope="session")
def powerbuyin() -> Contract:
    return load_contract(OPENAPI / "powerbuyin.yaml")


@pytest.fixture
def invented_path(tmp_path: Path) -> Path:
    """The file of the made-up contract, free to be spoilt."""
    return write_invented(tmp_path)


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return load_contract(write_invented(tmp_path_factory.mktemp("invented")))
