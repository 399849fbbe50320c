"""Gateways that keep the contract, and call their upstream or fetch its images in another way."""

from urllib.parse import parse_qsl, urlencode

from mock_server.defects.conforming import conforming
from mock_server.defects.cost_defects import repeating
from mock_server.defects.wrapping import ChangedTransport, with_transport
from mock_server.gateway.stages import Gateway


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


MEETS_FAILURES = frozenset({"repeats-throttled-calls", "uses-upstream-tasks"})
"""Gateways that differ only if the upstream fails, or that meet its failures in another way."""
