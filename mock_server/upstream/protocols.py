"""The protocols of upstreams by the names that documents give as `x-protocol`."""

from collections.abc import Mapping
from typing import Final

from gateway_contract.contract.definition import Upstream
from gateway_contract.document.node import DocumentError
from gateway_contract.values.pointer import below
from mock_server.upstream.dashscope.dashscope import DashScope
from mock_server.upstream.protocol import UpstreamProtocol

PROTOCOLS: Final[Mapping[str, UpstreamProtocol]] = {"dashscope": DashScope()}


def protocol_of(upstream: Upstream) -> UpstreamProtocol:
    """Raises DocumentError for an upstream whose document names an unknown protocol."""
    found = PROTOCOLS.get(upstream.protocol)
    if found is None:
        place = upstream.document.place(below(upstream.operation.pointer, "x-protocol"))
        raise DocumentError(place, f"unknown protocol {upstream.protocol!r}", f"protocols: {', '.join(PROTOCOLS)}")
    return found
