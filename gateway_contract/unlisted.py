"""Values that a contract does not list and its upstream knows: what a gateway lets through that never looks."""

from collections.abc import Iterator

from gateway_contract.contract import Contract
from gateway_contract.pointer import parent, tokens
from gateway_contract.schema import Condition, Constraint
from gateway_contract.values import Json, same


def known_upstream_only(contract: Contract, constraint: Constraint) -> Iterator[Json]:
    """Of the values that the upstream's document shows for a field, those that the contract's `enum` has not.

    None where the contract has rules for families of such values: a page that speaks of families beyond its list leaves
    open where the list ends.
    """
    field, listed = contract.mapping_of(constraint.pointer), constraint.value
    if field is None or contract.upstream is None or constraint.keyword != "enum" or not isinstance(listed, list):
        return
    if _speaks_of_families(contract, constraint.pointer):
        return
    for part in contract.upstream.operation.request.parts:
        shown = part.schema.get("examples")
        if part.pointer == field.upstream and isinstance(shown, list):
            yield from (value for value in shown if not any(same(value, known) for known in listed))


def _speaks_of_families(contract: Contract, pointer: str) -> bool:
    conditions = {constraint.condition for constraint in contract.request.constraints.values()}
    return any(condition is not None and _is_about(condition, pointer) for condition in conditions)


def _is_about(condition: Condition, pointer: str) -> bool:
    named = condition.schema.get("properties")
    return condition.pointer == parent(pointer) and isinstance(named, dict) and tokens(pointer)[-1] in named
