"""Gateways that keep the contract, and call their upstream or fetch its images in another way."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from gateway_contract.values.json_value import Json
from mock_server.defects.conforming import conforming, failing
from mock_server.defects.cost_defects import repeating
from mock_server.defects.request_operators import Result
from mock_server.defects.state_defects import CIRCUIT_OPEN
from mock_server.defects.wrapping import ChangedTransport, with_transport
from mock_server.gateway.stages import Gateway, GatewayRequest
from mock_server.serving.error_response import BAD_GATEWAY


@conforming
def link_escaped_otherwise(gateway: Gateway) -> Gateway:
    """The query of the upstream's links is escaped in another way that means the same, in another order."""

    def equivalent(link: str) -> str:
        base, _, query = link.partition("?")
        pairs = reversed(parse_qsl(query))
        return f"{base}?{urlencode(list(pairs), safe='/=').replace('%2B', '%2b')}"

    return with_transport(gateway, ChangedTransport(gateway.upstream.transport, link_change=equivalent))


@conforming
def repeats_throttled_calls(gateway: Gateway) -> Gateway:
    """A call that the upstream throttled, or answered with 5xx, is made once more: neither is billed."""
    return repeating(gateway, lambda answer: answer.call.status == 429 or answer.call.status >= 500)


MOST_FAILURES = 5  # in a row, before a circuit breaker lets no request through


@conforming
def circuit_opens_after_five_failures(gateway: Gateway) -> Gateway:
    """A circuit breaker gives 503 once the upstream failed five times in a row; a success closes it."""
    failures: list[Json] = []

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        made = await gateway.call(own, body, call, request)
        if made is BAD_GATEWAY:
            failures.append(call)
        else:
            failures.clear()
        return made

    return failing(replace(gateway, call=call), CIRCUIT_OPEN, lambda: len(failures) >= MOST_FAILURES)


MEETS_FAILURES = frozenset({"circuit-opens-after-five-failures", "repeats-throttled-calls", "uses-upstream-tasks"})
"""Gateways that differ only if the upstream fails, or that meet its failures in another way."""
