"""The gateway under test: the one that a user named, or the bundled mock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from contract_tests.observation import Observation
from contract_tests.settings import Settings
from gateway_contract.contract import Contract
from mock_server.gateway.app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.serving.server import serving
from mock_server.signing import Signer
from mock_server.upstream.client import UpstreamClient
from mock_server.upstream.wire import over_http

PATIENCE = 2.0  # seconds for which the bundled mock waits for its upstream
BUNDLED_TOKEN = "sk-token-of-the-bundled-mock"  # noqa: S105 # known to nobody but this process's own mock


@dataclass(frozen=True, slots=True)
class Target:
    """Where a gateway is, and the token that it takes."""

    url: str
    token: str = field(repr=False)


@contextmanager
def target(contract: Contract, settings: Settings, observation: Observation | None) -> Iterator[Target]:
    """The gateway that the settings name; without one, the bundled mock in front of the observed upstream."""
    if settings.gateway is not None:
        yield Target(settings.gateway.rstrip("/"), settings.token)
    elif observation is not None:
        with serving(gateway_app(bundled_gateway(contract, observation))) as url:
            yield Target(url, BUNDLED_TOKEN)


def bundled_gateway(contract: Contract, observation: Observation) -> Gateway:
    """A gateway that keeps to its contract, in front of an observed upstream."""
    upstream = observation.stub.upstream
    signer = Signer(b"links of the bundled mock")
    client = UpstreamClient(upstream, observation.url + upstream.base, over_http(PATIENCE), signer)
    return Gateway(contract, client, BUNDLED_TOKEN)
