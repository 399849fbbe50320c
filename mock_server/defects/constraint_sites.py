"""The sites of defects of validation: which constraints on a request an operator fits."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import known_upstream_only, untestable, validity_of
from gateway_contract.rules import conversion_rules
from gateway_contract.schema.constraint import Constraint, Level
from gateway_contract.schema.keyword_type import Group
from gateway_contract.schema.keywords import BOUNDS, KEYWORDS
from gateway_contract.values.pointer import removed
from mock_server.defects.defect import PlainSite, Sites
from mock_server.defects.sites import example, expected, optional, upstream_of


def constraints(*keywords: str, where: Callable[[Contract, Constraint], bool] | None = None) -> Sites[Constraint]:
    """Constraints on the request by their keywords, those that some listed value can meet."""

    def found(contract: Contract) -> Iterator[Constraint]:
        for constraint in contract.request.constraints.values():
            listed = constraint.keyword in keywords and untestable(constraint.condition, contract.request) is None
            if listed and (where is None or where(contract, constraint)):
                yield constraint

    return found


def omittable_above_zero(contract: Contract, bound: Constraint) -> bool:
    omittable = {field.pointer for field in optional(contract)}
    return cast("int", bound.value) > 0 and bound.pointer in omittable


ranges = constraints("minimum", "maximum")
forms = constraints("format")
enums = constraints("enum", where=lambda _, found: not found.in_items)
pixels_ranges = constraints("x-pixels/minimum", "x-pixels/maximum")
bounds = constraints(*(keyword for keyword in BOUNDS if keyword != "minItems"))  # the bound of minItems is no request
choices = constraints("enum", where=lambda _, found: isinstance(found.value, list) and len(found.value) > 1)
above_zero = constraints("minimum", where=omittable_above_zero)
not_below_zero = constraints("minimum", where=lambda _, found: cast("int", found.value) >= 0)
known_upstream = constraints("enum", where=lambda contract, found: any(known_upstream_only(contract, found)))


def omittable(contract: Contract) -> Iterator[Constraint]:
    """What the value of a field must be that may be left out."""
    for constraint in constraints("type", "enum", "format")(contract):
        is_part = constraint.pointer and not constraint.in_items
        if is_part and validity_of(contract, removed(example(contract), constraint.pointer)).valid:
            yield constraint


def convertible(contract: Contract) -> Iterator[Constraint]:
    """Constraints of which the contract lets a gateway convert what breaks them, at the level of that."""
    for constraint in constraints("type", "format")(contract):
        if conversion_rules.convertible(constraint):
            yield replace(constraint, level=Level.EXPECTED)


def of_one_model(contract: Contract) -> Iterator[Constraint]:
    """Bounds that are narrower for some requests than for the others."""
    found = list(ranges(contract))
    wide = {(one.pointer, one.keyword) for one in found if one.condition is None}
    return (one for one in found if one.condition is not None and (one.pointer, one.keyword) in wide)


def types(*names: str) -> Sites[Constraint]:
    return constraints("type", where=lambda _, found: found.value in names)


def unknown_to_upstream(contract: Contract) -> Iterator[Constraint]:
    """Bounds and lists of values that the gateway alone checks."""
    found = constraints("enum", "forbidden", *BOUNDS, where=is_unchecked_upstream)(contract)
    return (constraint for constraint in found if not constraint.in_items and constraint.keyword != "minItems")


def is_unchecked_upstream(contract: Contract, constraint: Constraint) -> bool:
    """Whether only the gateway rejects requests that break a constraint, not the upstream."""
    every = upstream_of(contract).operation.request.constraints.values()
    theirs = {(one.pointer, kind_of(one)) for one in every if "refuse" in one.alternatives}
    field = contract.mapping_of(constraint.pointer)
    return field is None or (field.upstream, kind_of(constraint)) not in theirs


def item_limits(contract: Contract) -> Iterator[Constraint]:
    """What every item of a list must be like, of what the gateway alone checks."""
    found = constraints("enum", "format", *BOUNDS, where=is_unchecked_upstream)(contract)
    return (constraint for constraint in found if constraint.in_items)


SINGLE = (
    "anyOf oneOf not contains uniqueItems minProperties maxProperties propertyNames dependentRequired "
    "const pattern multipleOf exclusiveMinimum exclusiveMaximum"
).split()
"""Keywords that no other defect ignores."""


def single(keyword: str) -> Sites[Constraint]:
    return constraints(keyword, where=is_unchecked_upstream)


def lengths_unknown_to_upstream(contract: Contract) -> Iterator[Constraint]:
    return (found for found in unknown_to_upstream(contract) if found.keyword == "maxLength")


def kind_of(constraint: Constraint) -> str:
    return "form" if KEYWORDS[constraint.keyword].group is Group.FORM else constraint.keyword


def gateway_only(contract: Contract) -> Iterator[PlainSite]:
    """Fields that are for the gateway itself; what is passed on wrongly is seen of the upstream call."""
    for spot in expected("upstream-call-known")(contract):
        for found in constraints("enum")(contract):
            if contract.mapping_of(found.pointer) is None:
                yield PlainSite(spot.subject, spot.clause, pointer=found.pointer)
