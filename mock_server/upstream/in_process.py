"""The upstream stub without HTTP: plain calls of a gateway in the same process, and the images behind their links."""

import time
from functools import lru_cache

from gateway_contract.contract.validity import upstream_refuses
from gateway_contract.traffic.exchange import Headers, UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json
from mock_server.images.links import picture_behind, picture_linker
from mock_server.images.requested import identities, picture_values
from mock_server.upstream.calls import RecordedCall, pack_values
from mock_server.upstream.client import Generate, call_headers
from mock_server.upstream.protocol import CallProblem, Outbound, UpstreamAnswer
from mock_server.upstream.stub import OK, UpstreamStub, pictures_for, reject_key, rejection_of, success


def respond_in_process(stub: UpstreamStub, own: str, outbound: Outbound) -> UpstreamAnswer:
    """The response to a generation call without HTTP. `own` is the URL under which its images are served."""
    headers, body, images = call_headers(outbound), outbound.body, tuple[str, ...]()
    reply = rejection_of(stub, headers, body)
    if reply is None and body is not ABSENT:
        pictures = pictures_for(stub, stub.upstream, body)
        reply, images = success(stub, own, body, pictures), identities(pictures)
    reply = reply or stub.protocol.reject_call(CallProblem.NOT_JSON)
    operation = stub.upstream.operation
    call = UpstreamCall(operation.method, stub.path, tuple(headers.items()), body, time.time(), reply.status, images)
    stub.calls.add(call)
    return UpstreamAnswer(call, reply.body)


def generator_in_process(stub: UpstreamStub, own: str) -> Generate:
    """Makes what `respond_in_process` responds to a call with a key: the call as recorded, and the links.

    None for a call that is rejected, of which nothing is recorded.
    """
    upstream, calls, signer, options = stub.upstream, stub.calls, stub.signer, stub.options
    method, path, link_to = upstream.operation.method, stub.path, picture_linker(signer, own)

    @lru_cache(maxsize=8)
    def headers_of(key: str) -> Headers | None:
        """The headers of a call with a key; None if the stub rejects it."""
        headers = {"authorization": f"Bearer {key}"}
        rejection = reject_key(stub, headers) or stub.protocol.reject_headers(headers)
        return tuple(headers.items()) if rejection is None else None

    def generate(body: Json, key: str) -> tuple[RecordedCall, list[str]] | None:
        headers = headers_of(key)
        if headers is None or upstream_refuses(upstream, body):
            return None
        pictures = picture_values(upstream, stub.protocol.with_defaults(upstream, body, options), options.seed)
        if not pictures:
            return None
        expires_at = int(signer.clock() + signer.seconds)
        call = pack_values(method, path, headers, body, time.time(), OK, tuple([values[0] for values in pictures]))
        calls.add(call)
        return call, [link_to(values, expires_at) for values in pictures]

    return generate


def image_in_process(stub: UpstreamStub, link: str) -> bytes | None:
    """The image behind a link, whatever URL the stub had when it made the link; None where there is none."""
    return picture_behind(stub.signer, link, stub.draw_picture)
