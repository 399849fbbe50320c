"""A gateway that takes long for many images, or whose proxy gives up on them, breaks no rule about their number."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from contract_tests.client.limits import Limits
from contract_tests.results import Run, Verdict
from contract_tests.run import prepare, run
from contract_tests.selftest.trials import replace_gateway
from contract_tests.settings import Settings
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import read
from mock_server.defects.request_operators import Result
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway, GatewayRequest, generate, validate
from mock_server.serving.error_response import ErrorResponse
from tests.contract_tests.gateways import silent, verdict_on

pytestmark = pytest.mark.slow

SCALE = 50  # times as fast as real ones
SECONDS_PER_IMAGE = 11 / SCALE
GAVE_UP = ErrorResponse(504, "server_error", "gateway_timeout", "The gateway did not answer the proxy in time.")


def run_at(change: Callable[[Gateway], Gateway]) -> Run:
    limits = Limits(answer=60 / SCALE, per_image=30 / SCALE)
    ready = prepare(Settings("powertokens", limits=limits))
    selected = frozenset({"powertokens/n/maximum", "powertokens/request/accepted"})
    under_test = replace_gateway(lambda gateway: gateway_app(change(gateway)))
    return run(replace(ready, selected=selected), silent, under_test)


def test_eleven_seconds_an_image_are_not_too_slow_for_any_number() -> None:
    def slow(gateway: Gateway) -> Gateway:
        async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
            count = read(body, "/n")
            await asyncio.sleep(SECONDS_PER_IMAGE * (count if isinstance(count, int) else 1))
            return await generate(own, body, call, request)

        return replace(gateway, call=call)

    found = run_at(slow)
    assert verdict_on(found, "n/maximum").verdict is Verdict.PASS
    assert verdict_on(found, "request/accepted").verdict is Verdict.PASS


def test_a_proxy_that_gives_up_on_many_images_says_nothing_about_their_number() -> None:
    def behind_a_proxy(gateway: Gateway) -> Gateway:
        def valid(own: Gateway, body: Json) -> Json | ErrorResponse:
            count = read(body, "/n")
            return GAVE_UP if isinstance(count, int) and count > 4 else validate(own, body)

        return replace(gateway, validate=valid)

    found = run_at(behind_a_proxy)
    assert verdict_on(found, "n/maximum").verdict is Verdict.INCONCLUSIVE
    assert verdict_on(found, "request/accepted").verdict is Verdict.PASS
    assert "HTTP 504 for 6 images" in found.slow
