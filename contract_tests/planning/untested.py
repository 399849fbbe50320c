"""What a contract states and a run cannot test: what no rule covers, and what no request can show."""

from collections.abc import Iterator

from contract_tests.planning.fields import bases
from contract_tests.planning.plan import Plan, constraints, rule_id
from gateway_contract.contract.coverage import Untested, untested
from gateway_contract.contract.definition import Contract, MappedField, Upstream
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.contract.validity import untestable, upstream_refuses
from gateway_contract.rules.statements import constraint_property
from gateway_contract.schema.constraint import Constraint
from gateway_contract.schema.keyword_type import Group
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.values.json_value import Json, shortened
from gateway_contract.values.pointer import placed

NO_VALUE = "no value breaks this alone"


def untested_statements(contract: Contract, planned: Plan) -> tuple[Untested, ...]:
    """Everything untested, in the order of the contract's file; what other files say comes last."""
    found = [*untested(contract), *_refused_values(contract), *_unbreakable(contract, planned), *_unjudged(contract)]
    path = contract.document.path
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda one: (one.place.file != path, str(one.place.file), one.place.line)))


def _unbreakable(contract: Contract, planned: Plan) -> Iterator[Untested]:
    for constraint in constraints(contract):
        unbreakable = rule_id(contract, constraint) in planned.unbreakable
        if unbreakable and untestable(constraint.condition, contract.request) is None:
            yield Untested(constraint.place, _name(constraint), NO_VALUE)


def _name(constraint: Constraint) -> str:
    return f"{constraint.subject}/{constraint_property(constraint)}"


def _unjudged(contract: Contract) -> Iterator[Untested]:
    """Fields whose arrival is judged for no request that can be made."""
    for field in contract.mapped:
        if field.unjudged_when and not any(field.judged_for(body) for body in bases(contract)):
            titles = " or ".join(condition.title for condition in field.unjudged_when)
            yield Untested(field.place, f"{field.subject}/mapped", f"not judged for {titles}")


def _refused_values(contract: Contract) -> Iterator[Untested]:
    """Values that the contract allows and the upstream's document refuses, with every start of a request."""
    upstream = contract.upstream
    for constraint in constraints(contract) if upstream is not None else ():
        field, group = contract.mapping_of(constraint.pointer), KEYWORDS[constraint.keyword].group
        if field is not None and upstream is not None and (group is Group.BOUND or constraint.keyword == "enum"):
            for value in KEYWORDS[constraint.keyword].boundary(constraint.value):
                refusing = _refusing(contract, upstream, constraint, field, value)
                if refusing is not None:
                    place = f"{refusing.place.file.name}:{refusing.place.line}"
                    limit = f"{refusing.keyword} {shortened(refusing.value)}"
                    reason = f"{shortened(value)} is refused by {place} ({limit})"
                    yield Untested(constraint.place, _name(constraint), reason)


def _refusing(
    contract: Contract, upstream: Upstream, constraint: Constraint, field: MappedField, value: Json
) -> Constraint | None:
    """What of the upstream's document refuses a value in every request that the contract allows with it."""
    found = None
    for base in bases(contract):
        body = placed(base, constraint.pointer, value)
        condition = constraint.condition
        if (condition is not None and not condition.holds(body)) or contract.request.broken(body):
            continue
        refused = upstream_refuses(upstream, upstream_body(contract, body))
        if not refused:
            return None
        found = min(refused, key=lambda one: (one.pointer != field.upstream, one.place.line))
    return found
