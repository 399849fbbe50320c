"""What comes over a connection that a client keeps is the response to its request."""

from gateway_contract.rules.rule import PASS, Evidence, Finding, failing
from gateway_contract.traffic.exchange import NoAnswer


def kept_connection_works(evidence: Evidence) -> Finding | None:
    """A request over a connection that served others gets what it gets over one of its own."""
    use, answer = evidence.exchange.kept, evidence.exchange.answer
    if use is None or not use.before:
        return None
    if not use.to_blame:
        return PASS if evidence.accepted and not use.repeats else None
    seen = answer.problem if isinstance(answer, NoAnswer) else f"HTTP {answer.status}"
    seen = f"{seen} with the images of an earlier request" if use.repeats else seen
    return failing("the same as on a connection of its own", f"{seen} on a kept connection, after {use.before}")
