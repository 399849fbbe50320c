"""Whole two-sided runs with fuzzing, against the bundled gateway with one stage changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

from contract_tests.client.limits import Limits
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.results import Run
from contract_tests.run import prepare, run
from contract_tests.settings import Settings
from contract_tests.target import BUNDLED_TOKEN, GatewayTarget, bundled_gateway
from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway, GatewayRequest
from mock_server.serving.error_response import ErrorResponse
from mock_server.serving.server import serving
from tests.contract_tests.drawing_in_thread import drawing_for
from tests.contract_tests.gateways import silent

Change = Callable[[Gateway], Gateway]


def unchanged(gateway: Gateway) -> Gateway:
    return gateway


@dataclass(slots=True)
class Fuzzed:
    """A run, and the contents that the gateway was sent."""

    run: Run
    sent: list[bytes] = field(default_factory=list)


def fuzzed(change: Change, report: Path, name: str = "powertokens", **more: object) -> Fuzzed:
    sent: list[bytes] = []

    @contextmanager
    def changed(contract: Contract, _: Settings, observer: UpstreamObserver | None) -> Iterator[GatewayTarget]:
        assert observer is not None
        gateway = change(bundled_gateway(contract, observer))
        with serving(gateway_app(noting(gateway, sent))) as url:
            yield GatewayTarget(url, BUNDLED_TOKEN)

    settings = Settings(name, report=report, limits=Limits(answer=20, per_image=0), **more)  # type: ignore[arg-type] # its fields
    with patch("contract_tests.run.drawing_for", drawing_for):
        return Fuzzed(run(prepare(settings), silent, changed), sent)


def noting(gateway: Gateway, sent: list[bytes]) -> Gateway:
    inner = gateway.read

    def read(asked: Gateway, request: GatewayRequest) -> Json | ErrorResponse:
        sent.append(request.content)
        return inner(asked, request)

    return replace(gateway, read=read)
