"""The last part of a rule's id: which property of its subject it is about."""

import re

from gateway_contract.schema import Constraint


def constraint_property(constraint: Constraint) -> str:
    """For example `max-length`, `minimum-pixels`, `item-type`, `maximum-for-other-models`."""
    keyword = constraint.keyword
    if keyword.startswith("x-"):
        measure, _, end = keyword.removeprefix("x-").partition("/")
        keyword = f"{end}-{measure}"
    name = re.sub("([A-Z])", lambda found: f"-{found[1].lower()}", keyword)
    item = "item-" if constraint.in_items else ""
    condition = f"-for-{constraint.condition.title}" if constraint.condition is not None else ""
    return f"{item}{name}{condition}"
