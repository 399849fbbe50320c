"""Gateways that keep the contract, and call their upstream or fetch its images in another way."""

from urllib.parse import parse_qsl, urlencode

from mock_server.defects.conforming import conforming
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
