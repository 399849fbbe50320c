"""What is wrong with a call by the upstream's own document: what it would refuse, and what it does not know."""

from gateway_contract.contract import Upstream
from gateway_contract.exchange import UpstreamCall
from gateway_contract.rules.statements import constraint_sentence
from gateway_contract.standing import unknown_upstream, upstream_refuses
from gateway_contract.values import ABSENT


def problems(upstream: Upstream, call: UpstreamCall) -> list[str]:
    """Nothing is said of calls that ask for no images, such as polls."""
    path = call.path.partition("?")[0]
    called = next((one for one in (upstream, *upstream.others.values()) if one.is_called_by(call.method, path)), None)
    if called is None:
        return []
    if call.body is ABSENT:
        return ["the body is no JSON"]
    refused = sorted(upstream_refuses(called, call.body), key=lambda constraint: constraint.pointer)
    unknown = unknown_upstream(called, call.body)
    return [*map(constraint_sentence, refused), *(f"{at} is nothing that {called.name} knows" for at in unknown)]
