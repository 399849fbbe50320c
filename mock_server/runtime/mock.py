"""A mock as it runs: what it serves at the moment, and what it remembers."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from starlette.types import ASGIApp

from gateway_contract.contract.definition import Contract, Upstream
from gateway_contract.values.json_value import Json
from mock_server.defects.catalogue import defects_named
from mock_server.gateway.modes import Mode
from mock_server.gateway.recordings import Recording, with_recordings
from mock_server.gateway.stages import Gateway
from mock_server.gateway.write_recordings import Recorder, with_recorder
from mock_server.images.links import draw_cached, draw_clean_cached
from mock_server.images.picture import Picture
from mock_server.journal.entries import Journal
from mock_server.runtime.names import check_names, upstream_of
from mock_server.runtime.plain_requests import PlainApp
from mock_server.runtime.served_gateway import ServedGateway, serve_gateway
from mock_server.runtime.sessions import Controls, Sessions, apply_scenario_file
from mock_server.scenarios.apply import with_scenarios
from mock_server.scenarios.definition import is_under_scenario
from mock_server.scenarios.scenario_file import ScenarioFile
from mock_server.scenarios.switches import ADMIN, Switchboard, check_scenario, is_gateway_scenario
from mock_server.scenarios.upstream_scenarios import upstream_scenarios
from mock_server.serving.addresses import host_name
from mock_server.serving.asgi import with_request_id
from mock_server.serving.signing import LINK_SECONDS, Signer, signer_for
from mock_server.upstream.calls import UpstreamCalls
from mock_server.upstream.client import (
    DEFAULT_KEY,
    HttpTransport,
    InProcessTransport,
    UpstreamClient,
    http_transport,
    tls_context,
)
from mock_server.upstream.forward import SECONDS, forwarding_app
from mock_server.upstream.in_process import generator_in_process, image_in_process, respond_in_process
from mock_server.upstream.protocol import StubOptions, UpstreamScenario, UpstreamTransport
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import UpstreamStub, problems

JOURNAL_SIZE = 1000  # requests


@dataclass(frozen=True, slots=True)
class MockSettings:
    """How to run a mock. `own` is the URL at which it listens; `token` is the only one that its gateways accept.

    `upstream_url` is called instead of the bundled stub, with `upstream_key`; calls to the stub are forwarded to
    `proxy_upstream`. Mocks with the same `link_signing_key` serve each other's links. `recordings` go before generated
    responses; new ones go to the directory `record`. `defect` is the name of one that the gateways have. Requests for
    which nothing else sets a scenario have the `default_scenario`.

    The mock is also served under the host names `allowed_hosts`, in lower case. Pages of `allowed_origins` may use the
    admin API, and spend the key of a real upstream. `default` is the gateway that is served at the root, too; if there
    is only one, it is that one. With a `seed`, equal requests get equal pictures; `clock` gives the time of answers.
    """

    own: str
    token: str | None = field(default=None, repr=False)
    upstream_url: str | None = None
    proxy_upstream: str | None = None
    upstream_key: str = field(default=DEFAULT_KEY, repr=False)
    mode: Mode = Mode.STRICT
    default_scenario: str | None = None
    link_signing_key: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)
    link_ttl: float = LINK_SECONDS
    draw_picture: Callable[[Picture], bytes] = draw_cached
    draw_thumbnail: Callable[[Picture], bytes] = draw_clean_cached
    recordings: tuple[Recording, ...] = ()
    record: Path | None = None
    defect: str | None = None
    journal_size: int = JOURNAL_SIZE
    allowed_hosts: frozenset[str] = frozenset()
    allowed_origins: frozenset[str] = frozenset()
    default: str | None = None
    seed: int | None = None
    clock: Callable[[], float] = time.time

    @property
    def host_names(self) -> frozenset[str]:
        """The host names under which the mock is served, beside those of this machine."""
        return self.allowed_hosts | {host_name(urlsplit(self.own).netloc)}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the journal must not hold: the only accepted token, and the upstream's key."""
        return tuple(secret for secret in (self.token, self.upstream_key) if secret)

    @property
    def spends_key(self) -> bool:
        """Whether any request can spend the key of a real upstream."""
        has_key = self.upstream_url is not None and self.upstream_key != DEFAULT_KEY
        return self.token is None and (has_key or self.proxy_upstream is not None)


@dataclass(slots=True, eq=False)
class Mock:
    """A mock with its state. `reload_error` is what was wrong when the contracts were last loaded.

    `controls` are those of the requests without a session.
    """

    settings: MockSettings
    journal: Journal
    controls: Controls
    sessions: Sessions
    http_transport: HttpTransport | None  # to an upstream that is not bundled
    proxy_client: httpx.AsyncClient | None  # to the real upstream to which calls are passed on
    stubs: dict[str, UpstreamStub] = field(default_factory=dict)
    stub_apps: Mapping[str, ASGIApp] = field(default_factory=dict)
    served: Mapping[str, ServedGateway] = field(default_factory=dict)
    plain: Mapping[str, PlainApp] = field(default_factory=dict)  # by the path of the operation
    reload_error: str | None = None

    @property
    def contracts(self) -> list[Contract]:
        return [served.gateway.contract for served in self.served.values()]

    def controls_of(self, session: str | None) -> Controls:
        """The controls of a session; those of the requests without one for None."""
        return self.controls if session is None else self.sessions.controls(session)

    def switchboard_of(self, session: str | None) -> Switchboard:
        return self.controls_of(session).switchboard

    def set_scenario(
        self,
        text: str,
        name: str | None = None,
        times: int | None = None,
        source: str = ADMIN,
        session: str | None = None,
    ) -> None:
        """Set a scenario for a gateway, an upstream, or all gateways: for `times` requests, or until it is changed.

        Raises ScenarioError for one that they do not have.
        """
        check_scenario(text, name, self.contracts, self.controls.scenarios.named)
        self.controls_of(session).switchboard.set(text, name, times, source)

    def apply_scenario_file(self, scenarios: ScenarioFile) -> None:
        """Takes over a file's scenarios, and the switches that it sets, in each session."""
        for controls in (self.controls, *self.sessions.all()):
            apply_scenario_file(controls, scenarios)

    def reset_session(self, session: str) -> None:
        """As if the session had never sent a request, and nothing had been switched in it."""
        self.journal.clear(session)
        self.sessions.forget(session)

    def reset(self) -> None:
        """As if it had just been started: nothing was ever asked, and nothing is switched."""
        self.journal.clear()
        self.sessions.clear()
        for stub in self.stubs.values():
            stub.calls.clear()
            stub.tasks.clear()
        self.controls.mode = self.settings.mode
        self.controls.switchboard.clear()
        apply_scenario_file(self.controls, self.controls.scenarios)

    def upstream_scenarios(self) -> Mapping[str, UpstreamScenario]:
        """The scenarios of the upstreams by their names."""
        return {name: one for stub in self.stubs.values() for name, one in upstream_scenarios(stub.protocol).items()}

    def upstream_faults(self) -> list[Json]:
        """The faults that the upstreams can play, as scenarios write them."""
        return [*dict.fromkeys(str(fault) for stub in self.stubs.values() for fault in stub.protocol.faults)]

    async def aclose(self) -> None:
        """Closes all that is open, in the loop in which it was used."""
        if self.http_transport is not None:
            await self.http_transport.aclose()
        if self.proxy_client is not None:
            await self.proxy_client.aclose()


def create_mock(contracts: Sequence[Contract], settings: MockSettings) -> Mock:
    """A mock of some contracts.

    Raises DocumentError for one that names no upstream or has the name of something else, UnknownDefectError where
    none has the wanted defect.
    """
    transport = None if settings.upstream_url is None and settings.proxy_upstream is None else http_transport(SECONDS)
    proxy_client = None
    if settings.proxy_upstream is not None:
        proxy_client = httpx.AsyncClient(verify=tls_context(), timeout=SECONDS, trust_env=False)
    controls = first_controls(settings, ScenarioFile())
    sessions = Sessions(lambda: first_controls(settings, controls.scenarios))
    mock = Mock(settings, Journal(settings.journal_size), controls, sessions, transport, proxy_client)
    serve_contracts(mock, contracts)
    return mock


def first_controls(settings: MockSettings, scenarios: ScenarioFile) -> Controls:
    """The controls with which a session begins: those with which the mock was started."""
    controls = Controls(settings.mode, default_scenario=settings.default_scenario)
    apply_scenario_file(controls, scenarios)
    return controls


def serve_contracts(mock: Mock, contracts: Sequence[Contract]) -> None:
    """Serves these contracts from now on; all that the mock remembers stays.

    Raises what `mock_of` raises, and serves what it did before.
    """
    defect = mock.settings.defect
    broken = {} if defect is None else defects_named(defect, contracts)
    upstreams = {contract.name: upstream_of(contract) for contract in contracts}
    check_names(contracts, {upstream.name for upstream in upstreams.values()})
    mock.stubs |= {upstream.name: _stub(mock, upstream) for upstream in upstreams.values()}
    mock.stub_apps = {name: _upstream_app(mock, stub) for name, stub in mock.stubs.items()}
    mock.served = {
        contract.name: serve_gateway(
            mock, gateway_of(mock, contract, upstreams[contract.name]), broken.get(contract.name)
        )
        for contract in contracts
    }
    mock.plain = {one.path: one.plain for one in mock.served.values() if one.plain is not None}


def _stub(mock: Mock, upstream: Upstream) -> UpstreamStub:
    known = mock.stubs.get(upstream.name)
    if known is not None:
        return replace(known, upstream=upstream)
    return UpstreamStub(
        upstream,
        protocol_of(upstream),
        UpstreamCalls(mock.journal.credentials_under_way),
        signer=signer_of(mock.settings, upstream.name),
        draw_picture=mock.settings.draw_picture,
        options=StubOptions(seed=mock.settings.seed),
    )


def _upstream_app(mock: Mock, stub: UpstreamStub) -> ASGIApp:
    """The stub under its callers' scenarios, or what passes calls on; that stays, for it knows of tasks under way."""
    if mock.settings.proxy_upstream is None or mock.proxy_client is None:
        return with_request_id(with_scenarios(stub, mock.switchboard_of, partial(_is_gateway_scenario, mock)))
    root = mock.settings.proxy_upstream.rstrip("/").removesuffix(stub.upstream.base)
    name = stub.upstream.name
    known = mock.stub_apps.get(name)
    return known or forwarding_app(
        stub.calls, stub.protocol, lambda call: problems(mock.stubs[name].upstream, call), root, mock.proxy_client
    )


def _is_gateway_scenario(mock: Mock, scenario: str) -> bool:
    return is_gateway_scenario(scenario, mock.contracts, mock.controls.scenarios.named)


def gateway_of(mock: Mock, contract: Contract, upstream: Upstream) -> Gateway:
    settings = mock.settings
    bundled = f"{settings.own}/{upstream.name}"
    stub = mock.stubs[upstream.name]
    transport: UpstreamTransport = mock.http_transport or InProcessTransport(
        partial(respond_in_process, stub, bundled),
        partial(image_in_process, stub),
        generator_in_process(stub, bundled),
    )
    url = settings.upstream_url or bundled + upstream.base
    client = UpstreamClient(
        upstream, stub.protocol, url, transport, signer_of(settings, contract.name), settings.upstream_key
    )
    recorder = None if settings.record is None else Recorder(settings.record, settings.secrets, is_under_scenario)
    return with_recordings(with_recorder(Gateway(contract, client, settings.token), recorder), settings.recordings)


def signer_of(settings: MockSettings, name: str) -> Signer:
    return signer_for(name, settings.link_signing_key, settings.link_ttl, settings.clock)
