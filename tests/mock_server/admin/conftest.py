"""A mock of the project's contracts with its admin API, and requests that were made to it."""

from collections.abc import Iterator

import pytest

from gateway_contract.contract.definition import Contract
from tests.mock_server.admin.seen import Seen, seen


@pytest.fixture
def admin(powertokens: Contract, powerbuyin: Contract) -> Iterator[Seen]:
    with seen([powertokens, powerbuyin]) as served:
        yield served
