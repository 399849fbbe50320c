"""From a contract to its rules: one fact of the document, one rule."""

from collections.abc import Iterator
from functools import partial

from gateway_contract.contract.definition import DEFAULT_SENT, Contract, MappedField
from gateway_contract.contract.mapping import default_values
from gateway_contract.contract.validity import NOT_JUDGED, untestable
from gateway_contract.document.node import DocumentError, Place
from gateway_contract.rules import constraint_rules, conversion_rules, mapping_rules, statements
from gateway_contract.rules.carry_over_rules import judge_not_carried_over, may_be_carried_over
from gateway_contract.rules.expectations import EXPECTATIONS
from gateway_contract.rules.idempotency_rules import judge_key
from gateway_contract.rules.mapping_rules import is_preserved
from gateway_contract.rules.response_rules import answer_rules, refusal_rules
from gateway_contract.rules.rule import Rule, RuleKind, Source
from gateway_contract.rules.security_rules import judge_unauthorized
from gateway_contract.rules.spelling_rules import spelling_rules
from gateway_contract.rules.statements import constraint_property, for_condition, slug
from gateway_contract.schema.constraint import Level
from gateway_contract.schema.keywords import constraint_sentence
from gateway_contract.traffic.exchange import Credential
from gateway_contract.values.json_value import Json, same, shortened

UNAUTHORIZED = {
    "required": Credential.MISSING,
    "empty": Credential.EMPTY,
    "scheme": Credential.OTHER_SCHEME,
    "token": Credential.WRONG,
}


def derive_rules(contract: Contract) -> tuple[Rule, ...]:
    """Every rule of a contract, in the order of the document.

    Raises DocumentError for all that is wrong: where two rules would have one id, a rule cites a clause that is not
    listed, an expectation names no judge, or a clause of the contract has neither a rule nor an excuse.
    """
    source = Source(contract)
    rules = (
        *_body_rules(source),
        *_range_rules(source),
        *_conversion_rules(source),
        *spelling_rules(source),
        *_default_rules(source),
        *_mapping_rules(source),
        *_key_rules(source),
        *_authorization_rules(source),
        *answer_rules(source),
        *refusal_rules(source),
        *_example_rules(source),
        *_expectation_rules(source),
    )
    source.errors.found.extend([*_doubled_ids(rules), *_clause_errors(contract, rules)])
    source.errors.raise_all()
    return rules


def _body_rules(source: Source) -> Iterator[Rule]:
    operation = source.contract.operation
    place = source.contract.document.place(operation.pointer)
    clause = source.contract.operation_clause
    yield source.rule(
        RuleKind.RANGE,
        "body",
        "json",
        clause,
        "a body that is not JSON is rejected",
        place,
        constraint_rules.judge_json,
        skips_retry_later=True,
    )
    yield source.rule(
        RuleKind.RANGE,
        None,
        "accepted",
        clause,
        "a valid request is accepted",
        place,
        constraint_rules.judge_accepted,
        skips_retry_later=True,
        named="request",
    )


def _range_rules(source: Source) -> Iterator[Rule]:
    for constraint in source.contract.request.constraints.values():
        if constraint.keyword != NOT_JUDGED:
            yield source.rule(
                RuleKind.RANGE,
                constraint.subject,
                constraint_property(constraint),
                constraint.clause,
                constraint_sentence(constraint),
                constraint.place,
                partial(constraint_rules.judge_constraint, constraint),
                level=constraint.level,
                pointer=constraint.pointer,
                untestable=untestable(constraint.condition, source.contract.request),
                skips_retry_later=True,
                needs=constraint_rules.needed(constraint),
            )


def _conversion_rules(source: Source) -> Iterator[Rule]:
    for constraint in source.contract.request.constraints.values():
        if conversion_rules.convertible(constraint):
            yield source.rule(
                RuleKind.RANGE,
                constraint.subject,
                f"{'item-' if constraint.in_items else ''}converted{for_condition(constraint.condition)}",
                constraint.clause,
                statements.converted_sentence(constraint),
                constraint.place,
                partial(conversion_rules.judge_converted, constraint),
                level=Level.EXPECTED,
                pointer=constraint.pointer,
                untestable=untestable(constraint.condition, source.contract.request),
                skips_retry_later=True,
            )


def _default_rules(source: Source) -> Iterator[Rule]:
    for part in source.contract.request.parts:
        if "default" in part.schema:
            yield source.rule(
                RuleKind.DEFAULT,
                part.subject,
                f"default{for_condition(part.condition)}",
                part.clause("default"),
                f"{part.subject} defaults to {shortened(part.schema['default'])}",
                part.place,
                partial(mapping_rules.judge_default, part),
                level=part.level("default"),
                pointer=part.pointer,
                untestable=untestable(part.condition, source.contract.request),
            )


def _mapping_rules(source: Source) -> Iterator[Rule]:
    for field in source.contract.mapped:
        rules = tuple(_rules_of_field(source, field))
        yield from rules
        names = [rule.id.rpartition("/")[2] for rule in rules]
        for unknown in [name for name in field.clauses if name not in {"*", DEFAULT_SENT, *names}]:
            problem = f"x-upstream: {field.subject} has no rule {unknown}"
            source.errors.found.append(DocumentError(field.place, problem, f"it has {', '.join(names)}"))


def _rules_of_field(source: Source, field: MappedField) -> Iterator[Rule]:
    yield _mapping_rule(source, field, RuleKind.MAPPING, "mapped")
    if field.normalize is not None and _takes_other_forms(source.contract, field):
        yield _mapping_rule(source, field, RuleKind.MAPPING, "normalized")
    if not field.may_be_invented:
        yield _mapping_rule(source, field, RuleKind.DEFAULT, "not-invented")
    defaults = _omittable_defaults(source, field)
    if not all(is_preserved(field, value) for value in defaults):
        yield _mapping_rule(source, field, RuleKind.MAPPING, DEFAULT_SENT)
    if may_be_carried_over(source.contract, field):
        yield _mapping_rule(source, field, RuleKind.ISOLATION, "not-carried-over")
    for value in field.preserve:
        name = f"preserves-{slug(shortened(value).replace('-', 'minus-')) or 'empty'}"
        yield source.rule(
            RuleKind.PRESERVATION,
            field.subject,
            name,
            field.clause_of(DEFAULT_SENT if any(same(value, default) for default in defaults) else name),
            statements.preserved_sentence(field, value),
            field.place,
            partial(mapping_rules.judge_preserved, field, value),
            level=field.level,
            pointer=field.pointer,
        )


def _omittable_defaults(source: Source, field: MappedField) -> list[Json]:
    """The upstream's defaults for a field that may be left out where it is one."""
    contract = source.contract
    if not field.may_omit_default or contract.upstream is None:
        return []
    found = default_values(contract.upstream, field)
    if not found:
        problem = f"{contract.upstream.name} has no default at {field.upstream}"
        source.errors.found.append(DocumentError(field.place, problem, f"take {DEFAULT_SENT} out of its clauses"))
    return found


_MAPPING = {
    "mapped": (mapping_rules.judge_mapped, statements.mapped_sentence),
    "normalized": (mapping_rules.judge_normalized, statements.normalized_sentence),
    DEFAULT_SENT: (mapping_rules.judge_default_sent, statements.default_sentence),
    "not-invented": (mapping_rules.judge_not_invented, statements.invented_sentence),
    "not-carried-over": (judge_not_carried_over, statements.carried_over_sentence),
}


def _mapping_rule(source: Source, field: MappedField, kind: RuleKind, name: str) -> Rule:
    judge, sentence = _MAPPING[name]
    return source.rule(
        kind,
        field.subject,
        name,
        field.clause_of(name),
        sentence(field),
        field.place,
        partial(judge, field),
        level=field.level,
        pointer=field.pointer,
    )


def _takes_other_forms(contract: Contract, field: MappedField) -> bool:
    """Whether some value that the contract shows as an example has to change on its way."""
    examples = [
        value
        for part in contract.request.parts
        if part.pointer == field.pointer
        for value in (part.schema.get("examples") or [])  # type: ignore[union-attr] # a list by the meta-schema
    ]
    return any(field.expected(value) != value for value in examples)


def _key_rules(source: Source) -> Iterator[Rule]:
    key = source.contract.idempotency_key
    if key is not None:
        yield source.rule(
            RuleKind.ISOLATION,
            None,
            "idempotency-key",
            key.clause,
            f"a request that comes again with the same {key.header} is paid once",
            key.place,
            judge_key,
            skips_retry_later=True,
            named="request",
        )


def _authorization_rules(source: Source) -> Iterator[Rule]:
    place = source.contract.operation.secured
    if place is None:
        return
    for name, credential in UNAUTHORIZED.items():
        yield source.rule(
            RuleKind.AUTHORIZATION,
            "authorization",
            name,
            source.contract.security_clause,
            f"a request with {credential.value} is rejected",
            place,
            partial(judge_unauthorized, credential),
            skips_retry_later=True,
        )


def _example_rules(source: Source) -> Iterator[Rule]:
    for example in source.contract.examples:
        yield source.rule(
            RuleKind.RANGE,
            None,
            f"accepts-{example.name}",
            example.clause,
            f"the page's own example ({example.name}) works",
            example.place,
            partial(constraint_rules.judge_example, example.body),
            skips_retry_later=True,
            named="example",
        )


def _expectation_rules(source: Source) -> Iterator[Rule]:
    for expectation in source.contract.expectations:
        found = EXPECTATIONS.get(expectation.judge)
        if found is None:
            problem, remedy = f"no judge {expectation.judge}", f"there are: {', '.join(EXPECTATIONS)}"
            source.errors.found.append(DocumentError(expectation.place, problem, remedy))
            continue
        subject, _, name = expectation.rule.partition("/")
        yield source.rule(
            found.kind,
            subject,
            name,
            expectation.clause,
            expectation.says,
            expectation.place,
            found.judge,
            skips_retry_later=found.skips_retry_later,
        )


def _doubled_ids(rules: tuple[Rule, ...]) -> Iterator[DocumentError]:
    seen: dict[str, Place] = {}
    for rule in rules:
        if rule.id in seen:
            yield DocumentError(
                rule.place, f"a second rule {rule.id}", f"the first is at {seen[rule.id]}; set x-subject"
            )
        seen[rule.id] = rule.place


def _clause_errors(contract: Contract, rules: tuple[Rule, ...]) -> Iterator[DocumentError]:
    covered = {rule.clause for rule in rules}
    for clause in contract.clauses.values():
        own = clause.place.file == contract.document.path
        if own and clause.id not in covered and clause.excused is None:
            yield DocumentError(
                clause.place, f"no rule covers clause {clause.id}", "cite it with x-clause, or say `excused`"
            )
        if clause.id in covered and clause.excused is not None:
            yield DocumentError(clause.place, f"clause {clause.id} is excused and has a rule", "take one of them away")
