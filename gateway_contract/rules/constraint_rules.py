"""What a field may hold: requests that keep to it are accepted, requests that break it are refused."""

from collections.abc import Iterable

from gateway_contract.rules.rule import PASS, Examined, Finding, failing, inconclusive
from gateway_contract.schema.constraint import Constraint
from gateway_contract.schema.keyword_type import Group
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.traffic.exchange import Answer, NoAnswer
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, same, shortened
from gateway_contract.values.pointer import read, removed

TOO_MANY_REQUESTS = frozenset({408, 425, 429})
"""Refusals that say nothing about the request (RFC 9110 15.5.9, RFC 8470 5.2, RFC 6585 4)."""


def exercises(constraint: Constraint, body: object) -> bool:
    """Whether a valid body holds a value that the constraint singles out as allowed."""
    value = read(body, constraint.pointer)
    if value is ABSENT or constraint.keyword == "forbidden":
        return False
    if constraint.condition is not None and not constraint.condition.holds(body):  # type: ignore[arg-type] # valid bodies are
        return False
    keyword = KEYWORDS[constraint.keyword]
    return keyword.group is not Group.BOUND or keyword.distance(constraint.value, value) == 0


def blamed_for_refusing(examined: Examined, pointer: str) -> frozenset[Constraint]:
    """The constraints at a pointer that a refusal of its valid value calls into question: the most specific ones."""
    exercised = [
        constraint
        for constraint in examined.contract.request.constraints.values()
        if constraint.pointer == pointer and exercises(constraint, examined.body)
    ]
    groups = [KEYWORDS[constraint.keyword].group for constraint in exercised]
    first = next((group for group in Group if group in groups), None)
    return frozenset(constraint for constraint, group in zip(exercised, groups, strict=True) if group is first)


def judge_constraint(constraint: Constraint, examined: Examined) -> Finding | None:
    """One keyword of the request's schema, by a request that breaks it or by one that keeps to it."""
    if not (examined.ordinary and examined.authorized):
        return None
    if constraint in examined.standing.broken and not examined.blames_no_field:
        return judge_broken(constraint, examined)
    if examined.standing.valid and exercises(constraint, examined.body):
        return _judge_kept(constraint, examined)
    return None


def judge_broken(constraint: Constraint, examined: Examined) -> Finding | None:
    expected = (
        f"{shortened(examined.sent(constraint.pointer))} refused with 4xx"
        if examined.sent(constraint.pointer) is not ABSENT
        else "refused with 4xx"
    )
    answer = examined.exchange.answer
    if isinstance(answer, NoAnswer):
        return failing(expected, answer.problem)
    if answer.status in TOO_MANY_REQUESTS:
        return None
    if answer.refusing:
        # A refusal of a request that breaks several rules proves none of them.
        return PASS if len(examined.standing.broken) == 1 else None
    if answer.successful:
        return _judge_mended(constraint, examined, expected)
    return failing(expected, f"HTTP {answer.status}")


def _judge_mended(constraint: Constraint, examined: Examined, expected: str) -> Finding:
    """An accepted request that breaks a constraint: right only where the contract allows to mend it."""
    if "truncate" in constraint.alternatives:
        return _judge_truncated(constraint, examined, expected)
    if "coerce" in constraint.alternatives:
        return _judge_coerced(constraint, examined, expected)
    return failing(expected, f"accepted ({_status(examined)})")


def _judge_truncated(constraint: Constraint, examined: Examined, expected: str) -> Finding:
    field = examined.contract.mapping_of(constraint.pointer)
    if field is None or examined.call in (UNOBSERVED, ABSENT):
        return inconclusive("accepted; whether it was cut cannot be seen without an upstream call")
    seen = read(examined.call.body, field.upstream)
    sent = examined.sent(constraint.pointer)
    cut = isinstance(seen, str) and isinstance(sent, str) and sent.startswith(seen.rstrip()) and _fits(constraint, seen)
    return PASS if cut or seen in (None, ABSENT) else failing(f"{expected}, or cut", f"passed on: {shortened(seen)}")


def _fits(constraint: Constraint, text: str) -> bool:
    return isinstance(constraint.value, int) and len(text) <= constraint.value


def _judge_coerced(constraint: Constraint, examined: Examined, expected: str) -> Finding:
    """Answered as if the field had held the bound: as many images, and no more asked of the upstream."""
    wanted = f"{expected}, or answered as if it were {shortened(constraint.value)}"
    images = examined.contract.images
    answer = examined.exchange.answer
    if images is not None and images.count == constraint.pointer and isinstance(answer, Answer):
        items = read(answer.body, images.pointer)
        count = len(items) if isinstance(items, list) else 0
        if count != constraint.value:
            return failing(wanted, f"{count} in {images.subject}")
    field = examined.contract.mapping_of(constraint.pointer)
    if field is not None and examined.call not in (UNOBSERVED, ABSENT):
        seen = read(examined.call.body, field.upstream)
        if seen not in (ABSENT, None) and not same(seen, constraint.value):
            return failing(wanted, f"{shortened(seen)} at {field.upstream}")
    return PASS


def _judge_kept(constraint: Constraint, examined: Examined) -> Finding | None:
    exchange = examined.exchange
    if exchange.accepted:
        return PASS
    if exchange.essential is None or constraint.pointer not in exchange.essential:
        return None
    if constraint not in blamed_for_refusing(examined, constraint.pointer):
        return None
    return failing(f"{shortened(examined.sent(constraint.pointer))} accepted", _status(examined))


def judge_json(examined: Examined) -> Finding | None:
    """Content that is no JSON at all is refused like any other bad request."""
    if examined.standing.is_json or not (examined.ordinary and examined.authorized) or examined.blames_no_field:
        return None
    answer = examined.exchange.answer
    if isinstance(answer, NoAnswer):
        return failing("refused with 4xx", answer.problem)
    if answer.status in TOO_MANY_REQUESTS:
        return None
    return PASS if answer.refusing else failing("refused with 4xx", _status(examined))


def judge_accepted(examined: Examined) -> Finding | None:
    """A valid request works. Where it was narrowed down to a field, that field's rule is judged instead."""
    if not (examined.standing.valid and examined.ordinary and examined.authorized):
        return None
    exchange = examined.exchange
    if exchange.accepted:
        return PASS
    if isinstance(exchange.answer, Answer) and exchange.answer.status in TOO_MANY_REQUESTS:
        return None
    return failing("accepted", _status(examined)) if not exchange.essential else None


def judge_example(example: Json, examined: Examined) -> Finding | None:
    """The page's own example works, whatever its free text says."""
    body, marks = examined.body, examined.contract.marks
    if not (examined.ordinary and examined.authorized and examined.standing.valid) or body is ABSENT:
        return None
    if not same(_without(marks, body), _without(marks, example)):
        return None
    return PASS if examined.exchange.accepted else failing("accepted", _status(examined))


def _without(pointers: Iterable[str], body: Json) -> Json:
    for pointer in pointers:
        body = removed(body, pointer)
    return body


def _status(examined: Examined) -> str:
    answer = examined.exchange.answer
    return answer.problem if isinstance(answer, NoAnswer) else f"HTTP {answer.status}"
