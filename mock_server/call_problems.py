"""What is wrong with a call by the upstream's own document: what it would refuse, and what it does not know."""

from collections.abc import Iterator

from gateway_contract.contract import Upstream
from gateway_contract.exchange import UpstreamCall
from gateway_contract.pointer import as_schema_pointer, leaves
from gateway_contract.rules.statements import constraint_sentence
from gateway_contract.standing import upstream_refuses
from gateway_contract.values import ABSENT, Json


def problems(upstream: Upstream, call: UpstreamCall) -> list[str]:
    """Nothing is said of calls that ask for no images, such as polls."""
    path = call.path.partition("?")[0]
    called = next((one for one in (upstream, *upstream.others.values()) if one.is_called_by(call.method, path)), None)
    if called is None:
        return []
    if call.body is ABSENT:
        return ["the body is no JSON"]
    refused = sorted(upstream_refuses(called, call.body), key=lambda constraint: constraint.pointer)
    return [*map(constraint_sentence, refused), *_unknown(called, call.body)]


def _unknown(called: Upstream, body: Json) -> Iterator[str]:
    known = {part.pointer for part in called.operation.request.parts}
    for pointer, _ in leaves(body):
        if as_schema_pointer(pointer) not in known:
            yield f"{pointer} is nothing that {called.name} knows"
