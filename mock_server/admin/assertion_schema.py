"""The JSON Schema of an assertion, compiled so that checking a request takes bounded time."""

from collections.abc import Iterator, Mapping
from typing import cast

import jsonschema_rs

from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import read
from mock_server.admin.api import ProblemError, bad_request

MAX_PARTS = 10_000
"""Of a schema, counted once for each way in which references lead to it: a validator may take every way."""
PATTERN_PARTS = 100
"""As many parts a regular expression counts for: it may look at every character of a text, and more than once."""
MAX_BACKTRACKS = 5_000  # of a regular expression
MAX_PATTERN_BYTES = 1_000_000  # of a compiled regular expression
RULE = f"a pattern counts as {PATTERN_PARTS}"
UNSUPPORTED = ("$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef")


def assertion_schema(given: Mapping[str, Json]) -> jsonschema_rs.Draft202012Validator:
    """A validator for whole requests, by the schemas `matches` and `body` of an assertion. Raises ProblemError."""
    schemas = {name: given[name] for name in ("matches", "body") if name in given}
    for schema in schemas.values():
        check_size(schema)
    named = {name: with_id(schema, f"assertion:/{name}") for name, schema in schemas.items()}
    for_body: Json = {"properties": {"body": named["body"]}, "required": ["body"]} if "body" in named else True
    return compiled({"allOf": [named.get("matches", True), for_body]})


def with_id(schema: Json, id_: str) -> Json:
    """The schema as a resource of its own, so that its references are relative to it."""
    return {**schema, "$id": id_} if isinstance(schema, dict) else schema


def compiled(schema: Json) -> jsonschema_rs.Draft202012Validator:
    """Compile a schema without fetching anything. Raises ProblemError if it is invalid."""
    regexes = jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS, size_limit=MAX_PATTERN_BYTES)
    try:
        return jsonschema_rs.Draft202012Validator(
            cast("dict[str, Json]", schema), offline=True, pattern_options=regexes
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise invalid_schema(str(error).partition("\n")[0]) from error


def invalid_schema(why: str) -> ProblemError:
    return bad_request(f"This is not a valid JSON Schema (draft 2020-12): {why}.")


def check_size(schema: Json) -> None:
    """Raises ProblemError for a schema that is too large once its references are resolved, or endless."""
    try:
        if size(schema, schema, {}) > MAX_PARTS:
            raise invalid_schema(f"with its references resolved, it must have at most {MAX_PARTS} parts ({RULE})")
    except RecursionError as error:
        raise invalid_schema("its references lead too deep") from error


def size(root: Json, part: Json, known: dict[str, int | None]) -> int:
    """The parts below a part of a schema, its own references resolved. `known` has the sizes of what they lead to.

    Raises ProblemError for a reference that leads to itself, or out of the schema.
    """
    total = 1 + PATTERN_PARTS * patterns(part) + sum(size(root, child, known) for child in children(part))
    reference = part.get("$ref") if isinstance(part, dict) else None
    if isinstance(reference, str):
        total += size_of_target(root, reference, known)
    if isinstance(part, dict):
        for name in (name for name in UNSUPPORTED if isinstance(part.get(name), str)):
            raise invalid_schema(f"{name} is not supported; use $ref")
        if part is not root and isinstance(part.get("$id"), str):
            raise invalid_schema("only the whole schema may have an $id")
    return min(total, MAX_PARTS + 1)


def patterns(part: Json) -> int:
    """The regular expressions of a part itself."""
    if not isinstance(part, dict):
        return 0
    named = part.get("patternProperties")
    return isinstance(part.get("pattern"), str) + (len(named) if isinstance(named, dict) else 0)


def children(part: Json) -> Iterator[Json]:
    if isinstance(part, dict):
        yield from part.values()
    elif isinstance(part, list):
        yield from part


def size_of_target(root: Json, reference: str, known: dict[str, int | None]) -> int:
    if not (reference == "#" or reference.startswith("#/")):
        raise invalid_schema(f"$ref must be like #/$defs/name; got {reference!r}")
    if reference not in known:
        known[reference] = None  # being counted
        target = read(root, reference[1:])
        known[reference] = 0 if target is ABSENT else size(root, target, known)
    found = known[reference]
    if found is None:
        raise invalid_schema(f"$ref must not lead to itself; {reference} does")
    return found
