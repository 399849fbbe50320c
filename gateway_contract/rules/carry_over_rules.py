"""One client's values never come up in another client's upstream call or response."""

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.rules.rule import PASS, Evidence, Finding, FindingKind, failing, inconclusive
from gateway_contract.traffic.exchange import CarriedValue
from gateway_contract.values.json_value import ABSENT, UNOBSERVED
from gateway_contract.values.pointer import is_within

NOTHING_OF_OTHERS = "no value of another request"


def may_be_carried_over(contract: Contract, field: MappedField) -> bool:
    """Whether another request's value could show: the field may be left out, or what it holds tells whose it is."""
    required = any(
        constraint.keyword == "required" and constraint.pointer == field.pointer
        for constraint in contract.request.constraints.values()
    )
    return not required or field.pointer in contract.marks


def judge_not_carried_over(field: MappedField, evidence: Evidence) -> Finding | None:
    """Nothing that another request sent in a field comes up."""
    carried = carried_over(field, evidence)
    if carried is not None:
        return _failing(carried)
    is_telling = field.pointer in evidence.contract.marks or evidence.sent(field.pointer) is ABSENT
    if evidence.exchange.carried is None or not (is_telling and evidence.accepted):
        return None
    if evidence.call is UNOBSERVED:
        return inconclusive("the upstream is not observed")
    return None if evidence.call is ABSENT else PASS


def carried_over(field: MappedField, evidence: Evidence) -> CarriedValue | None:
    """The value of a field that came from another request, if one did."""
    found = evidence.exchange.carried or ()
    return next((one for one in found if is_within(one.pointer, field.pointer)), None)


def other_values_not_carried_over(evidence: Evidence) -> Finding | None:
    """The same for what is sent in fields that do not go upstream."""
    found = evidence.exchange.carried
    if found is None:
        return None
    mapped = [field.pointer for field in evidence.contract.mapped]
    others = [one for one in found if not any(is_within(one.pointer, pointer) for pointer in mapped)]
    if others:
        return _failing(others[0])
    return PASS if evidence.accepted else None


def _failing(carried: CarriedValue) -> Finding:
    observed = f"{carried.value} of another request ({carried.source}) {carried.place}"
    return failing(NOTHING_OF_OTHERS, observed, FindingKind.CARRIED)
