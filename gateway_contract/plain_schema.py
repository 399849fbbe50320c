"""The part of JSON Schema that contracts use, and schemas as the validators take them."""

import jsonschema_rs

from gateway_contract.size_keywords import SIZE_KEYWORDS
from gateway_contract.validator import fast_failures
from gateway_contract.values import Json

LEAVES = frozenset(
    "type enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern "
    "minItems maxItems uniqueItems minProperties maxProperties not anyOf oneOf contains propertyNames "
    "dependentRequired".split()
)
"""Keywords that are one constraint each, whatever stands below them."""

ANNOTATIONS = frozenset(
    "title description default examples example deprecated readOnly writeOnly contentEncoding contentMediaType "
    "externalDocs $comment $schema $defs".split()
)
VALUES = frozenset({"enum", "const"})
NAMING = frozenset({"properties", "patternProperties", "dependentRequired", "dependentSchemas"})
ASSERTED_FORMATS = frozenset({"image-size"})


def for_validators(schema: Json) -> Json:
    """A schema without annotations of ours and formats that nobody asserts; the keywords that validators know stay."""
    if isinstance(schema, list):
        return [for_validators(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: plain_value(key, value) for key, value in schema.items() if _asserts(key, value)}


def _asserts(keyword: str, value: Json) -> bool:
    if keyword == "format":
        return value in ASSERTED_FORMATS
    return not keyword.startswith("x-") or keyword in SIZE_KEYWORDS


def plain_value(keyword: str, value: Json) -> Json:
    """The value of a keyword as the validators take it."""
    if keyword in NAMING and isinstance(value, dict):
        return {name: for_validators(member) for name, member in value.items()}
    return value if keyword in VALUES else for_validators(value)


def value_problem(keyword: str, value: Json) -> str:
    """Why JSON Schema does not take a keyword with a value; empty where it does."""
    try:
        fast_failures({keyword: plain_value(keyword, value)})
    except jsonschema_rs.ValidationError as error:
        return error.message
    return ""
