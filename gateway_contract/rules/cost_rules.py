"""What no gateway may pay for, or ask for, twice: calls that were rejected or accepted, or that nobody waits for."""

from collections.abc import Callable, Mapping, Sequence

from gateway_contract.rules.rule import PASS, Evidence, Finding, failing, inconclusive
from gateway_contract.traffic.exchange import NoAnswer, UpstreamCall, header
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, same

WRONG = frozenset({400, 401, 403, 404})
"""Statuses that say that the same call with the same credential is rejected again."""


def rejected_once(evidence: Evidence) -> Finding | None:
    return _not_repeated(evidence, lambda call: call.status in WRONG, "rejected with HTTP {status}")


def accepted_once(evidence: Evidence) -> Finding | None:
    """After a reset or a time-out nobody knows whether the call was billed."""
    return _not_repeated(evidence, _may_be_billed, "accepted, though the upstream played {played}")


def called_once_for_lost_client(evidence: Evidence) -> Finding | None:
    """A client that hangs up pays for its call, or the call is cancelled; nobody has use for a second one."""
    exchange = evidence.exchange
    if not (isinstance(exchange.answer, NoAnswer) and exchange.answer.hung_up):
        return None
    if exchange.upstream is UNOBSERVED:
        return inconclusive("the upstream is not observed")
    calls = sum(call.body is not ABSENT for call in exchange.upstream)
    if not calls:
        return None
    return PASS if calls == 1 else failing("one call for a client that hung up", f"{calls} calls")


def _may_be_billed(call: UpstreamCall) -> bool:
    return call.played is not None and call.played.may_be_billed


def _not_repeated(evidence: Evidence, concerned: Callable[[UpstreamCall], bool], what: str) -> Finding | None:
    calls = evidence.exchange.upstream
    if calls is UNOBSERVED:
        return inconclusive("the upstream is not observed")
    found = [(index, call) for index, call in enumerate(calls) if call.body is not ABSENT and concerned(call)]
    for index, call in found:
        repeated = _times(call, calls[index + 1 :])
        if repeated:
            played = "" if call.played is None else call.played.name
            described = what.format(status=call.status, played=played)
            return failing(f"one call where it was {described}", f"{repeated + 1} calls with the same body and key")
    return PASS if found else None


def _times(call: UpstreamCall, later: Sequence[UpstreamCall]) -> int:
    """How often a call comes again with the same credential."""
    return sum(_is_repeated(call, other) for other in later)


def _is_repeated(call: UpstreamCall, other: UpstreamCall) -> bool:
    same_key = header(call.headers, "authorization") == header(other.headers, "authorization")
    same_target = (call.method, call.path) == (other.method, other.path)
    return (
        same_key
        and same_target
        and call.body is not ABSENT
        and other.body is not ABSENT
        and same(call.body, other.body)
    )


COST: Mapping[str, Callable[[Evidence], Finding | None]] = {
    "rejected-call-not-repeated": rejected_once,
    "accepted-call-not-repeated": accepted_once,
    "called-once-for-lost-client": called_once_for_lost_client,
}
