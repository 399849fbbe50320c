"""Answers that were recorded once, in the place of made ones: a folder of JSON files, each a request and its answer.

A file answers every request that says at least what its `request` says. The files are tried by their names, and the
first that fits answers. The contract's checks come before, so a request that a gateway refuses is refused.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import jsonschema_rs

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import ABSENT, Json, same
from gateway_contract.values.pointer import placed, read
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import ErrorResponse

SCHEMA: Final[dict[str, Json]] = {
    "type": "object",
    "required": ["request", "response"],
    "additionalProperties": False,
    "properties": {
        "description": {"type": "string"},
        "contract": {"type": "string", "minLength": 1},
        "request": {"type": "object"},
        "response": {
            "type": "object",
            "required": ["body"],
            "additionalProperties": False,
            "properties": {
                "status": {"type": "integer", "minimum": 200, "maximum": 599, "not": {"enum": [204, 205, 304]}},
                "headers": {
                    "type": "object",
                    "propertyNames": {"pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},
                    "additionalProperties": {"type": "string", "pattern": "^[ -~]*$"},
                },
                "body": {"type": "object"},
            },
        },
    },
}
"""Of a file. `description` is a note for its readers; without `contract` it answers for every gateway."""

_OF_THE_SERVER: Final = re.compile(r"(?i)(connection|content-length|transfer-encoding|access-control-.*)$")
"""Headers that say how an answer is sent, or to whom a browser may show it."""
_VALIDATOR: Final = jsonschema_rs.validator_for(SCHEMA)
_OK: Final = 200


class RecordedAnswersError(Exception):
    """A folder or a file that holds no recorded answer; the message names file and line or field."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """An answer and which requests it is for; `contract` None is any."""

    contract: str | None
    request: Json
    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)

    def answers(self, contract: str, body: Json) -> bool:
        return self.contract in {None, contract} and says_at_least(body, self.request)


def recorded_answers(folder: Path) -> tuple[RecordedAnswer, ...]:
    """All recorded answers of a folder, by the names of their files. Raises RecordedAnswersError."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".json")
    except OSError as error:
        raise RecordedAnswersError(f"no recorded answers in {folder}: {error.strerror}") from error
    if not paths:
        raise RecordedAnswersError(f"no recorded answers in {folder}: it holds no file that ends in .json")
    return tuple(map(_recorded, paths))


def says_at_least(body: Json, wanted: Json) -> bool:
    """Whether a body holds all that is wanted: of an object at least its members, of a list each item in its place."""
    if isinstance(body, dict) and isinstance(wanted, dict):
        return all(name in body and says_at_least(body[name], value) for name, value in wanted.items())
    if isinstance(body, list) and isinstance(wanted, list):
        return len(body) == len(wanted) and all(map(says_at_least, body, wanted))
    return same(body, wanted)


def with_recorded(gateway: Gateway, recorded: tuple[RecordedAnswer, ...]) -> Gateway:
    """The gateway that gives a recorded answer where there is one; its upstream is then not called."""
    if not recorded:
        return gateway

    def found(asked: Gateway, body: Json) -> RecordedAnswer | None:
        return next((one for one in recorded if one.answers(asked.contract.name, body)), None)

    async def call(asked: Gateway, body: Json, call: Json, request: GatewayRequest) -> list[str] | ErrorResponse:
        return [] if found(asked, body) else await gateway.call(asked, body, call, request)

    async def answer(asked: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        one = found(asked, body)
        if one is None:
            return await gateway.answer(asked, body, links, request)
        return GatewayResponse(one.status, _as_of_now(asked.contract, one), one.headers)

    return replace(gateway, call=call, answer=answer)


def _as_of_now(contract: Contract, recorded: RecordedAnswer) -> Json:
    """The recorded body; where a success says when it was made, it was made now."""
    body = recorded.body
    for moment in contract.times:
        if recorded.status == _OK and read(body, moment.pointer) is not ABSENT:
            body = placed(body, moment.pointer, int(time.time()))
    return body


def _recorded(path: Path) -> RecordedAnswer:
    said = _read(path)
    for problem in _problems(said):
        raise RecordedAnswersError(f"{path}: {problem}")
    answer = said["response"]
    return RecordedAnswer(
        said.get("contract"), said["request"], answer.get("status", _OK), answer["body"], answer.get("headers", {})
    )


def _read(path: Path) -> Any:  # noqa: ANN401 - the schema says what it is
    try:
        return json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        raise RecordedAnswersError(f"{path}:{error.lineno}: this is not JSON: {error.msg}") from error
    except RecursionError:
        raise RecordedAnswersError(f"{path}: this is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise RecordedAnswersError(f"{path}: this is not UTF-8 text") from error
    except OSError as error:
        raise RecordedAnswersError(f"{path} cannot be read: {error.strerror}") from error


def _problems(said: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for error in _VALIDATOR.iter_errors(said):
        yield f"{''.join(f'/{part}' for part in error.instance_path) or 'the file'}: {error.message}"
    for name in said["response"].get("headers", {}):
        if _OF_THE_SERVER.match(name):
            yield f"/response/headers/{name}: the server says this itself; leave it out"
