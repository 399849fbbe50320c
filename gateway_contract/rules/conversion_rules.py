"""Values of another type or form that a gateway converts: to what they obviously mean, or to something else."""

from dataclasses import replace
from typing import Literal, cast

from gateway_contract.contract.validity import validity_of
from gateway_contract.rules.mapping_rules import is_omitted_default, judge_arrival
from gateway_contract.rules.response_rules import judge_by_answer
from gateway_contract.rules.rule import (
    PASS,
    REFUSED,
    Evidence,
    Finding,
    FindingKind,
    ObservedConversion,
    Outcome,
    failing,
    inconclusive,
)
from gateway_contract.schema.constraint import Constraint
from gateway_contract.traffic.exchange import Answer
from gateway_contract.values.conversion import conversion_to
from gateway_contract.values.json_value import ABSENT, Json, Nothing, shortened
from gateway_contract.values.pointer import placed

NOT_JUDGED = "whether it goes upstream is not judged"


def convertible(constraint: Constraint) -> bool:
    """Whether a gateway may convert values that break a constraint."""
    return "convert" in constraint.alternatives


def obvious_meaning(constraint: Constraint, value: Json | Literal[Nothing.ABSENT]) -> Json | Literal[Nothing.ABSENT]:
    """The value to which a gateway may convert one that breaks a constraint; ABSENT where there is none."""
    conversion = conversion_to(constraint.keyword, constraint.value) if convertible(constraint) else None
    return ABSENT if conversion is None or value is ABSENT else conversion(value)


def judge_accepted_meaning(constraint: Constraint, meaning: Json, evidence: Evidence, expected: str) -> Finding | None:
    """An accepted value of another type or form: right where it was converted to exactly what it means."""
    wanted = f"{expected}, or converted to {shortened(meaning)}"
    converted = _as_converted(constraint, meaning, evidence)
    broken = [one for one in converted.validity.broken if one.pointer == constraint.pointer]
    if broken:  # what a gateway may do about these is no conversion's matter
        mendable = all(one.alternatives - {"refuse"} for one in broken)
        problem = f"accepted, but {shortened(meaning)} is invalid as well"
        return None if mendable else failing(wanted, problem, FindingKind.ACCEPTED)
    found = _arrival(constraint, meaning, converted)
    match found.outcome:
        case Outcome.FAIL:
            return replace(found, expected=wanted, kind=FindingKind.ACCEPTED)
        case Outcome.PASS:
            return REFUSED
    return found


def judge_converted(constraint: Constraint, evidence: Evidence) -> Finding | None:
    """A value with an obvious meaning is rejected. One that is converted to something else breaks the constraint."""
    if not (evidence.ordinary and evidence.authorized) or evidence.blames_no_field:
        return None
    sent, answer = evidence.sent(constraint.pointer), evidence.exchange.answer
    meaning = obvious_meaning(constraint, sent) if constraint in evidence.validity.broken else ABSENT
    if meaning is ABSENT or not isinstance(answer, Answer):
        return None
    expected = f"{shortened(sent)} refused with 4xx"
    if answer.refusing:
        return PASS if evidence.breaks_only(constraint) else None
    found = judge_accepted_meaning(constraint, meaning, evidence, expected) if answer.successful else None
    if found is None or found.outcome is Outcome.FAIL:
        return None
    if found.outcome is Outcome.PASS:
        conversion = ObservedConversion(shortened(sent), shortened(meaning), str(constraint.value))
        converted = failing(expected, f"converted to {shortened(meaning)}", FindingKind.CONVERTED)
        return replace(converted, conversion=conversion)
    problem = f"accepted; the converted value cannot be seen: {found.observed}"
    return failing(expected, problem, FindingKind.ACCEPTED)


def _as_converted(constraint: Constraint, meaning: Json, evidence: Evidence) -> Evidence:
    """The evidence as if the client had sent the meaning itself."""
    exchange = evidence.exchange
    body = placed({} if exchange.request.body is ABSENT else exchange.request.body, constraint.pointer, meaning)
    request = replace(exchange.request, body=body)
    return replace(evidence, exchange=replace(exchange, request=request), validity=validity_of(evidence.contract, body))


def _arrival(constraint: Constraint, meaning: Json, evidence: Evidence) -> Finding:
    """Whether the meaning went upstream, by the evidence as if it had been sent."""
    field = evidence.contract.mapping_of(constraint.pointer)
    if field is None or not field.judged_for(cast("Json", evidence.body)):
        return judge_by_answer(constraint.pointer, evidence) or inconclusive(NOT_JUDGED)
    if is_omitted_default(field, meaning, evidence):
        return PASS
    return judge_arrival(field, meaning, evidence) or PASS
