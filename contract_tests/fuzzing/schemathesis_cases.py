"""Bodies as Schemathesis draws them from the contract's schema: another mind, for the same judge.

Its positive and negative generation is public and used here. Its coverage phase is reachable only through an engine
that sends by itself; the finite plan covers what that phase does.
"""

from collections.abc import Mapping
from typing import Any

import schemathesis
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode

from contract_tests.fuzzing.strategies import carrying_mark, judged_parts
from contract_tests.report.confidential import compact
from gateway_contract.contract import Contract
from gateway_contract.plain_schema import NAMING, VALUES
from gateway_contract.pointer import read
from gateway_contract.values import ABSENT, Json


def positive(contract: Contract) -> SearchStrategy[bytes]:
    return _contents(contract, GenerationMode.POSITIVE)


def negative(contract: Contract) -> SearchStrategy[bytes]:
    return _contents(contract, GenerationMode.NEGATIVE)


def _contents(contract: Contract, mode: GenerationMode) -> SearchStrategy[bytes]:
    operation = contract.operation
    schema = schemathesis.openapi.from_dict(document(contract), config=schemathesis.Config())
    drawn = schema[operation.path][operation.method].as_strategy(generation_mode=mode)
    return drawn.map(lambda case: _content(contract, case))


def _content(contract: Contract, case: Case[Any]) -> bytes:
    body = case.body
    if isinstance(body, bytes):
        return body
    if not isinstance(body, dict | list | str | int | float | None):
        return b""  # no body at all
    return compact(carrying_mark(contract, judged_parts(contract, readable(body))))


def document(contract: Contract) -> dict[str, Json]:
    """The operation alone, with nothing but its body to vary."""
    operation = contract.operation
    said = read(contract.document.tree, f"{operation.pointer}/requestBody")
    body = {} if said is ABSENT else closed(said)
    answers: Json = {"default": {"description": "Any."}}
    return {
        "openapi": "3.1.0",
        "info": {"title": contract.name, "version": "1"},
        "paths": {operation.path: {operation.method.lower(): {"requestBody": body, "responses": answers}}},
    }


def closed(schema: Json) -> Json:
    """A schema without keywords of ours that takes no field but those it names: on others the pages are silent."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Json] = {
        key: _closed(key, value) for key, value in schema.items() if not key.startswith("x-") and key != "format"
    }
    return {**kept, "additionalProperties": False} if kept.get("type") == "object" and "properties" in kept else kept


def _closed(keyword: str, value: Json) -> Json:
    if keyword in NAMING and isinstance(value, Mapping):
        return {name: closed(member) for name, member in value.items()}
    return value if keyword in VALUES else closed(value)


def readable(value: Json) -> Json:
    """JSON with a question mark for each character that nobody writes: no page says what comes of those."""
    match value:
        case str():
            return "".join(letter if letter.isprintable() or letter.isspace() else "?" for letter in value)
        case list():
            return [readable(item) for item in value]
        case dict():
            return {str(readable(name)): readable(item) for name, item in value.items()}
    return value
