"""A mock of the project's contracts with its admin API, and requests that were made to it."""

from collections.abc import Iterator

import pytest

from gateway_contract.contract import Contract
from tests.mock_server.admin.seen import Body, Seen, seen


@pytest.fixture
def admin(powertokens: Contract, powerbuyin: Contract) -> Iterator[Seen]:
    with seen([powertokens, powerbuyin]) as served:
        yield served


@pytest.fixture
def order(powertokens: Contract) -> Body:
    """The request that the page of the flat contract shows."""
    body = powertokens.examples[0].body
    assert isinstance(body, dict)
    return body
