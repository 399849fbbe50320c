"""What an upstream may do that a gateway must cope with: it is slow, or uses HTTP in another way. Nothing failed."""

from collections.abc import Callable, Mapping
from functools import partial

from gateway_contract.rules.rule import PASS, Evidence, Finding, failing
from gateway_contract.traffic.exchange import BrokenImage, FaultCause, NoAnswer
from gateway_contract.values.json_value import ABSENT, UNOBSERVED


def judge_unusual(cause: FaultCause, evidence: Evidence) -> Finding | None:
    """A valid request is accepted during and directly after an answer that is correct and unusual."""
    exchange = evidence.exchange
    played = exchange.played or exchange.follows
    if played is None or played.cause is not cause:
        return None
    when = "when" if exchange.played is not None else "after"
    expected = f"accepted {when} the upstream plays {played.name}"
    if isinstance(exchange.answer, NoAnswer) and exchange.answer.hung_up:
        return None
    if isinstance(exchange.answer, NoAnswer):
        return failing(expected, exchange.answer.problem)
    if not exchange.accepted:
        return failing(expected, f"HTTP {exchange.answer.status} after {exchange.answer.seconds:.1f} s")
    broken, expected = _broken_image(evidence), f"images {when} the upstream plays {played.name}"
    return _judge_number(evidence, expected) if broken is None else failing(expected, broken.problem)


def _judge_number(evidence: Evidence, expected: str) -> Finding:
    """Whether as many images came as were made and asked for: a late one may be left out of a success."""
    call, shown, images = evidence.call, evidence.exchange.images, evidence.contract.images
    if call is ABSENT or call is UNOBSERVED or shown is UNOBSERVED or images is None:
        return PASS
    asked, given = evidence.effective(images.count), sum(map(bool, shown))
    wanted = min(len(call.images), asked) if isinstance(asked, int) else len(call.images)
    return PASS if given >= wanted else failing(f"{wanted} {expected}", str(given))


def _broken_image(evidence: Evidence) -> BrokenImage | None:
    found = () if evidence.exchange.images is UNOBSERVED else evidence.exchange.images
    images = (image for item in found for image in item if isinstance(image, BrokenImage))
    return next((image for image in images if not image.skipped), None)


UNUSUAL: Mapping[str, Callable[[Evidence], Finding | None]] = {
    "slow-upstream-waited-for": partial(judge_unusual, FaultCause.SLOWNESS),
    "upstream-http-understood": partial(judge_unusual, FaultCause.OTHER_HTTP),
}
