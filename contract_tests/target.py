"""The gateway under test: one that somebody runs, or the bundled mock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import httpx

from contract_tests.client.image_hosts import ImageHosts, image_hosts
from contract_tests.client.tokens import Tokens
from contract_tests.client.transport import open_transport
from contract_tests.client.two_transports import TwoTransports
from contract_tests.execution.observer import FROM_HERE, UpstreamObserver, serve_upstream
from contract_tests.execution.upstream_certificate import upstream_certificate
from contract_tests.settings import Settings
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.curl import HOST_AT_SOCKET, UNIX
from gateway_contract.traffic.exchange import Observation
from mock_server.defects.wrapping import ImagesFetchedOtherwise
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.serving.server import serving
from mock_server.serving.signing import Signer
from mock_server.upstream.client import UpstreamClient, http_transport, transport_to
from mock_server.upstream.stub import upstream_app

NORTH_ONLY_BUDGET = 100  # images: without our own upstream somebody pays for them
PATIENCE = 2.0  # seconds for which the bundled mock waits for its upstream
SLOW = 0.6  # of that patience: how long a slow upstream takes
LONGER = 1.1
"""Times what a client waits for a silent upstream: then it resets, so that a gateway that waits on serves others."""
BUNDLED_TOKEN = "sk-token-of-the-bundled-mock"  # noqa: S105 # known to nobody but this process's own mock


@dataclass(frozen=True, slots=True)
class GatewayTarget:
    """Where a gateway is, and the token that it takes."""

    url: str
    token: str = field(repr=False)
    tokens: Tokens | None = None  # where more of them can be had


@contextmanager
def open_target(contract: Contract, settings: Settings, observer: UpstreamObserver | None) -> Iterator[GatewayTarget]:
    """The gateway that the settings name; without one, the bundled mock in front of the observed upstream."""
    if settings.gateway is not None:
        yield GatewayTarget(base_of(settings.gateway), settings.token, settings.tokens)
    elif observer is not None:
        with serving(gateway_app(bundled_gateway(contract, observer))) as url:
            yield GatewayTarget(url, BUNDLED_TOKEN)


def base_of(gateway: str) -> str:
    """The URL before the contract's path; a gateway at a Unix socket goes by the name of this machine."""
    return HOST_AT_SOCKET if gateway.startswith(UNIX) else gateway.rstrip("/")


def bundled_gateway(contract: Contract, observer: UpstreamObserver) -> Gateway:
    """A gateway that keeps to its contract, in front of an observed upstream, whose images it gets in this process.

    Calls go over a network, for much of what the upstream plays in them is about connections, and nothing in images.
    """
    upstream = observer.stub.upstream
    signer = Signer(b"links of the bundled mock")
    tls = None if observer.certificate is None else observer.certificate.client_context()
    url, images = observer.url + upstream.base, transport_to(upstream_app(observer.stub))
    transport = ImagesFetchedOtherwise(http_transport(PATIENCE, tls), lambda _, link: images.image(link))
    client = UpstreamClient(upstream, observer.stub.protocol, url, transport, signer)
    return Gateway(contract, client, BUNDLED_TOKEN)


def observation_of(settings: Settings) -> Observation:
    sees_upstream = settings.gateway is None or settings.upstream is not None
    return Observation.TWO_SIDED if sees_upstream else Observation.NORTH_ONLY


def budget_of(settings: Settings) -> int | None:
    """The most images that a run may request; None if they cost nothing."""
    if settings.budget is None and observation_of(settings) is Observation.NORTH_ONLY:
        return NORTH_ONLY_BUDGET
    return settings.budget


@contextmanager
def observe(contract: Contract, settings: Settings) -> Iterator[UpstreamObserver | None]:
    """The suite as the upstream, where the gateway's calls can be made to reach it. Raises as `serve_upstream` does."""
    if observation_of(settings) is Observation.NORTH_ONLY:
        yield None
        return
    host, _, port = (settings.upstream or "127.0.0.1:0").rpartition(":")
    if contract.upstream is not None and settings.upstream_base is not None:
        contract = replace(contract, upstream=contract.upstream.with_base(settings.upstream_base))
    slow_seconds = SLOW * PATIENCE if settings.gateway is None else settings.slow_upstream
    host = host.strip("[]") or "127.0.0.1"
    certificate = None
    if settings.upstream_tls:
        names = (*settings.upstream_names, host, FROM_HERE.get(host, host), "localhost")
        certificate = upstream_certificate(settings.report / settings.name, names)
    silent_seconds = LONGER * settings.limits.silence
    with serve_upstream(contract, host, int(port), slow_seconds, silent_seconds, certificate) as observer:
        yield observer


async def hosts_of_images(gateway: str, observer: UpstreamObserver | None, settings: Settings) -> ImageHosts:
    """From where images may be fetched, beside public addresses."""
    urls = [gateway] if observer is None else [gateway, observer.url]
    return await image_hosts(urls, settings.access.image_hosts, settings.access.rewrites)


def open_downloads(settings: Settings, observer: UpstreamObserver | None) -> httpx.AsyncBaseTransport:
    """The transport for links to other hosts than the gateway. What our own authority issued is believed of us alone.

    Raises AccessError.
    """
    own = "" if observer is None else urlsplit(observer.url).netloc
    others = open_transport(settings.access.without_certificate(), [own], own_loopback=True)
    if observer is None or observer.certificate is None:
        return others
    return TwoTransports(own, httpx.AsyncHTTPTransport(verify=observer.certificate.client_context()), others)
