"""OpenAPI runtime expressions, as far as contracts use them: `$request.body#/pointer` (OpenAPI 3.1, 4.8.20.4)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

import jsonschema_rs

from gateway_contract.document.load_document import Document
from gateway_contract.document.node import DocumentError, together
from gateway_contract.values.json_value import Json
from gateway_contract.values.normalization import MATCHES, NORMALIZATIONS
from gateway_contract.values.pointer import below

PREFIX = "$request.body#"


def request_pointer(expression: str) -> str:
    """The JSON Pointer into the request body that an expression names. Raises ValueError for other expressions."""
    if not expression.startswith(PREFIX + "/"):
        raise ValueError(f"{expression!r} is not {PREFIX}/pointer")
    return expression.removeprefix(PREFIX)


_CLAUSE: Json = {"type": "string", "minLength": 1}
_POINTER: Json = {"type": "string", "pattern": "^(/[^/]*)+$"}
_EXPRESSION: dict[str, Json] = {"type": "string", "pattern": r"^\$request\.body#(/[^/]*)+$"}
_WHEN: dict[str, Json] = {"type": "object", "minProperties": 1, "maxProperties": 1, "propertyNames": _EXPRESSION}
_EVENT: Json = {"type": "object", "required": ["type"], "properties": {"type": {"type": "string", "minLength": 1}}}
_LEVEL: Json = {"enum": ["documented", "expected"]}
_ALTERNATIVES: Json = {"type": "array", "minItems": 1, "items": {"enum": ["refuse", "truncate", "coerce", "convert"]}}


def _object(required: list[str], properties: dict[str, Json]) -> dict[str, Json]:
    return {"type": "object", "required": [*required], "properties": properties, "additionalProperties": False}


def _one_or_per_keyword(one: Json) -> dict[str, Json]:
    return {"if": {"type": "object"}, "then": {"minProperties": 1, "additionalProperties": one}, "else": one}


_BOUNDS: dict[str, Json] = {
    "type": "object",
    "minProperties": 1,
    "properties": {"minimum": {"type": "number"}, "maximum": {"type": "number"}},
    "additionalProperties": False,
}

KEYWORDS: Mapping[str, dict[str, Json]] = {
    "x-clauses": {
        "type": "object",
        "additionalProperties": _object(
            ["level", "says"],
            {
                "level": {"enum": ["documented", "expected", "not-judged"]},
                "says": {"type": "string"},
                "excused": {"type": "string", "minLength": 1},
            },
        ),
    },
    "x-expectations": {
        "type": "array",
        "items": _object(
            ["rule", "judge", "clause", "says"],
            {
                "rule": {"type": "string", "pattern": "^[a-z0-9_.-]+/[a-z0-9_.-]+$"},
                "judge": {"type": "string"},
                "clause": _CLAUSE,
                "says": {"type": "string"},
            },
        ),
    },
    "x-clause": _one_or_per_keyword(_CLAUSE),
    "x-level": _one_or_per_keyword(_LEVEL),
    "x-subject": {"type": "string", "pattern": "^[A-Za-z0-9_.-]+$"},
    "x-upstream": {
        "if": {"required": ["document"]},
        "then": _object(
            ["document", "operation"],
            {
                "document": {"type": "string"},
                "operation": {"type": "string"},
                "constants": {"type": "object", "propertyNames": _POINTER},
            },
        ),
        "else": {
            "if": {"required": ["judged"]},
            "then": _object(["judged"], {"judged": {"const": False}}),
            "else": _object(
                ["pointer"],
                {
                    "pointer": _POINTER,
                    "normalize": {"enum": [*NORMALIZATIONS]},
                    "match": {"enum": [*MATCHES]},
                    "preserve": {"type": "array", "minItems": 1},
                    "invent": {"const": False},
                    "clause": _one_or_per_keyword(_CLAUSE),
                },
            ),
        },
    },
    "x-not-judged": {"type": ["object", "boolean"]},
    "x-if-violated": _one_or_per_keyword(_ALTERNATIVES),
    "x-mark": {"const": True},
    "x-idempotency-key": {"const": True},
    "x-pixels": _BOUNDS,
    "x-aspect": _BOUNDS,
    "x-length": _EXPRESSION,
    "x-present-when": _WHEN,
    "x-image": _object(
        ["size"],
        {
            "size": _EXPRESSION,
            "when": _WHEN | {"additionalProperties": {"type": "object"}},
            "otherwise": _CLAUSE,
        },
    ),
    "x-unix-time": _object(["tolerance"], {"tolerance": {"type": "number", "exclusiveMinimum": 0}}),
    "x-mock": {
        "if": {"type": "string"},
        "then": _EXPRESSION,
        "else": {
            "if": {"required": ["value"]},
            "then": _object(["value"], {"value": {}, "when": _WHEN}),
            "else": _object(["from"], {"from": _EXPRESSION, "when": _WHEN, "as": {"const": "extended"}}),
        },
    },
    "x-mock-rejects": {
        "type": "array",
        "items": _object(["pointer", "value", "says"], {"pointer": _POINTER, "value": {}, "says": {"type": "string"}}),
    },
    "x-mock-stream": _object(
        ["when", "partial-images", "partial", "completed", "image", "index", "time", "pixels"],
        {
            "when": _WHEN,
            "partial-images": _EXPRESSION,
            "partial": _EVENT,
            "completed": _EVENT,
            "image": _POINTER,
            "index": _POINTER,
            "time": _POINTER,
            "pixels": _POINTER,
        },
    ),
    "x-protocol": {"type": "string"},
    "x-images": _object(
        ["count", "size", "caption"],
        {
            "count": _EXPRESSION,
            "size": _EXPRESSION,
            "named-sizes": {"type": "object", "additionalProperties": {"type": "string"}},
            "caption": _EXPRESSION,
            "variation": _EXPRESSION,
            "signature": _EXPRESSION,
            "shape": {"type": "array", "minItems": 1, "items": _EXPRESSION},
        },
    ),
    "x-refusal": _object([], {"code": {"type": "string"}, "message": {"type": "string"}}),
}
"""Keyword to the JSON Schema of its value."""

DATA_KEYWORDS = frozenset({"example", "examples", "default", "const", "enum", "constants"})
"""Below these stand values, in which an `x-` name is a name like any other."""

NAMING_KEYWORDS = frozenset({"properties", "patternProperties", "$defs"})
"""The members of these are named by the contract, not by us."""


@cache
def _validator(keyword: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(KEYWORDS[keyword])


MOST_TYPOS = 2  # letters by which a keyword of others differs from one of ours that was meant


def check_vocabulary(document: Document) -> None:
    """Raises DocumentError, with all that is wrong, for `x-` keywords that resemble ours or have a wrong value."""
    errors = [*misspelt_keywords(document), *malformed_keywords(document)]
    if errors:
        raise together(errors)


def misspelt_keywords(document: Document) -> Iterator[DocumentError]:
    """A keyword that is nearly one of ours: it would be ignored without a word."""
    for pointer, keyword, _ in extension_keywords(document.tree):
        near = None if keyword in KEYWORDS else _near(keyword)
        if near is not None:
            yield DocumentError(document.place(pointer), f"unknown keyword {keyword}", f"did you mean {near}?")


def _near(keyword: str) -> str | None:
    nearest = min(KEYWORDS, key=lambda known: edit_distance(keyword, known))
    return nearest if edit_distance(keyword, nearest) <= MOST_TYPOS else None


def edit_distance(one: str, other: str) -> int:
    """How many letters must be put in, taken out or changed to make one text the other (Levenshtein)."""
    row: list[int] = [*range(len(other) + 1)]
    for index, letter in enumerate(one, 1):
        above, row = row, [index]
        for column, opposite in enumerate(other, 1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (letter != opposite)))
    return row[-1]


def ignored_keywords(document: Document) -> dict[str, int]:
    """The `x-` keywords of others, and how often each occurs."""
    return {**Counter(keyword for _, keyword, _ in extension_keywords(document.tree) if keyword not in KEYWORDS)}


def malformed_keywords(document: Document) -> Iterator[DocumentError]:
    """Keywords of ours whose value has the wrong shape."""
    for pointer, keyword, value in extension_keywords(document.tree):
        error = next(iter(_validator(keyword).iter_errors(value)), None) if keyword in KEYWORDS else None
        if error is not None:
            where = "".join(f"/{part}" for part in error.instance_path)
            problem, remedy = f"{keyword}{where}: {error.message}", "docs/contract-format.md has an example"
            yield DocumentError(document.place(pointer + where), problem, remedy)


def extension_keywords(node: Json, pointer: str = "") -> Iterator[tuple[str, str, Json]]:
    """Every `x-` keyword of a document with its pointer and value, data and named members left out."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        here = below(pointer, key)
        if str(key).startswith("x-"):
            yield here, str(key), value
        elif key in NAMING_KEYWORDS and isinstance(value, dict):
            for name, member in value.items():
                yield from extension_keywords(member, below(here, name))
        elif key == "examples" and isinstance(value, dict):
            yield from _keywords_beside_values(value, here)
        elif key not in DATA_KEYWORDS:
            yield from extension_keywords(value, here)


def _keywords_beside_values(examples: dict[str, Json], pointer: str) -> Iterator[tuple[str, str, Json]]:
    """OpenAPI's named examples are objects that hold the value; JSON Schema's are the values themselves."""
    for name, example in examples.items():
        for key, value in example.items() if isinstance(example, dict) else ():
            if key.startswith("x-"):
                yield below(below(pointer, name), key), key, value
