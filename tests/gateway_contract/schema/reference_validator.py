"""JSON Schema 2020-12 with our keywords, by jsonschema: slower, and the standard that the fast validator is held to."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jsonschema
from jsonschema.protocols import Validator

from gateway_contract.schema.constraint import SIZE_KEYWORDS, Failures, Path, Problem
from gateway_contract.values.json_value import Json
from gateway_contract.values.size import is_image_size


def reference_failures(schema: dict[str, Json]) -> Failures:
    """Where values fail, by jsonschema, which sets the standard."""
    validator = _REFERENCE(schema, format_checker=_FORMATS)

    def failures(value: Json) -> list[Path]:
        return [tuple(error.absolute_schema_path) for error in validator.iter_errors(value)]

    return failures


def _ecma_pattern(
    _validator: Validator, pattern: str, value: object, _schema: object
) -> Iterator[jsonschema.ValidationError]:
    # JSON Schema's patterns are ECMA-262, where $ does not match before a final line break as Python's does.
    if isinstance(value, str) and not re.search(re.sub(r"(?<!\\)\$", r"\\Z", pattern), value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


def _reference_keyword(
    problem: Problem,
) -> Callable[[Validator, Mapping[str, float], object, object], Iterator[jsonschema.ValidationError]]:
    def check(
        _validator: Validator, bounds: Mapping[str, float], value: object, _schema: object
    ) -> Iterator[jsonschema.ValidationError]:
        found = problem(bounds, value)
        if found is not None:
            yield jsonschema.ValidationError(found)

    return check


_FORMATS = jsonschema.FormatChecker(formats=())
_FORMATS.checks("image-size")(is_image_size)
_extend: Any = jsonschema.validators.extend  # untyped
_REFERENCE = _extend(
    jsonschema.Draft202012Validator,
    {"pattern": _ecma_pattern, **{name: _reference_keyword(problem) for name, problem in SIZE_KEYWORDS.items()}},
)
