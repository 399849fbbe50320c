"""JSON Schema 2020-12 with our keywords, by jsonschema-rs: the validator of the hot path.

It takes a compiled schema and tells where in it a value fails, as paths of keywords and indexes. The tests hold it
equal to jsonschema, the library that sets the standard.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import TypeAlias

import jsonschema_rs

from gateway_contract.size import LONGEST, is_image_size
from gateway_contract.size_keywords import SIZE_KEYWORDS, Problem
from gateway_contract.values import Json

Path: TypeAlias = tuple[str | int, ...]
Failures: TypeAlias = Callable[[Json], list[Path]]


def fast_failures(schema: dict[str, Json]) -> Failures:
    """Where values fail, by jsonschema-rs. Values must be what a strict JSON parser gives: no lone surrogates."""
    validator = jsonschema_rs.Draft202012Validator(
        schema,
        keywords={name: _fast_keyword(problem) for name, problem in SIZE_KEYWORDS.items()},
        formats={"image-size": is_image_size},
        validate_formats=True,
    )

    def failures(value: Json) -> list[Path]:
        if validator.is_valid(value):  # most are, and to look for errors costs several times as much
            return []
        return [tuple(error.schema_path) for error in validator.iter_errors(value)]

    return failures


def _fast_keyword(problem: Problem) -> type:
    class SizeKeyword:
        def __init__(self, _parent: object, bounds: Mapping[str, float], _path: object) -> None:
            self.problem = lru_cache(maxsize=1024)(partial(problem, bounds))  # few sizes are ever asked for

        def validate(self, value: object) -> None:
            found = self.problem(value) if isinstance(value, str) and len(value) <= LONGEST else None
            if found is not None:
                raise ValueError(found)

    return SizeKeyword
