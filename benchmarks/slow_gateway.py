"""How long a run takes against a gateway that needs some seconds for each image, beside what `plan` says.

The gateway is the bundled one, which conforms; it waits before it answers with images. The run is two-sided with
JOBS=8 and without random requests. Run it with `python -m benchmarks.slow_gateway [SECONDS [CONTRACT...]]`.
"""

import asyncio
import sys
import time
from dataclasses import replace

from starlette.types import ASGIApp

from contract_tests.forecast import forecast
from contract_tests.results import Conformance
from contract_tests.run import prepare, run
from contract_tests.selftest.trials import replace_gateway
from contract_tests.settings import Settings
from gateway_contract.contract.load_contract import BUNDLED
from gateway_contract.values.json_value import Json
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse

JOBS = 8


def measure(contract: str, seconds: float) -> None:
    """Prints what is expected and what it took. Raises SystemExit if the gateway is not found to conform."""

    def slow_app(gateway: Gateway) -> ASGIApp:
        async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
            await asyncio.sleep(seconds * len(links))
            return await gateway.answer(own, body, links, request)

        return gateway_app(replace(gateway, answer=answer))

    ready = prepare(Settings(contract, jobs=JOBS, fuzz=0))
    expected, began = forecast(ready, seconds), time.monotonic()
    found = run(ready, lambda _: None, replace_gateway(slow_app))
    took = time.monotonic() - began
    if found.conformance is not Conformance.CONFORMS:
        raise SystemExit(f"{contract}: the gateway should conform: {found.not_tested}")
    requests, images = found.cost.requests, found.cost.images_billed
    print(f"{contract:12} expected {expected.requests} requests {expected.images} images {expected.seconds:6.1f} s")
    print(f"{'':12} measured {requests} requests {images} images {took:6.1f} s", flush=True)


if __name__ == "__main__":
    for name in sys.argv[2:] or BUNDLED:
        measure(name, float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
