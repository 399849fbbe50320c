"""Defects of validation: a value that is nearly a valid one, or nearly none at all, is taken for it."""

from typing import cast

from gateway_contract.contract.definition import Contract
from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import read, removed
from mock_server.defects.constraint_sites import enums, forms, omittable
from mock_server.defects.request_operators import coerce_defect, rewrite_defect

NO_SIZE = "auto"


@rewrite_defect(omittable)
def falsy_as_missing(constraint: Constraint, contract: Contract, body: Json) -> Json:
    """An invalid 0, false, empty text, list or object is treated as a missing value."""
    value = read(body, constraint.pointer)
    is_falsy = value is not ABSENT and not value and constraint in contract.request.broken(body)
    return removed(body, constraint.pointer) if is_falsy else body


@rewrite_defect(forms)
def auto_as_missing(constraint: Constraint, _contract: Contract, body: Json) -> Json:
    """The word "auto" is treated as a missing value."""
    return removed(body, constraint.pointer) if read(body, constraint.pointer) == NO_SIZE else body


@coerce_defect(enums)
def case_ignored(constraint: Constraint, value: Json) -> Json:
    """A listed value is accepted in upper and in lower case."""
    listed = cast("list[Json]", constraint.value)
    return next((one for one in listed if str(one).lower() == str(value).lower()), value)


@coerce_defect(enums)
def blanks_ignored(_constraint: Constraint, value: Json) -> Json:
    """White space around a listed value is ignored."""
    return value.strip() if isinstance(value, str) else value


@coerce_defect(enums)
def prefix_ignored(_constraint: Constraint, value: Json) -> Json:
    """What stands before a slash in a listed value is ignored, such as the name of a vendor."""
    return value.rpartition("/")[2] if isinstance(value, str) else value
