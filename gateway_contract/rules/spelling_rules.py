"""Other spellings of a request: 42.0 and 1e0 for an integer, a name that stands twice, or beside one in other case."""

from collections.abc import Iterator
from functools import partial
from typing import cast

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.contract.validity import validity_of
from gateway_contract.rules.mapping_rules import UNSEEN, is_omitted_default, judge_arrival
from gateway_contract.rules.rule import (
    PASS,
    Evidence,
    Finding,
    FindingKind,
    Outcome,
    Rule,
    RuleKind,
    Source,
    evidence_of,
    failing,
    inconclusive,
)
from gateway_contract.schema.constraint import ANY_NAME, Constraint, Level
from gateway_contract.traffic.exchange import Answer
from gateway_contract.traffic.statuses import is_no_evidence
from gateway_contract.values.ambiguous_names import repeats_names, values_in_other_case
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, is_whole_fraction, same, shortened
from gateway_contract.values.pointer import below, parent, placed, read, tokens


def spelling_rules(source: Source) -> Iterator[Rule]:
    """Integers are accepted in other notations and go upstream as literals; names count as they are written."""
    integers = source.contract.request.integers
    yield _repeated_names_rule(source)
    for constraint in source.contract.request.constraints.values():
        if constraint.keyword == "type" and constraint.condition is None and constraint.pointer in integers:
            yield _notation_rule(source, constraint)
    for field in source.contract.mapped:
        if field.pointer in integers:
            yield _literal_rule(source, field)
        if may_be_confused(source.contract, field):
            yield _exact_name_rule(source, field)


def may_be_confused(contract: Contract, field: MappedField) -> bool:
    """Whether a request may hold another value beside a field, under its name in other case."""
    schemas = [part.schema for part in contract.request.parts if part.pointer == field.pointer]
    listed = [schema["enum"] for schema in schemas if isinstance(schema.get("enum"), list)]
    is_fixed = any("const" in schema for schema in schemas) or any(len(cast("list[Json]", one)) < 2 for one in listed)
    unknown = below(parent(field.pointer), ANY_NAME)
    constraints = contract.request.constraints.values()
    is_closed = any(one.pointer == unknown and one.keyword == "forbidden" for one in constraints)
    return not (is_fixed or is_closed or tokens(field.pointer)[-1].isdecimal())


def _notation_rule(source: Source, constraint: Constraint) -> Rule:
    return source.rule(
        RuleKind.RANGE,
        constraint.subject,
        f"{'item-' if constraint.in_items else ''}other-notation",
        constraint.clause,
        f"{constraint.subject} is accepted in other notations of an integer, such as 42.0 and 1e0",
        constraint.place,
        partial(judge_other_notation, constraint.pointer),
        level=Level.EXPECTED,
        pointer=constraint.pointer,
        skips_retry_later=True,
    )


def _literal_rule(source: Source, field: MappedField) -> Rule:
    return source.rule(
        RuleKind.MAPPING,
        field.subject,
        "integer-literal",
        field.clause,
        f"{field.subject} is sent upstream as an integer literal: 42, not 42.0",
        field.place,
        partial(judge_integer_literal, field),
        level=Level.EXPECTED,
        pointer=field.pointer,
    )


def _exact_name_rule(source: Source, field: MappedField) -> Rule:
    return source.rule(
        RuleKind.MAPPING,
        field.subject,
        "exact-name",
        field.clause,
        f"{field.subject} is sent upstream though its name in other case has another value, or the request is rejected",
        field.place,
        partial(judge_exact_name, field),
        level=Level.EXPECTED,
        pointer=field.pointer,
    )


def _repeated_names_rule(source: Source) -> Rule:
    operation = source.contract.operation
    return source.rule(
        RuleKind.RANGE,
        "body",
        "repeated-names",
        source.contract.operation_clause,
        "a body that holds a name twice with the same value is accepted",
        source.contract.document.place(operation.pointer),
        judge_repeated_names,
        level=Level.EXPECTED,
        skips_retry_later=True,
    )


def judge_exact_name(field: MappedField, evidence: Evidence) -> Finding | None:
    """A value that must not be confused with another one, whose name differs from the field's in case only."""
    sent, others = evidence.sent(field.pointer), values_in_other_case(evidence.body, field.pointer)
    is_judged = evidence.ordinary and evidence.authorized and not evidence.validity.broken
    if sent is ABSENT or not is_judged or not any(not same(sent, other) for other in others):
        return None
    if evidence.exchange.refused:
        return None if is_no_evidence(evidence.exchange) else PASS
    if not evidence.accepted or not field.judged_for(evidence.body):  # type: ignore[arg-type] # a value is in it
        return None
    found = _judge_beside_others(field, sent, evidence)
    is_failure = found is not None and found.outcome is Outcome.FAIL
    excuse = _excuse(field, evidence) if is_failure else ""
    return inconclusive(excuse) if excuse else found


def _judge_beside_others(field: MappedField, sent: Json, evidence: Evidence) -> Finding | None:
    return PASS if is_omitted_default(field, sent, evidence) else judge_arrival(field, sent, evidence)


def _excuse(field: MappedField, evidence: Evidence) -> str:
    """Why a name in other case is not to blame: the value must arrive from the same request without it; else empty."""
    compared = evidence.exchange.compared
    without = None if compared is None else evidence_of(evidence.contract, compared.exchange)
    value = ABSENT if without is None else without.sent(field.pointer)
    if without is None or value is ABSENT or not without.accepted:
        return "the same request without the other name was not accepted, or not sent"
    arrives = _judge_beside_others(field, value, without) is PASS
    return "" if arrives else "the value does not arrive without the other name either"


def judge_repeated_names(evidence: Evidence) -> Finding | None:
    """A valid body in which every value of a repeated name is the same."""
    answer = evidence.exchange.answer
    if not (evidence.validity.valid and evidence.ordinary and evidence.authorized and isinstance(answer, Answer)):
        return None
    if not repeats_names(evidence.exchange.request.content):
        return None
    if answer.successful:
        return PASS
    if not evidence.exchange.spelling_refused:
        return inconclusive(f"HTTP {answer.status}, of which the names were not shown to be the cause")
    return failing("accepted", f"HTTP {answer.status}", FindingKind.REJECTED)


def judge_other_notation(pointer: str, evidence: Evidence) -> Finding | None:
    """A request that is valid with its integer written plainly, and holds no other integer in another notation."""
    sent, answer = evidence.sent(pointer), evidence.exchange.answer
    if not (is_whole_fraction(sent) and evidence.ordinary and evidence.authorized and isinstance(answer, Answer)):
        return None
    if not validity_of(evidence.contract, placed(evidence.body, pointer, int(sent))).valid:  # type: ignore[arg-type] # a number is in it
        return None
    if answer.successful:
        return PASS
    if not evidence.exchange.spelling_refused:
        return inconclusive(f"HTTP {answer.status}, of which the notation was not shown to be the cause")
    return failing(f"accepted, as {int(sent)} is", f"HTTP {answer.status}", FindingKind.REJECTED)


def judge_integer_literal(field: MappedField, evidence: Evidence) -> Finding | None:
    """An integer that arrived upstream, however the client wrote it."""
    sent = evidence.sent(field.pointer)
    is_integer = is_whole_fraction(sent) or (isinstance(sent, int) and not isinstance(sent, bool))
    if not (is_integer and evidence.accepted and evidence.is_valid(field.pointer)) or evidence.is_open(field.pointer):
        return None
    if evidence.call is UNOBSERVED:
        return inconclusive(UNSEEN)
    seen = ABSENT if evidence.call is ABSENT else read(evidence.call.body, field.upstream)
    if not same(seen, sent):
        return None  # whether it arrived is another rule's
    return PASS if isinstance(seen, int) else failing(f"{int(seen)} at {field.upstream}", shortened(seen))  # type: ignore[arg-type] # a float
