"""A field that is left out counts as its default: upstream, and in the answer."""

from typing import Literal, cast

from gateway_contract.contract.definition import MappedField, Upstream
from gateway_contract.contract.mapping import FieldLocation, Location, locate, upstream_default
from gateway_contract.contract.validity import upstream_refuses
from gateway_contract.rules.carry_over_rules import carried_over
from gateway_contract.rules.response_rules import judge_by_answer, judge_default_by_answer
from gateway_contract.rules.rule import PASS, Evidence, Finding, FindingKind, Outcome, failing, inconclusive
from gateway_contract.schema.constraint import Part
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.traffic.statuses import is_timed_out
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, Nothing, same, shortened
from gateway_contract.values.pointer import read

NO_CALL = "no upstream call was seen for this request"
UNSEEN = "the upstream is not observed"
NOT_JSON = "the body of the upstream call is not JSON"


def judge_mapped(field: MappedField, evidence: Evidence) -> Finding | None:
    """A value that needs no change and is not easily lost."""
    sent = _judgeable(field, evidence)
    if sent is ABSENT or not same(field.expected(sent), sent):
        return None
    if may_be_omitted(field, sent, evidence):
        return _judge_changed(field, sent, evidence)
    return None if is_preserved(field, sent) else judge_arrival(field, sent, evidence)


def judge_normalized(field: MappedField, evidence: Evidence) -> Finding | None:
    """A value that the upstream takes in another form."""
    sent = _judgeable(field, evidence)
    if sent is ABSENT or same(field.expected(sent), sent):
        return None
    if may_be_omitted(field, sent, evidence):
        return _judge_changed(field, sent, evidence)
    return judge_arrival(field, sent, evidence)


def judge_preserved(field: MappedField, value: Json, evidence: Evidence) -> Finding | None:
    """A value that is easily taken for nothing."""
    sent = _judgeable(field, evidence)
    if sent is ABSENT or not same(sent, value):
        return None
    if may_be_omitted(field, sent, evidence):
        return _judge_sent(field, sent, evidence)
    return judge_arrival(field, sent, evidence)


def judge_default_sent(field: MappedField, evidence: Evidence) -> Finding | None:
    """A value that the upstream would take anyway."""
    sent = _judgeable(field, evidence)
    if sent is ABSENT or is_preserved(field, sent) or not may_be_omitted(field, sent, evidence):
        return None
    return _judge_sent(field, sent, evidence)


def may_be_omitted(field: MappedField, sent: Json, evidence: Evidence) -> bool:
    """Whether leaving a value out upstream comes to the same by the page, because it is the upstream's default."""
    if not field.may_omit_default or evidence.body is ABSENT:
        return False
    default = upstream_default(evidence.contract, field, evidence.body)
    return default is not ABSENT and same(field.expected(sent), default)


def is_omitted_default(field: MappedField, sent: Json, evidence: Evidence) -> bool:
    """Whether a value was left out upstream and may be."""
    if evidence.call in (UNOBSERVED, ABSENT) or not may_be_omitted(field, sent, evidence):
        return False
    seen = read(evidence.call.body, field.upstream)
    return seen is ABSENT or is_nothing(field, seen, evidence)


def _unseen(evidence: Evidence) -> Finding | None:
    """Why nothing is known about the fields of an upstream call, where nothing is."""
    if evidence.call is UNOBSERVED:
        return inconclusive(UNSEEN)
    if evidence.call is ABSENT:
        return inconclusive(NO_CALL)
    return inconclusive(NOT_JSON) if evidence.call.body is ABSENT else None


def _judge_changed(field: MappedField, sent: Json, evidence: Evidence) -> Finding | None:
    """Of a value that may be omitted: that no other stands in its place."""
    unseen = _unseen(evidence)
    if unseen is not None:
        return unseen
    return judge_arrival(field, sent, evidence) if _is_changed(field, sent, evidence) else PASS


def _judge_sent(field: MappedField, sent: Json, evidence: Evidence) -> Finding | None:
    """Of a value that may be omitted: that it is not. What is changed breaks the rule that it is mapped."""
    return None if _is_changed(field, sent, evidence) else judge_arrival(field, sent, evidence)


def _is_changed(field: MappedField, sent: Json, evidence: Evidence) -> bool:
    if evidence.call in (UNOBSERVED, ABSENT) or adds_up(field, sent, evidence):
        return False
    seen = read(evidence.call.body, field.upstream)
    return not (seen is ABSENT or is_nothing(field, seen, evidence) or field.arrived(sent, seen))


def judge_not_invented(field: MappedField, evidence: Evidence) -> Finding | None:
    """A field without a default that the client leaves out stays out."""
    if not (evidence.validity.valid and evidence.accepted and evidence.sent(field.pointer) is ABSENT):
        return None
    if not field.judged_for(evidence.body):  # type: ignore[arg-type] # valid bodies are JSON
        return None
    return judge_absence(field, evidence, ABSENT)


def judge_absence(field: MappedField, evidence: Evidence, default: Json | Literal[Nothing.ABSENT]) -> Finding | None:
    """What an upstream call holds for a field that the client left out: nothing, or the contract's default."""
    expected = f"nothing at {field.upstream}" + ("" if default is ABSENT else f", or {shortened(default)}")
    unseen = _unseen(evidence)
    if unseen is not None or evidence.call in (UNOBSERVED, ABSENT):
        return unseen
    if carried_over(field, evidence) is not None:
        return None  # that it is another request's, its own rule tells
    seen = read(evidence.call.body, field.upstream)
    if seen is ABSENT or is_nothing(field, seen, evidence) or (default is not ABSENT and field.arrived(default, seen)):
        return PASS
    return failing(expected, str(FieldLocation(Location.INJECTED, field.upstream, seen)), FindingKind.INJECTED)


def is_nothing(field: MappedField, seen: Json, evidence: Evidence) -> bool:
    """Whether a null stands for a field that was left out: so it does where the upstream's document takes it."""
    call, upstream = evidence.call, evidence.contract.upstream
    if seen is not None or upstream is None or call in (ABSENT, UNOBSERVED) or call.body is ABSENT:
        return False
    refused = upstream_refuses(upstream.behind(call.method, call.path), call.body)
    return all(constraint.pointer != field.upstream for constraint in refused)


def _judgeable(field: MappedField, evidence: Evidence) -> Json | Literal[Nothing.ABSENT]:
    """The value that was sent for a field and is valid by itself; ABSENT where nothing is said about its arrival."""
    if not (evidence.accepted or is_refused_upstream(evidence)) or evidence.body is ABSENT:
        return ABSENT
    if evidence.is_open(field.pointer) or not evidence.is_valid(field.pointer) or not field.judged_for(evidence.body):
        return ABSENT
    return evidence.sent(field.pointer)


def is_refused_upstream(evidence: Evidence) -> bool:
    """Whether a valid request failed because the upstream did not take the call that was made of it."""
    call = evidence.call
    if is_timed_out(evidence.exchange.answer) or call in (ABSENT, UNOBSERVED):
        return False
    if not (evidence.ordinary and evidence.authorized and evidence.validity.valid):
        return False
    return 400 <= call.status < 500


def is_preserved(field: MappedField, sent: Json) -> bool:
    return any(same(sent, value) for value in field.preserve)


def judge_arrival(field: MappedField, sent: Json, evidence: Evidence) -> Finding | None:
    """Whether a value is where it belongs in the upstream call."""
    if evidence.call is UNOBSERVED:
        return judge_by_answer(field.pointer, evidence) or inconclusive(UNSEEN)
    unseen = _unseen(evidence)
    if unseen is not None or evidence.call is ABSENT:
        return unseen
    if adds_up(field, sent, evidence):
        return PASS
    finding = _finding(field, sent, locate(evidence.contract, field, sent, evidence.call.body))
    return finding if evidence.accepted or finding is not PASS else None  # what failed proves nothing but its reason


def adds_up(field: MappedField, sent: Json, evidence: Evidence) -> bool:
    """Whether several calls together ask for as many images as the client; several calls lose nothing."""
    images, upstream, calls = evidence.contract.images, evidence.contract.upstream, evidence.exchange.upstream
    if images is None or images.count != field.pointer or upstream is None or calls is UNOBSERVED:
        return False
    counts = [_count_in(call, field, upstream) for call in calls if call.generated]
    return len(counts) > 1 and sum(counts) == sent


def _count_in(call: UpstreamCall, field: MappedField, upstream: Upstream) -> int:
    """How many images a call asks for, in so many words or by default; 0 where it says no number."""
    seen = read(call.body, field.upstream)
    if seen is ABSENT and call.body is not ABSENT:
        seen = upstream.operation.request.default(field.upstream, call.body)
    return seen if isinstance(seen, int) else 0


def _finding(field: MappedField, sent: Json, seen: FieldLocation) -> Finding:
    if seen.location is Location.IN_PLACE:
        return PASS
    expected = f"{shortened(field.expected(sent))} at {field.upstream}"
    return failing(expected, str(seen), FindingKind(seen.location.value))


def judge_default(part: Part, evidence: Evidence) -> Finding | None:
    """Left out, a field is its default wherever it shows."""
    if not (evidence.validity.valid and evidence.accepted) or evidence.sent(part.pointer) is not ABSENT:
        return None
    default = part.schema["default"]
    if evidence.effective(part.pointer) != default:
        return None
    findings = [judge_default_by_answer(part.pointer, evidence)]
    field = evidence.contract.mapping_of(part.pointer)
    if field is not None and field.judged_for(cast("Json", evidence.body)):
        findings.append(judge_absence(field, evidence, default))
    return worst([finding for finding in findings if finding is not None])


def worst(findings: list[Finding]) -> Finding | None:
    """A failure before all, then what passes; inconclusive only where nothing else is known."""
    for outcome in (Outcome.FAIL, Outcome.PASS):
        found = next((finding for finding in findings if finding.outcome is outcome), None)
        if found is not None:
            return found
    return findings[0] if findings else None
