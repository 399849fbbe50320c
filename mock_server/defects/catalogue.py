"""Every known defect of a contract's gateway, by its name."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.statements import constraint_property
from gateway_contract.schema.constraint import Constraint
from mock_server.defects import (
    body_defects,
    call_defects,
    carry_over_defects,
    chance_defects,
    combination_defects,
    conforming,
    conforming_transport,
    conforming_upstream,
    connection_defects,
    constraint_defects,
    cost_defects,
    error_defects,
    failure_defects,
    form_defects,
    idempotency_defects,
    image_defects,
    mapping_defects,
    near_miss_defects,
    repetition_defects,
    response_defects,
    spelling_defects,
    state_defects,
    transport_defects,
    upstream_defects,
)
from mock_server.defects.defect import OPERATORS, Defect, DefectOperator

MODULES = (
    body_defects,
    call_defects,
    carry_over_defects,
    connection_defects,
    constraint_defects,
    cost_defects,
    error_defects,
    failure_defects,
    form_defects,
    idempotency_defects,
    image_defects,
    mapping_defects,
    near_miss_defects,
    repetition_defects,
    response_defects,
    spelling_defects,
    state_defects,
    transport_defects,
    upstream_defects,
    combination_defects,
    chance_defects,
)
"""A module registers its operators as it is imported."""

CONFORMING_MODULES = (conforming, conforming_transport, conforming_upstream)


class UnknownDefectError(Exception):
    """No contract has a defect of that name; names similar ones."""


def operators() -> list[DefectOperator[Any]]:
    """Every operator, by module, whichever was imported first."""
    order = [module.__name__ for module in MODULES]
    return sorted(OPERATORS.values(), key=lambda operator: order.index(operator.module))


def defects(contract: Contract) -> tuple[Defect, ...]:
    """Every operator at every site of a contract that it fits, each under a name of its own."""
    found = [Defect(operator, site) for operator in operators() for site in operator.sites(contract)]
    named = Counter(map(str, found))
    return tuple(detailed(one) if named[str(one)] > 1 else one for one in found)


def detailed(defect: Defect) -> Defect:
    site = defect.site
    return replace(defect, detail=constraint_property(site)) if isinstance(site, Constraint) else defect


def defects_named(name: str, contracts: Sequence[Contract]) -> dict[str, Defect]:
    """The defect of that name in each contract that has it. Raises UnknownDefectError."""
    known = {contract.name: {str(defect): defect for defect in defects(contract)} for contract in contracts}
    found = {contract: named[name] for contract, named in known.items() if name in named}
    if not found:
        close = get_close_matches(name, sorted(set().union(*known.values())), 3, 0.4)
        hint = f"; similar: {', '.join(close)}" if close else ""
        raise UnknownDefectError(f"Unknown defect {name!r}{hint}. --list-defects lists all.")
    return found


def each_operator_once(contracts: Sequence[Contract]) -> Iterator[tuple[Contract, Defect]]:
    """Every operator at one site of one contract; contract and site change from operator to operator."""
    known = [(contract, defects(contract)) for contract in contracts]
    for index, operator in enumerate(operators()):
        every = [(contract, [one for one in found if one.operator is operator]) for contract, found in known]
        fitting = [(contract, found) for contract, found in every if found]
        if fitting:
            contract, found = fitting[index % len(fitting)]
            yield contract, found[index // len(fitting) % len(found)]
