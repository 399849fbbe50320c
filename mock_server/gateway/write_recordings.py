"""Records what a real upstream brings, as files that `recordings` replays. No file holds a secret.

Keys are redacted, and links to images are replaced by the names of files beside the recording.
"""

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.redaction import REDACTED, redact, secrets_of
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import below, leaves, placed, read
from mock_server.gateway.recordings import RECORDED
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import ErrorResponse
from mock_server.serving.signing import SIGNED_IMAGE
from mock_server.upstream.client import UpstreamClient

WARNING: Final = "x-mock-warning"
OWNER_ONLY: Final = 0o600
KEPT_HEADERS: Final = frozenset({"retry-after"})
_QUERY: Final = re.compile(r"(?i)\b(https?://)(?:[^\s/?#@\"']*@)?([^\s?#\"'<>]*)\?[^\s\"'<>]*")


REDACTED_REQUEST: Final = "recorded without what looks like a secret in the request, so it cannot be replayed"


class NotRecordedError(Exception):
    """Why a response could not be recorded."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """Where responses are recorded. `secrets` are those of the mock; a client's own are known from its request.

    Requests of which `is_played` is true have a scenario, and are not recorded.
    """

    folder: Path
    secrets: tuple[str, ...] = field(repr=False)
    is_played: Callable[[], bool]


def with_recorder(gateway: Gateway, recorder: Recorder | None) -> Gateway:
    """The gateway, which records its responses to requests that reached the upstream."""
    if recorder is None:
        return gateway

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> list[str] | ErrorResponse:
        links = await gateway.call(own, body, call, request)
        if isinstance(links, ErrorResponse) and not recorder.is_played():
            problem = await warning_of(record(recorder, own, body, request, own.reject(own, links), []))
            if problem:
                return replace(links, message=f"{links.message} ({problem})")
        return links

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right = await gateway.answer(own, body, links, request)
        if recorder.is_played():
            return right
        problem = await warning_of(record(recorder, own, body, request, right, links))
        return replace(right, headers={**right.headers, WARNING: problem}) if problem else right

    return replace(gateway, call=call, answer=answer)


async def warning_of(recording: Awaitable[bool]) -> str:
    """What a client must know of the recording of its request; nothing if it can be replayed."""
    try:
        return "" if await recording else REDACTED_REQUEST
    except NotRecordedError as error:
        return str(error)


async def record(
    recorder: Recorder,
    gateway: Gateway,
    sent: Json,
    request: GatewayRequest,
    right: GatewayResponse,
    links: list[str],
) -> bool:
    """Write one recording and its images; an earlier one of the same request is replaced.

    Returns False if the request had to be redacted, so that none equals the recorded one. Nothing is written of a body
    that is not an object. Raises NotRecordedError.
    """
    if not isinstance(sent, dict):
        return True
    secrets = (*recorder.secrets, *secrets_of(request.headers.items()))
    asked = without_secrets(sent, secrets)
    is_whole = asked == sent
    digest = sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    name = f"{gateway.contract.name}-{digest}"
    files = [f"{name}-{index}.png" for index in range(1, len(links) + 1)]
    body, shown = with_files(gateway.contract, right.body, files)
    images = [await fetched(gateway.upstream, link) for link in links] if shown else []
    recording = {
        "contract": gateway.contract.name,
        "exact": is_whole,
        "request": asked,
        "response": {
            "status": right.status,
            "headers": {
                header: redact(value, secrets) for header, value in right.headers.items() if header in KEPT_HEADERS
            },
            "body": without_secrets(body, secrets),
        },
    }
    content = json.dumps(recording, ensure_ascii=True, indent=2).encode()
    written = [*zip(files, images, strict=False), (f"{name}.json", content)]
    try:
        await asyncio.to_thread(write_all, recorder.folder, written)
    except OSError as error:
        raise NotRecordedError(f"not recorded: {error.strerror}") from error
    return is_whole


async def fetched(upstream: UpstreamClient, link: str) -> bytes:
    content = await upstream.image(link)
    if content is None:
        raise NotRecordedError("not recorded: an image could not be fetched")
    return content


def with_files(contract: Contract, body: Json, files: list[str]) -> tuple[Json, bool]:
    """The response with the names of files in place of links to images, and whether it had any."""
    images = contract.images
    keys = [] if images is None else [one.key for one in images.image_fields if not one.inline]
    changed = False
    for index, name in enumerate(files):
        for key in keys:
            pointer = below(below("" if images is None else images.pointer, index), key)
            if isinstance(read(body, pointer), str):
                body, changed = placed(body, pointer, RECORDED + name), True
    return body, changed


def without_secrets(body: Json, secrets: tuple[str, ...]) -> Json:
    """The body without keys, and without what signs the links in its texts."""
    shown = redact(body, secrets)
    for pointer, value in leaves(shown):
        if isinstance(value, str) and "://" in value:
            unsigned = re.sub(SIGNED_IMAGE, REDACTED, _QUERY.sub(rf"\1\2?{REDACTED}", value))
            shown = placed(shown, pointer, unsigned) if unsigned != value else shown
    return shown


def write_all(folder: Path, files: list[tuple[str, bytes]]) -> None:
    """Write files that only their owner can read, each whole or not at all. Raises OSError."""
    for name, content in files:
        unfinished = folder / f".{name}.unfinished"
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
            file.write(content)
        unfinished.replace(folder / name)
