"""A mock in the tests of any project: on a free port of this machine, with all that it saw and can do at hand."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from gateway_contract.contract import Contract
from mock_server.mock import Mock, MockSettings, mock_of
from mock_server.mock_app import mock_app
from mock_server.serving.server import listen, serving_on, url_of

HERE = "127.0.0.1"


@contextmanager
def running_mock(
    contracts: Sequence[Contract], settings_for: Callable[[str], MockSettings] = MockSettings
) -> Iterator[Mock]:
    """A mock of some contracts until the block ends. `settings_for` gets the URL at which it listens.

    Raises what `mock_of` raises.
    """
    with listen(HERE, 0) as listener:
        mock = mock_of(contracts, settings_for(url_of(HERE, listener)))
        with serving_on(listener, mock_app(mock)):
            yield mock
