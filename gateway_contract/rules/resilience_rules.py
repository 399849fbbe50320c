"""What a client may rely on when the upstream fails. Judged only where the upstream played a failure on purpose."""

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from gateway_contract.rules.rule import PASS, Evidence, Finding, failing
from gateway_contract.traffic.exchange import Answer, FaultCause, NoAnswer, PlayedFault, header
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, shortened
from gateway_contract.values.pointer import read

CONTENT_WORDS = ("inspection", "moderation", "content_policy", "content policy", "safety", "inappropriate", "sensitive")
"""By one of these a program or a person can tell a refusal of the content; OpenAI's and the vendor's own among them."""


def _failure(evidence: Evidence) -> PlayedFault | None:
    """What failed upstream on purpose during an exchange."""
    played = evidence.exchange.played
    return played if played is not None and played.cause.is_failure else None


def answered(evidence: Evidence) -> Finding | None:
    failure = _failure(evidence)
    if failure is None:
        return None
    answer = evidence.exchange.answer
    return (
        PASS
        if isinstance(answer, Answer)
        else failing(f"an error response when the upstream plays {failure.name}", answer.problem)
    )


def no_success_without_images(evidence: Evidence) -> Finding | None:
    failure = _failure(evidence)
    if failure is None or failure.cause is FaultCause.FEWER_IMAGES or isinstance(evidence.exchange.answer, NoAnswer):
        return None
    if not evidence.exchange.answer.successful or _got_images(evidence):
        return PASS
    return failing(f"an error when {failure.name}", f"HTTP {evidence.exchange.answer.status}")


def _got_images(evidence: Evidence) -> bool:
    """Whether another call, tried again, brought the images."""
    calls = () if evidence.exchange.upstream is UNOBSERVED else evidence.exchange.upstream
    return any(call.generated and call.played is None for call in calls)


def clients_fault_is_4xx(evidence: Evidence) -> Finding | None:
    return _status(evidence, {FaultCause.REQUEST, FaultCause.CONTENT}, "4xx", lambda status: 400 <= status < 500)


def vendors_fault_is_5xx(evidence: Evidence) -> Finding | None:
    return _status(evidence, {FaultCause.VENDOR}, "5xx", lambda status: status >= 500)


def own_key_is_not_the_clients(evidence: Evidence) -> Finding | None:
    return _status(evidence, {FaultCause.CREDENTIALS}, "neither 401 nor 403", lambda status: status not in {401, 403})


def throttling_is_429(evidence: Evidence) -> Finding | None:
    return _status(evidence, {FaultCause.THROTTLING}, "429", lambda status: status == 429)


def _status(evidence: Evidence, causes: set[FaultCause], expected: str, right: Callable[[int], bool]) -> Finding | None:
    """The status of the error that a played failure becomes; successes are another rule's."""
    failure, answer = _failure(evidence), evidence.exchange.answer
    if failure is None or failure.cause not in causes or isinstance(answer, NoAnswer) or answer.successful:
        return None
    return PASS if right(answer.status) else failing(f"{expected} when {failure.name}", f"HTTP {answer.status}")


def retry_after_is_kept(evidence: Evidence) -> Finding | None:
    failure, answer = _failure(evidence), evidence.exchange.answer
    if failure is None or failure.retry_after is None or isinstance(answer, NoAnswer) or answer.status != 429:
        return None
    seen = header(answer.headers, "retry-after")
    if not seen:
        return failing(f"Retry-After, as {failure.name}", "no such header")
    return PASS if _is_retry_after(seen) else failing("Retry-After with seconds or an HTTP date", shortened(seen))


def _is_retry_after(value: str) -> bool:
    """Whether a value is one of RFC 9110, 10.2.3."""
    if value.isascii() and value.isdecimal():
        return True
    try:
        parsedate_to_datetime(value)
    except ValueError:
        return False
    return True


def content_refusal_is_told(evidence: Evidence) -> Finding | None:
    failure, answer = _failure(evidence), evidence.exchange.answer
    if failure is None or failure.cause is not FaultCause.CONTENT or isinstance(answer, NoAnswer) or answer.successful:
        return None
    told = answer.content.decode("utf-8", "replace").lower()
    known = any(word in told for word in CONTENT_WORDS)
    return PASS if known else failing("an error that names the content", f"HTTP {answer.status} that does not")


def error_has_the_usual_shape(evidence: Evidence) -> Finding | None:
    failure, answer = _failure(evidence), evidence.exchange.answer
    schema = evidence.contract.operation.refusal
    if failure is None or schema is None or isinstance(answer, NoAnswer) or answer.status < 400:
        return None
    if answer.body is ABSENT:
        return failing(f"a JSON error when {failure.name}", f"HTTP {answer.status} without JSON")
    wrong = sorted({constraint.pointer or "the whole" for constraint in schema.broken(answer.body)})
    return failing("the error body that refusals have", f"wrong: {', '.join(wrong)}") if wrong else PASS


def fewer_images_are_told(evidence: Evidence) -> Finding | None:
    failure, answer, images = _failure(evidence), evidence.exchange.answer, evidence.contract.images
    if (
        failure is None
        or failure.cause is not FaultCause.FEWER_IMAGES
        or isinstance(answer, NoAnswer)
        or images is None
    ):
        return None
    items = read(answer.body, images.pointer) if answer.successful else []
    calls = () if evidence.exchange.upstream is UNOBSERVED else evidence.exchange.upstream
    made = sum(len(call.images) for call in calls)
    shown = len(items) if isinstance(items, list) else 0
    return PASS if shown <= made else failing(f"at most the {made} images that were made", f"{shown} items")


def next_request_works(evidence: Evidence) -> Finding | None:
    failure = evidence.exchange.follows
    if failure is None or not failure.cause.is_failure or evidence.exchange.is_connections_fault:
        return None
    if evidence.exchange.accepted:
        return PASS
    return failing(f"accepted, after {failure.name}", _rejection(evidence.exchange.answer))


def _rejection(answer: Answer | NoAnswer) -> str:
    """For example `HTTP 503, Retry-After: 30`; reports add the gateway's words."""
    if isinstance(answer, NoAnswer):
        return answer.problem
    later = header(answer.headers, "retry-after")
    return f"HTTP {answer.status}" + (f", Retry-After: {later}" if later is not None else "")


RESILIENCE: Mapping[str, Callable[[Evidence], Finding | None]] = {
    "answered-when-upstream-fails": answered,
    "no-success-without-images": no_success_without_images,
    "clients-fault-is-4xx": clients_fault_is_4xx,
    "vendors-fault-is-5xx": vendors_fault_is_5xx,
    "own-key-is-not-the-clients": own_key_is_not_the_clients,
    "throttling-is-429": throttling_is_429,
    "retry-after-is-kept": retry_after_is_kept,
    "content-refusal-is-told": content_refusal_is_told,
    "error-has-the-usual-shape": error_has_the_usual_shape,
    "fewer-images-are-told": fewer_images_are_told,
    "next-request-works": next_request_works,
}
