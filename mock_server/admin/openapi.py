"""The admin API's OpenAPI document, and validation of request bodies against it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import yaml

from gateway_contract.contract.load_contract import FOLDER
from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.admin.problem import bad_request

MAX_ERROR = 300  # characters of one error message, which repeats the invalid value
SEE = "see GET /_mock/openapi.json"


@cache
def document() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FOLDER / "mock-admin.yaml").read_text("utf-8"))
    return read


@cache
def schema_named(name: str) -> jsonschema_rs.Draft202012Validator:
    """A validator for one of the document's schemas."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(schema, offline=True)


def parse_body(name: str, content: bytes) -> dict[str, Json]:
    """Parse a body and validate it against a schema of the document. Raises ProblemError with all errors."""
    body = read_json(content)
    if not isinstance(body, dict):
        what = "JSON" if body is ABSENT else "an object"
        raise bad_request(f"The body is not {what}; {SEE}.")
    problems = list(errors(schema_named(name), body))
    if problems:
        raise bad_request(f"{'; '.join(problems)}; {SEE}.")
    return body


def errors(validator: jsonschema_rs.Draft202012Validator, value: Json) -> Iterator[str]:
    """The errors of a value, one line each, with the path to the invalid part."""
    for error in validator.iter_errors(value):
        place = "".join(f"/{step}" for step in error.instance_path)
        message = error.message
        shown = message if len(message) <= MAX_ERROR else f"{message[: MAX_ERROR // 2]}…{message[-MAX_ERROR // 2 :]}"
        yield f"at {place}: {shown}" if place else shown
