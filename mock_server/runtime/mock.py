"""A mock as it runs: what it serves at the moment, and what it remembers."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import httpx
from starlette.types import ASGIApp

from gateway_contract.contract.definition import Contract, Upstream
from gateway_contract.document.node import DocumentError
from gateway_contract.values.json_value import Json
from mock_server.defects.catalogue import defects_named
from mock_server.defects.defect import Defect
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.modes import Mode, in_each_mode
from mock_server.gateway.recordings import Recording, with_recordings
from mock_server.gateway.stages import Gateway
from mock_server.images.drawing import Picture
from mock_server.images.links import drawn
from mock_server.journal.entries import Journal
from mock_server.journal.recorder import journaled
from mock_server.runtime.dispatch import Controls, front, hold, too_large
from mock_server.scenarios.apply import under_scenarios
from mock_server.scenarios.defect_scenario import with_defects
from mock_server.scenarios.image_scenarios import with_spoilt_images
from mock_server.scenarios.switches import gateways_know
from mock_server.scenarios.upstream_scenarios import upstream_scenarios
from mock_server.serving.signing import LINK_SECONDS, Signer, signer_for
from mock_server.upstream.client import DEFAULT_KEY, HttpTransport, InProcessTransport, UpstreamClient, over_http
from mock_server.upstream.forward import SECONDS, forwarding_app
from mock_server.upstream.protocol import UpstreamScenario, UpstreamTransport
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import UpstreamStub, problems
from mock_server.upstream.stub_app import image_in_process, respond_in_process

OWN_PAGES = frozenset({"", "_mock", "console", "docs", "requests"})
"""What only the mock's own pages may read: what came in is nobody else's business."""


def check_names(contracts: Sequence[Contract], upstreams: Iterable[str]) -> None:
    """Raises DocumentError for a contract with the name of something else."""
    taken = dict.fromkeys(OWN_PAGES, "a page of the mock") | dict.fromkeys(upstreams, "an upstream")
    for contract in contracts:
        if contract.name in taken:
            problem = f"{taken[contract.name]} is called {contract.name}, too"
            raise DocumentError(contract.document.place(""), problem, "give the file another name")
        taken[contract.name] = "another contract"


KEPT = 1000  # requests


@dataclass(frozen=True, slots=True)
class MockSettings:
    """How a mock is to be. `own` is the URL at which it will listen; `token` the only one that its gateways take.

    `upstream` is another one to call instead of the bundled stub, with the gateway's own key for it; `forward` is a
    real one to which whatever comes to the stub is passed on. `link_key` decides who else can serve the mock's links:
    whoever has the same. `draws` makes the images, `recorded` answers go before made ones, and `defect` names a way of
    being broken on purpose.
    """

    own: str
    token: str | None = field(default=None, repr=False)
    upstream: str | None = None
    forward: str | None = None
    upstream_key: str = field(default=DEFAULT_KEY, repr=False)
    mode: Mode = Mode.STRICT
    link_key: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)
    link_seconds: float = LINK_SECONDS
    draws: Callable[[Picture], bytes] = drawn
    recorded: tuple[Recording, ...] = ()
    defect: str | None = None
    kept: int = KEPT


@dataclass(frozen=True, slots=True)
class Served:
    """One gateway in the mock: `app` takes the requests that are journaled, `images` those for images."""

    gateway: Gateway
    app: ASGIApp
    images: ASGIApp


@dataclass(slots=True, eq=False)
class Mock:
    """A mock with its state. `problem` is what was wrong with the contracts when they were last read."""

    settings: MockSettings
    journal: Journal
    controls: Controls
    wire: HttpTransport | None  # to an upstream that is not bundled
    beyond: httpx.AsyncClient | None  # to the real upstream to which calls are passed on
    stubs: dict[str, UpstreamStub] = field(default_factory=dict)
    stub_apps: Mapping[str, ASGIApp] = field(default_factory=dict)
    served: Mapping[str, Served] = field(default_factory=dict)
    problem: str | None = None

    def reset(self) -> None:
        """As if it had just been started: nothing was ever asked, and nothing is switched."""
        self.journal.clear()
        for stub in self.stubs.values():
            stub.calls.clear()
            stub.tasks.clear()
        self.controls.mode = self.settings.mode
        self.controls.switchboard.clear()
        hold(self.controls, self.controls.scenarios)

    def upstream_scenarios(self) -> Mapping[str, UpstreamScenario]:
        """The scenarios of the upstreams by their names."""
        return {name: one for stub in self.stubs.values() for name, one in upstream_scenarios(stub.protocol).items()}

    def upstream_faults(self) -> list[Json]:
        """The faults that the upstreams can play, as scenarios write them."""
        return [*dict.fromkeys(str(fault) for stub in self.stubs.values() for fault in stub.protocol.faults)]

    async def aclose(self) -> None:
        """Closes all that is open, in the loop in which it was used."""
        if self.wire is not None:
            await self.wire.aclose()
        if self.beyond is not None:
            await self.beyond.aclose()


def mock_of(contracts: Sequence[Contract], settings: MockSettings) -> Mock:
    """A mock of some contracts.

    Raises DocumentError for one that names no upstream or has the name of something else, UnknownDefectError where
    none has the wanted defect.
    """
    wire = None if settings.upstream is None and settings.forward is None else over_http(SECONDS)
    beyond = None if settings.forward is None else httpx.AsyncClient(timeout=SECONDS, trust_env=False)
    mock = Mock(settings, Journal(settings.kept), Controls(settings.mode), wire, beyond)
    serve(mock, contracts)
    return mock


def serve(mock: Mock, contracts: Sequence[Contract]) -> None:
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
        contract.name: _served(mock, gateway_of(mock, contract, upstreams[contract.name]), broken.get(contract.name))
        for contract in contracts
    }


def upstreams(contracts: Sequence[Contract]) -> list[Upstream]:
    """The upstreams behind some contracts, each once."""
    return list({found.name: found for found in map(upstream_of, contracts)}.values())


def upstream_of(contract: Contract) -> Upstream:
    """Raises DocumentError where a contract names none, or one that speaks another protocol than ours."""
    if contract.upstream is None:
        place = contract.document.place(contract.operation.pointer)
        remedy = "a mock needs one: x-upstream on the operation"
        raise DocumentError(place, f"{contract.name} names no upstream", remedy)
    protocol_of(contract.upstream)
    return contract.upstream


def _stub(mock: Mock, upstream: Upstream) -> UpstreamStub:
    known = mock.stubs.get(upstream.name)
    if known is not None:
        return replace(known, upstream=upstream)
    signer = signer_of(mock.settings, upstream.name)
    return UpstreamStub(upstream, protocol_of(upstream), signer=signer, draws=mock.settings.draws)


def _upstream_app(mock: Mock, stub: UpstreamStub) -> ASGIApp:
    """The stub under its callers' scenarios, or what passes calls on; that stays, for it knows of tasks under way."""
    if mock.settings.forward is None or mock.beyond is None:
        return under_scenarios(stub, mock.controls.switchboard, partial(_gateways_know, mock))
    root = mock.settings.forward.rstrip("/").removesuffix(stub.upstream.base)
    name = stub.upstream.name
    known = mock.stub_apps.get(name)
    return known or forwarding_app(
        stub.calls, stub.protocol, lambda call: problems(mock.stubs[name].upstream, call), root, mock.beyond
    )


def _gateways_know(mock: Mock, scenario: str) -> bool:
    contracts = [served.gateway.contract for served in mock.served.values()]
    return gateways_know(scenario, contracts, mock.controls.scenarios.named)


def gateway_of(mock: Mock, contract: Contract, upstream: Upstream) -> Gateway:
    settings = mock.settings
    bundled = f"{settings.own}/{upstream.name}"
    stub = mock.stubs[upstream.name]
    wire: UpstreamTransport = mock.wire or InProcessTransport(
        partial(respond_in_process, stub, bundled), partial(image_in_process, stub)
    )
    url = settings.upstream or bundled + upstream.base
    client = UpstreamClient(
        upstream, stub.protocol, url, wire, signer_of(settings, contract.name), settings.upstream_key
    )
    return with_recordings(Gateway(contract, client, settings.token), settings.recorded)


def signer_of(settings: MockSettings, name: str) -> Signer:
    return signer_for(name, settings.link_key, settings.link_seconds)


def _served(mock: Mock, gateway: Gateway, defect: Defect | None) -> Served:
    app_of = gateway_app if defect is None else defect.app
    fronted = front(in_each_mode(gateway), mock.controls, app_of)
    app = journaled(fronted, mock.journal, gateway.contract.name, too_large(gateway))
    images = with_spoilt_images(gateway, app_of(gateway), partial(with_defects, gateway))
    return Served(gateway, app, images)
