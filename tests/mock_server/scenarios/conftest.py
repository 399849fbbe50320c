"""A running mock of both contracts, and a client."""

from collections.abc import Iterator

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from mock_server.runtime.mock import Mock
from mock_server.testing import running_mock
from tests.mock_server.served import client


@pytest.fixture(scope="module")
def mock(powertokens: Contract, powerbuyin: Contract) -> Iterator[Mock]:
    with running_mock([powertokens, powerbuyin]) as running:
        yield running


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with client() as opened:
        yield opened
