"""The admin API's own OpenAPI document, and what it says of the bodies that come in."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import yaml

from gateway_contract.contract.load_contract import FOLDER
from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.admin.problem import misunderstood

MOST_SAID = 300  # characters of one error; a validator repeats the value that it complains of


@cache
def document() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FOLDER / "mock-admin.yaml").read_text("utf-8"))
    return read


@cache
def schema_named(name: str) -> jsonschema_rs.Draft202012Validator:
    """One of the document's schemas, ready to check values by."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(schema, offline=True)


def read_by(name: str, content: bytes) -> dict[str, Json]:
    """A body that a schema of the document wants to be an object. Raises ProblemError with all that is wrong."""
    body = read_json(content)
    if not isinstance(body, dict):
        what = "no JSON" if body is ABSENT else "no object"
        raise misunderstood(f"The body is {what}; GET /_mock/openapi.json says what is wanted.")
    wrong = list(errors(schema_named(name), body))
    if wrong:
        raise misunderstood(f"{'; '.join(wrong)}. GET /_mock/openapi.json says what is wanted.")
    return body


def errors(validator: jsonschema_rs.Draft202012Validator, value: Json) -> Iterator[str]:
    """Why a value fails, each in a line with its place."""
    for error in validator.iter_errors(value):
        place = "".join(f"/{step}" for step in error.instance_path)
        message = error.message
        said = message if len(message) <= MOST_SAID else f"{message[: MOST_SAID // 2]}…{message[-MOST_SAID // 2 :]}"
        yield f"at {place}: {said}" if place else said
