"""A mock gateway and a mock upstream for tests: their URLs, what they received, and how they behave."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import Json
from mock_server.app import mock_app
from mock_server.faults.fault import Fault
from mock_server.gateway.models import base_path
from mock_server.gateway.modes import mode_named
from mock_server.journal.entries import JournalEntry
from mock_server.runtime.mock import Mock, MockSettings, create_mock
from mock_server.scenarios.definition import find_fault
from mock_server.scenarios.switches import Switchboard
from mock_server.scenarios.upstream_scenarios import stub_change
from mock_server.serving.server import listen, serving_on, url_of
from mock_server.serving.session import HEADER, check_session_id
from mock_server.upstream.stub import UpstreamStub


@dataclass(frozen=True, slots=True)
class ImageGateway:
    """One gateway of a running mock, as the requests of one session see it. It accepts any non-empty token.

    Without a session, its requests are all that the mock received.
    """

    mock: Mock
    contract: str
    session: str | None = None

    def in_session(self, session: str) -> "ImageGateway":
        """The gateway for requests with `headers`, which have a journal, scenarios and a mode of their own.

        Raises SessionError for a malformed id.
        """
        return replace(self, session=check_session_id(session))

    @property
    def headers(self) -> dict[str, str]:
        """The headers that requests need to belong to the session."""
        return {} if self.session is None else {HEADER: self.session}

    @property
    def url(self) -> str:
        """URL of the gateway; the operation's path follows it."""
        return f"{self.mock.settings.own}/{self.contract}"

    @property
    def base_url(self) -> str:
        """The base URL for OpenAI clients."""
        return self.url + base_path(self.mock.served[self.contract].gateway.contract)

    @property
    def requests(self) -> tuple[JournalEntry, ...]:
        """The requests received, oldest first."""
        return self.mock.journal.entries(self.session)

    @property
    def upstream_calls(self) -> tuple[UpstreamCall, ...]:
        """The calls that the gateway made to its upstream, oldest first."""
        return tuple(call for entry in self.requests for call in entry.upstream_calls)

    def set_scenario(self, scenario: str, times: int | None = None) -> None:
        """Apply a scenario such as `rate-limit(retry_after=1)` to the next `times` requests, or until `none` ends it.

        Raises ScenarioError for an unknown or malformed scenario.
        """
        self.mock.set_scenario(scenario, self.contract, times, session=self.session)

    def set_mode(self, mode: str) -> None:
        """Set the mode: strict, lenient or off. Raises UnknownModeError."""
        self.mock.controls_of(self.session).mode = mode_named(mode)

    def reset(self) -> None:
        """Return to the state at start, within the session if there is one: empty journal, no scenario, first mode."""
        if self.session is None:
            self.mock.reset()
        else:
            self.mock.reset_session(self.session)


@dataclass(slots=True, eq=False)
class QueuedFaults:
    """The faults with which an upstream answers its next calls, in order."""

    queue: list[Fault] = field(default_factory=list)

    def next(self, _call: Json) -> Fault | None:
        return self.queue.pop(0) if self.queue else None


@dataclass(frozen=True, slots=True)
class ImageUpstream:
    """A mock upstream to point your own gateway at. It accepts any non-empty key."""

    url: str  # with the base path of its document
    stub: UpstreamStub
    faults: QueuedFaults
    board: Switchboard

    @property
    def calls(self) -> tuple[UpstreamCall, ...]:
        """The requests received, oldest first."""
        return tuple(self.stub.calls)

    def set_scenario(self, scenario: str, times: int | None = None) -> None:
        """Apply a scenario such as `task-times(running=20s)` to the next `times` calls, or until `none` ends it.

        Raises ScenarioError for an unknown or malformed scenario.
        """
        if scenario != "none":
            stub_change(scenario, self.stub.protocol)
        self.board.set(scenario, self.stub.upstream.name, times)

    def fail_next(self, fault: str, times: int = 1) -> None:
        """Answer the next `times` calls with a fault such as `rate-limit`. Raises ScenarioError for an unknown one."""
        self.faults.queue += [find_fault(fault, self.stub.protocol)] * times

    def reset(self) -> None:
        self.stub.calls.clear()
        self.stub.tasks.clear()
        self.board.clear()
        self.faults.queue.clear()


LOOPBACK = "127.0.0.1"


@contextmanager
def running_mock(
    contracts: Sequence[Contract], settings_for: Callable[[str], MockSettings] = MockSettings
) -> Iterator[Mock]:
    """Serve a mock of these contracts until the block ends. `settings_for` receives the URL at which it listens.

    Raises what `mock_of` raises.
    """
    with listen(LOOPBACK, 0) as listener:
        mock = create_mock(contracts, settings_for(url_of(LOOPBACK, listener)))
        with serving_on(listener, mock_app(mock)):
            yield mock
