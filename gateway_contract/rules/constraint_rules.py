"""What a field may hold: requests that keep to it are accepted, requests that break it are refused."""

from collections.abc import Iterable

from gateway_contract.rules.conversion_rules import judge_accepted_meaning, obvious_meaning
from gateway_contract.rules.rule import (
    ACCEPTED,
    BOTH_SIDES,
    PASS,
    REFUSED,
    Evidence,
    Finding,
    FindingKind,
    Shown,
    failing,
    inconclusive,
)
from gateway_contract.schema.constraint import Constraint
from gateway_contract.schema.keyword_type import Group
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.traffic.exchange import Answer, Exchange, NoAnswer
from gateway_contract.traffic.statuses import is_broken, is_gateway_timeout, is_no_evidence, is_timed_out
from gateway_contract.values.ambiguous_names import repeats_names
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, same, shortened
from gateway_contract.values.pointer import is_within, read, removed

LONG_BODY = 16 * 1024
"""Bytes of a body from which on a gateway may find it too long, whatever its page says."""


def needed(constraint: Constraint) -> frozenset[Shown]:
    """What must be seen of a constraint: one that forbids a part allows no value that could be accepted."""
    return frozenset({Shown.REFUSED}) if constraint.keyword == "forbidden" else BOTH_SIDES


def exercises(constraint: Constraint, body: object) -> bool:
    """Whether a valid body holds a value that the constraint singles out as allowed."""
    value = read(body, constraint.pointer)
    if value is ABSENT or constraint.keyword == "forbidden":
        return False
    if constraint.condition is not None and not constraint.condition.holds(body):  # type: ignore[arg-type] # valid bodies are
        return False
    keyword = KEYWORDS[constraint.keyword]
    return keyword.group is not Group.BOUND or keyword.distance(constraint.value, value) == 0


def blamed_for_refusing(evidence: Evidence, pointer: str) -> frozenset[Constraint]:
    """The constraints at a pointer that a refusal of its valid value calls into question: the most specific ones."""
    exercised = [
        constraint
        for constraint in evidence.contract.request.constraints.values()
        if constraint.pointer == pointer and exercises(constraint, evidence.body)
    ]
    groups = [KEYWORDS[constraint.keyword].group for constraint in exercised]
    first = next((group for group in Group if group in groups), None)
    return frozenset(constraint for constraint, group in zip(exercised, groups, strict=True) if group is first)


def judge_constraint(constraint: Constraint, evidence: Evidence) -> Finding | None:
    """One keyword of the request's schema, by a request that breaks it or by one that keeps to it."""
    if not (evidence.ordinary and evidence.authorized):
        return None
    if constraint in evidence.validity.broken:
        return judge_broken(constraint, evidence)
    if evidence.validity.valid and exercises(constraint, evidence.body):
        return _judge_kept(constraint, evidence)
    return None


def judge_broken(constraint: Constraint, evidence: Evidence) -> Finding | None:
    expected = (
        f"{shortened(evidence.sent(constraint.pointer))} refused with 4xx"
        if evidence.sent(constraint.pointer) is not ABSENT
        else "refused with 4xx"
    )
    exchange = evidence.exchange
    if exchange.accepted:
        return _judge_mended(constraint, evidence, expected)
    if _shows_nothing_alone(exchange):
        if not _is_cause(constraint.pointer, evidence):
            return inconclusive(f"{_status(evidence)}, of which this value was not shown to be the cause")
        if is_broken(exchange.answer):
            return failing(expected, _status(evidence), FindingKind.BROKE)
    if exchange.refused:
        # A refusal of a request that breaks several rules, or that may be refused anyway, proves none of them.
        return REFUSED if evidence.breaks_only(constraint) else None
    return failing(expected, _status(evidence), FindingKind.BROKE)


def _shows_nothing_alone(exchange: Exchange) -> bool:
    """Whether a response to an invalid request may have another cause than what is wrong with it."""
    return is_broken(exchange.answer) or is_no_evidence(exchange) or is_timed_out(exchange.answer)


def _is_cause(pointer: str, evidence: Evidence) -> bool:
    """Whether a value was shown to cause a response, or that was not tested and the response is about the request."""
    caused_by = evidence.exchange.essential
    if caused_by is None:
        return is_broken(evidence.exchange.answer)
    return any(is_within(pointer, cause) for cause in caused_by)


def _judge_mended(constraint: Constraint, evidence: Evidence, expected: str) -> Finding | None:
    """An accepted request that breaks a constraint: right only if the contract allows changing the value."""
    meaning = obvious_meaning(constraint, evidence.sent(constraint.pointer))
    if meaning is not ABSENT:
        return judge_accepted_meaning(constraint, meaning, evidence, expected)
    if "truncate" in constraint.alternatives:
        return _judge_truncated(constraint, evidence, expected)
    if "coerce" in constraint.alternatives:
        return _judge_coerced(constraint, evidence, expected)
    return failing(expected, f"accepted ({_status(evidence)})", FindingKind.ACCEPTED)


def _judge_truncated(constraint: Constraint, evidence: Evidence, expected: str) -> Finding:
    field = evidence.contract.mapping_of(constraint.pointer)
    if field is None or evidence.call in (UNOBSERVED, ABSENT):
        return inconclusive("accepted; whether it was cut cannot be seen without an upstream call")
    seen = read(evidence.call.body, field.upstream)
    sent = evidence.sent(constraint.pointer)
    cut = isinstance(seen, str) and isinstance(sent, str) and sent.startswith(seen.rstrip()) and _fits(constraint, seen)
    if cut or seen in (None, ABSENT):
        return REFUSED
    return failing(f"{expected}, or cut", f"passed on: {shortened(seen)}", FindingKind.ACCEPTED)


def _fits(constraint: Constraint, text: str) -> bool:
    return isinstance(constraint.value, int) and len(text) <= constraint.value


def _judge_coerced(constraint: Constraint, evidence: Evidence, expected: str) -> Finding:
    """Answered as if the field had held the bound: as many images, and no more asked of the upstream."""
    wanted = f"{expected}, or answered as if it were {shortened(constraint.value)}"
    images = evidence.contract.images
    answer = evidence.exchange.answer
    if images is not None and images.count == constraint.pointer and isinstance(answer, Answer):
        items = read(answer.body, images.pointer)
        count = len(items) if isinstance(items, list) else 0
        if count != constraint.value:
            return failing(wanted, f"{count} in {images.subject}", FindingKind.ACCEPTED)
    field = evidence.contract.mapping_of(constraint.pointer)
    if field is not None and evidence.call not in (UNOBSERVED, ABSENT):
        seen = read(evidence.call.body, field.upstream)
        if seen not in (ABSENT, None) and not same(seen, constraint.value):
            return failing(wanted, f"{shortened(seen)} at {field.upstream}", FindingKind.ACCEPTED)
    return REFUSED


def _judge_kept(constraint: Constraint, evidence: Evidence) -> Finding | None:
    exchange = evidence.exchange
    if exchange.accepted:
        return ACCEPTED
    if exchange.essential is None or constraint.pointer not in exchange.essential:
        return None
    if constraint not in blamed_for_refusing(evidence, constraint.pointer):
        return None
    if open_field := _open_field(evidence, exchange.essential):
        return inconclusive(f"{_status(evidence)}; whether {open_field} is taken here is not judged")
    return failing(f"{shortened(evidence.sent(constraint.pointer))} accepted", _status(evidence), FindingKind.REJECTED)


def _open_field(evidence: Evidence, pointers: frozenset[str]) -> str:
    """Of some fields one of which the contract does not judge, for this body, whether it arrives; else empty."""
    body, mapped = evidence.body, evidence.contract.mapped
    if body is ABSENT:
        return ""
    return next((one.subject for one in mapped if one.pointer in pointers and not one.judged_for(body)), "")


def judge_json(evidence: Evidence) -> Finding | None:
    """A body that is not JSON is rejected like any other invalid request."""
    if evidence.validity.is_json or not (evidence.ordinary and evidence.authorized):
        return None
    if _shows_nothing_alone(evidence.exchange) and not _is_cause("", evidence):
        return inconclusive(f"{_status(evidence)}, of which the body was not shown to be the cause")
    if evidence.exchange.refused:
        return PASS
    kind = FindingKind.ACCEPTED if evidence.exchange.accepted else FindingKind.BROKE
    return failing("refused with 4xx", _status(evidence), kind)


def judge_accepted(evidence: Evidence) -> Finding | None:
    """A valid request works. Where it was narrowed down to a field, that field's rule is judged instead."""
    if not (evidence.validity.valid and evidence.ordinary and evidence.authorized):
        return None
    exchange = evidence.exchange
    if exchange.accepted:
        return PASS
    if is_timed_out(exchange.answer) or _timed_out_on_images(evidence):
        return inconclusive(_status(evidence))
    if repeats_names(exchange.request.content):
        return None  # another rule's, and less strict: parsers may refuse that
    size = len(exchange.request.content)
    if isinstance(exchange.answer, Answer) and exchange.answer.status == 413 and size >= LONG_BODY:
        return inconclusive(f"413 to a body of {size:,} bytes")
    return failing("accepted", _status(evidence), FindingKind.REJECTED) if not exchange.essential else None


def _timed_out_on_images(evidence: Evidence) -> bool:
    """Whether a proxy gave up on a request for several images, which may take so long, and no field is to blame."""
    images = evidence.contract.images
    if images is None or evidence.exchange.essential or not is_gateway_timeout(evidence.exchange.answer):
        return False
    wanted = evidence.effective(images.count)
    return isinstance(wanted, int) and wanted > 1


def judge_example(example: Json, evidence: Evidence) -> Finding | None:
    """The page's own example works, whatever its free text says."""
    body, marks = evidence.body, evidence.contract.marks
    if not (evidence.ordinary and evidence.authorized and evidence.validity.valid) or body is ABSENT:
        return None
    if not same(_without(marks, body), _without(marks, example)):
        return None
    answer = evidence.exchange.answer
    if is_no_evidence(evidence.exchange) or is_timed_out(answer) or _timed_out_on_images(evidence):
        return inconclusive(_status(evidence))
    return PASS if evidence.exchange.accepted else failing("accepted", _status(evidence), FindingKind.REJECTED)


def _without(pointers: Iterable[str], body: Json) -> Json:
    for pointer in pointers:
        body = removed(body, pointer)
    return body


def _status(evidence: Evidence) -> str:
    answer = evidence.exchange.answer
    return answer.problem if isinstance(answer, NoAnswer) else f"HTTP {answer.status}"
