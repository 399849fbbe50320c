"""Bodies as Schemathesis makes them from the contract's schema: another mind, for the same judge.

Its engine sends by itself, so its phases are asked for their cases one by one. Drawing at random is public; its
examples and its coverage are methods that only the engine calls, and the version is pinned for their sake.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import schemathesis
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.generation.hypothesis.examples import generate_one
from schemathesis.schemas import APIOperation, BaseSchema

from contract_tests.fuzzing.strategies import carrying_mark, judged_parts
from gateway_contract.contract.definition import Contract
from gateway_contract.schema.constraint import NAMING, VALUES
from gateway_contract.values.json_value import ABSENT, Json, compact
from gateway_contract.values.pointer import read


def positive(contract: Contract) -> SearchStrategy[bytes]:
    return _contents(contract, GenerationMode.POSITIVE)


def negative(contract: Contract) -> SearchStrategy[bytes]:
    return _contents(contract, GenerationMode.NEGATIVE)


def examples(contract: Contract) -> tuple[bytes, ...]:
    """What it makes of the examples in the schema."""
    _, operation = _operation(contract)
    return _unique(contract, map(generate_one, operation.get_strategies_from_examples()))


def coverage(contract: Contract) -> tuple[bytes, ...]:
    """What covers each keyword of the schema, kept and broken."""
    schema, operation = _operation(contract)
    config = schema.config.generation_for(operation=operation, phase="coverage")
    cases = schema.iter_coverage_cases(operation, generation_modes=list(GenerationMode), generation_config=config)
    return _unique(contract, (case for case in cases if case.method == contract.operation.method))


def _unique(contract: Contract, cases: Iterable[Case[Any]]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(_content(contract, case) for case in cases))


def _contents(contract: Contract, mode: GenerationMode) -> SearchStrategy[bytes]:
    _, operation = _operation(contract)
    return operation.as_strategy(generation_mode=mode).map(lambda case: _content(contract, case))


def _operation(contract: Contract) -> tuple[BaseSchema, APIOperation[Any, Any, Any, Any]]:
    schema = schemathesis.openapi.from_dict(document(contract), config=schemathesis.Config())
    return schema, schema[contract.operation.path][contract.operation.method]


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
    kept: dict[str, Json] = {key: _closed(key, value) for key, value in schema.items() if _is_read(key)}
    return {**kept, "additionalProperties": False} if kept.get("type") == "object" and "properties" in kept else kept


def _is_read(keyword: str) -> bool:
    """Whether Schemathesis sees a keyword. Text for readers must not decide what is sent, and it would."""
    return not keyword.startswith("x-") and keyword not in {"format", "description", "example"}


def _closed(keyword: str, value: Json) -> Json:
    if keyword in NAMING and isinstance(value, Mapping):
        return {name: closed(member) for name, member in value.items()}
    return value if keyword in VALUES else closed(value)


def readable(value: Json) -> Json:
    """JSON with a question mark for each unusual character: no page says how those are treated."""
    match value:
        case str():
            return "".join(letter if letter.isprintable() or letter.isspace() else "?" for letter in value)
        case list():
            return [readable(item) for item in value]
        case dict():
            return {str(readable(name)): readable(item) for name, item in value.items()}
    return value
