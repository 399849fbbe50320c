"""Every known way of being broken, at every part of a contract that it fits, by its name."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.statements import constraint_property
from gateway_contract.schema.constraint import Constraint
from mock_server.defects import (
    call_defects,
    conforming,
    conforming_transport,
    constraint_defects,
    error_defects,
    image_defects,
    mapping_defects,
    response_defects,
    state_defects,
)
from mock_server.defects.defect import WAYS, Defect

REGISTERED_BY = (
    constraint_defects,
    mapping_defects,
    mapping_defects,
    response_defects,
    image_defects,
    error_defects,
    call_defects,
    state_defects,
    error_defects,
)
"""A module registers what it holds as it is imported; their order is that of the catalogue."""

VARIANTS_REGISTERED_BY = (conforming, conforming_transport, conforming_transport)


class UnknownDefectError(Exception):
    """No contract has a defect of that name; says which ones come close."""


def defects(contract: Contract) -> tuple[Defect, ...]:
    """Every way at every part of a contract that it fits, each under a name of its own."""
    found = [Defect(way, part) for way in WAYS.values() for part in way.each(contract)]
    named = Counter(map(str, found))
    return tuple(detailed(one) if named[str(one)] > 1 else one for one in found)


def detailed(defect: Defect) -> Defect:
    part = defect.part
    return replace(defect, detail=constraint_property(part)) if isinstance(part, Constraint) else defect


def defects_named(name: str, contracts: Sequence[Contract]) -> dict[str, Defect]:
    """The defect of that name in each of some contracts that has it. Raises UnknownDefectError."""
    known = {contract.name: {str(defect): defect for defect in defects(contract)} for contract in contracts}
    found = {contract: named[name] for contract, named in known.items() if name in named}
    if not found:
        close = get_close_matches(name, sorted(set().union(*known.values())), 3, 0.4)
        hint = f"; close to it: {', '.join(close)}" if close else ""
        raise UnknownDefectError(f"no defect is called {name!r}{hint}. --list-defects lists them all.")
    return found


def each_way_once(contracts: Sequence[Contract]) -> Iterator[tuple[Contract, Defect]]:
    """Every way at one part of one of some contracts: other contracts and parts from way to way."""
    for index, way in enumerate(WAYS.values()):
        fitting = [(contract, parts) for contract in contracts if (parts := list(way.each(contract)))]
        if fitting:
            contract, parts = fitting[index % len(fitting)]
            yield contract, Defect(way, parts[index // len(fitting) % len(parts)])
