"""The stages of a gateway as one function, for a request as nearly all are."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TypeAlias

import orjson

from gateway_contract.contract.mapping import mapping_of
from gateway_contract.values.json_value import ABSENT, read_json
from mock_server.gateway.openai_errors import error_content
from mock_server.gateway.response_body import own_link, requested_image_field, response_layout
from mock_server.gateway.stages import Gateway, validate
from mock_server.serving.error_response import ErrorResponse
from mock_server.upstream.calls import RecordedCall
from mock_server.upstream.client import InProcessTransport

Operated: TypeAlias = tuple[int, bytes, RecordedCall | None]
"""The status and the body of a response, and the upstream call, if any."""
RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]
Operate: TypeAlias = Callable[[RawHeaders, bytes, str, str], Operated | None]
"""Responds to a request by its headers and its body, the scheme of its URL, and the path under which the gateway is.

None for a request that is left to the stages, of which nothing has been recorded.
"""
BEARER = b"Bearer "
STAGES = attrgetter("authenticate", "read", "validate", "map", "call", "call_once", "answer", "reject")


def compile_stages(gateway: Gateway) -> Operate | None:
    """Compile the stages of a gateway: the function responds as `handle` does, and makes none of what lies between.

    None where a stage is replaced, or the upstream is not in this process. What the function leaves to the stages is
    unusual: a credential of another form, a body that is not JSON, an idempotency key, images within the response, a
    call that the upstream rejects.
    """
    contract, upstream, transport = gateway.contract, gateway.upstream, gateway.upstream.transport
    images, idempotency = contract.images, contract.idempotency_key
    is_usual = STAGES(gateway) == STAGES(Gateway(contract, upstream))
    if not is_usual or images is None or not isinstance(transport, InProcessTransport):
        return None
    key_header = None if idempotency is None else idempotency.header.lower().encode()
    clock, generate = upstream.signer.clock, transport.generate
    to_call, lay_out = mapping_of(contract), response_layout(contract)

    def operate(headers: RawHeaders, content: bytes, scheme: str, root: str) -> Operated | None:
        host = accepted_host(headers, gateway.token, key_header)
        body = read_json(content) if host else ABSENT
        if body is ABSENT:
            return None
        checked = validate(gateway, body)
        if isinstance(checked, ErrorResponse):
            return checked.status, error_content(contract, checked), None
        field = requested_image_field(contract, images, body)
        made = None if field.inline else generate(to_call(body), upstream.key)
        if made is None:
            return None
        call, links = made
        base = f"{scheme}://{host}{root}"
        own_links = [own_link(upstream, link, base) for link in links]
        return 200, orjson.dumps(lay_out(body, int(clock()), field.key, own_links)), call

    return operate


def accepted_host(headers: RawHeaders, token: str | None, key_header: bytes | None) -> str:
    """The Host of a request whose only credential has the usual form and is accepted, without an idempotency key.

    Empty for other requests.
    """
    authorization, host, credentials = b"", b"", 0
    for name, value in headers:
        if name == b"authorization":
            authorization, credentials = value, credentials + 1
        elif name == b"host":
            host = value
        elif name == key_header:
            return ""
    if credentials != 1 or authorization[:7] != BEARER or not authorization[7:8].isalnum():
        return ""
    is_accepted = token is None or authorization[7:].decode("latin-1").strip() == token
    return host.decode("latin-1") if is_accepted else ""
