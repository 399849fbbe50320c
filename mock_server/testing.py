"""A mock and an upstream as tests have them at hand: where they are, what they saw, and how they are to behave."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import Json
from mock_server.app import mock_app
from mock_server.gateway.modes import mode_named
from mock_server.journal.entries import Entry
from mock_server.runtime.mock import Mock, MockSettings, mock_of
from mock_server.scenarios.registry import fits
from mock_server.scenarios.switches import Switchboard
from mock_server.scenarios.syntax import ScenarioError
from mock_server.scenarios.upstream_scenarios import change_of
from mock_server.serving.server import listen, serving_on, url_of
from mock_server.upstream.dashscope.fault_responses import FAILURE_NAMED, UpstreamFailure
from mock_server.upstream.stub import UpstreamStub

IMAGES_PATH = "/images/generations"
"""What clients of the OpenAI API put behind their base."""


@dataclass(frozen=True, slots=True)
class ImageGateway:
    """One gateway of a mock that runs. Any token that is not empty will do."""

    mock: Mock
    contract: str

    @property
    def url(self) -> str:
        """Of the gateway; its operation's path comes behind it."""
        return f"{self.mock.settings.own}/{self.contract}"

    @property
    def base_url(self) -> str:
        """What clients of the OpenAI API take as their base."""
        return self.url + self.mock.served[self.contract].gateway.contract.operation.path.removesuffix(IMAGES_PATH)

    @property
    def requests(self) -> tuple[Entry, ...]:
        """What arrived, oldest first."""
        return self.mock.journal.entries()

    @property
    def upstream_calls(self) -> tuple[UpstreamCall, ...]:
        """What the gateway asked of its upstream, oldest first."""
        return tuple(call for entry in self.requests for call in entry.upstream)

    def behaves(self, scenario: str, times: int | None = None) -> None:
        """From now on, or for so many requests, it behaves so: `rate-limit(retry_after=1)`; `none` ends that.

        Raises ScenarioError for what there is not.
        """
        contract = self.mock.served[self.contract].gateway.contract
        if scenario != "none":
            fits(scenario, [contract], self.mock.controls.scenarios.named)
        self.mock.controls.switchboard.set(scenario, self.contract, times)

    def minds(self, mode: str) -> None:
        """From now on it is strict, lenient or off. Raises UnknownModeError."""
        self.mock.controls.mode = mode_named(mode)

    def reset(self) -> None:
        """As if it had just been started."""
        self.mock.reset()


@dataclass(slots=True, eq=False)
class FailuresToCome:
    """Failures that an upstream is to play: the next one, and how often."""

    coming: list[UpstreamFailure] = field(default_factory=list)

    def next(self, _call: Json) -> UpstreamFailure | None:
        return self.coming.pop(0) if self.coming else None


@dataclass(frozen=True, slots=True)
class ImageUpstream:
    """An upstream to which a gateway of one's own can be pointed. Any key that is not empty will do."""

    url: str  # with the base path of its document
    stub: UpstreamStub
    failures: FailuresToCome
    board: Switchboard

    @property
    def calls(self) -> tuple[UpstreamCall, ...]:
        """What arrived, oldest first."""
        return tuple(self.stub.calls)

    def behaves(self, scenario: str, times: int | None = None) -> None:
        """From now on, or for so many calls, it behaves so: `task-times(running=20s)`; `none` ends that.

        Raises ScenarioError for what there is not.
        """
        if scenario != "none":
            change_of(scenario)
        self.board.set(scenario, self.stub.upstream.name, times)

    def fails(self, failure: str, times: int = 1) -> None:
        """Its next calls are answered so: `throttled`. Raises ScenarioError for what it cannot play."""
        if failure not in FAILURE_NAMED:
            raise ScenarioError(f"the upstream cannot play {failure!r}, but {', '.join(FAILURE_NAMED)}")
        self.failures.coming += [FAILURE_NAMED[failure]] * times

    def reset(self) -> None:
        self.stub.calls.clear()
        self.stub.tasks.clear()
        self.board.clear()
        self.failures.coming.clear()


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
