"""Recorded responses in place of generated ones: a directory of JSON files, each with a request and its response.

A file matches every request that contains at least its `request`, or with `exact` only one that equals it. A text
`recorded:NAME` in the response becomes a link to the image in the file NAME of the directory. Files are tried in the
order of their names. The contract is checked first, so an invalid request is rejected.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import jsonschema_rs

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import ABSENT, Json, same
from gateway_contract.values.pointer import leaves, placed, read
from mock_server.gateway.response_body import own_link
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import ErrorResponse
from mock_server.upstream.protocol import Outbound, UpstreamAnswer, UpstreamTransport

SCHEMA: Final[dict[str, Json]] = {
    "type": "object",
    "required": ["request", "response"],
    "additionalProperties": False,
    "properties": {
        "description": {"type": "string"},
        "contract": {"type": "string", "minLength": 1},
        "exact": {"type": "boolean"},
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
"""Of a file. `description` is a note for readers; without `contract` the file matches for every gateway."""

_OF_THE_SERVER: Final = re.compile(r"(?i)(connection|content-length|transfer-encoding|access-control-.*)$")
"""Headers that say how an answer is sent, or to whom a browser may show it."""
RECORDED: Final = "recorded:"
"""Begins a text in a response that stands for a link to an image of the directory."""
_IMAGE_NAME: Final = re.compile(r"[\w-][\w.-]*")
_VALIDATOR: Final = jsonschema_rs.validator_for(SCHEMA)
_OK: Final = 200


class RecordingError(Exception):
    """A directory or file without a valid recording; the message names the file and its line or field."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A response and the requests that it matches; `contract` None is any.

    `images` are the files of the images that the response has links to, by the texts that stand for the links.
    """

    contract: str | None
    request: Json
    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)
    is_exact: bool = False
    images: Mapping[str, Path] = field(default_factory=dict)

    def matches(self, contract: str, body: Json) -> bool:
        is_match = same if self.is_exact else contains
        return self.contract in {None, contract} and is_match(body, self.request)


def read_recordings(folder: Path) -> tuple[Recording, ...]:
    """All recordings of a directory, by the names of their files. Raises RecordingError."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".json")
    except OSError as error:
        raise RecordingError(f"no recordings in {folder}: {error.strerror}") from error
    if not paths:
        raise RecordingError(f"no recordings in {folder}: it has no .json file")
    return tuple(map(_recorded, paths))


def contains(body: Json, expected: Json) -> bool:
    """Whether a body contains the expected one: at least the members of an object, the same items of a list."""
    if isinstance(body, dict) and isinstance(expected, dict):
        return all(name in body and contains(body[name], value) for name, value in expected.items())
    if isinstance(body, list) and isinstance(expected, list):
        return len(body) == len(expected) and all(map(contains, body, expected))
    return same(body, expected)


def with_recordings(gateway: Gateway, recorded: tuple[Recording, ...]) -> Gateway:
    """The gateway that returns a recording where one matches, and then does not call its upstream."""
    if not recorded:
        return gateway

    def found(own: Gateway, body: Json) -> Recording | None:
        return next((recording for recording in recorded if recording.matches(own.contract.name, body)), None)

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> list[str] | ErrorResponse:
        return [] if found(own, body) else await gateway.call(own, body, call, request)

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        recording = found(own, body)
        if recording is None:
            return await gateway.answer(own, body, links, request)
        body = _as_of_now(own.contract, recording, int(own.upstream.signer.clock()))
        for pointer, value in leaves(body) if recording.images else ():
            if isinstance(value, str) and value in recording.images:
                body = placed(body, pointer, own_link(own.upstream, value, request.base))
        return GatewayResponse(recording.status, body, recording.headers)

    images = {text: path for recording in recorded for text, path in recording.images.items()}
    transport = WithRecordedImages(gateway.upstream.transport, images)
    return replace(gateway, call=call, answer=answer, upstream=replace(gateway.upstream, transport=transport))


@dataclass(frozen=True, slots=True)
class WithRecordedImages:
    """A transport that finds recorded images by the texts that stand for links to them."""

    right: UpstreamTransport
    paths: Mapping[str, Path]

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        return await self.right.send(outbound)

    async def image(self, link: str) -> bytes | None:
        path = self.paths.get(link)
        if path is None:
            return await self.right.image(link)
        return path.read_bytes() if path.is_file() else None

    async def aclose(self) -> None:
        await self.right.aclose()


def _as_of_now(contract: Contract, recorded: Recording, now: int) -> Json:
    """The recorded body; the times of a success are those of now."""
    body = recorded.body
    for moment in contract.times:
        if recorded.status == _OK and read(body, moment.pointer) is not ABSENT:
            body = placed(body, moment.pointer, now)
    return body


def _recorded(path: Path) -> Recording:
    content = _read(path)
    for problem in _problems(content):
        raise RecordingError(f"{path}: {problem}")
    answer = content["response"]
    texts = {value for _, value in leaves(answer["body"]) if isinstance(value, str) and value.startswith(RECORDED)}
    images = {text: path.parent / text.removeprefix(RECORDED) for text in texts}
    for text, image in images.items():
        if not _IMAGE_NAME.fullmatch(image.name) or image.parent != path.parent or not image.is_file():
            raise RecordingError(f"{path}: {text!r} must name an image in the same directory")
    return Recording(
        content.get("contract"),
        content["request"],
        answer.get("status", _OK),
        answer["body"],
        answer.get("headers", {}),
        content.get("exact", False),
        images,
    )


def _read(path: Path) -> Any:  # noqa: ANN401 - the schema says what it is
    try:
        return json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        raise RecordingError(f"{path}:{error.lineno}: not JSON: {error.msg}") from error
    except RecursionError:
        raise RecordingError(f"{path}: nested too deeply") from None
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path}: not UTF-8 text") from error
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}") from error


def _problems(content: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for error in _VALIDATOR.iter_errors(content):
        yield f"{''.join(f'/{part}' for part in error.instance_path) or 'the file'}: {error.message}"
    for name in content["response"].get("headers", {}):
        if _OF_THE_SERVER.match(name):
            yield f"/response/headers/{name}: the server sets this header; remove it"
