"""From a case to an exchange: ask, wait where the gateway says so, and look at every image that comes."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from contract_tests.client import links, transport
from contract_tests.client.case import Case
from contract_tests.client.inspect_image import Decoding, decode_base64, inspect_within
from contract_tests.client.limits import Limits, Problem
from contract_tests.client.pace import Pace
from gateway_contract.contract.definition import Contract, ImageField
from gateway_contract.traffic.exchange import (
    Answer,
    BrokenImage,
    Credential,
    Exchange,
    Headers,
    Image,
    NoAnswer,
    Request,
    header,
)
from gateway_contract.values.json_value import Json, read_json
from gateway_contract.values.pointer import below, read

MOST_ITEMS = 32
"""Items of one answer that are looked at; no contract sells more images at once."""

WRONG_TOKEN = "sk-not-a-token-of-this-gateway"  # noqa: S105 # that is what it is for
PATIENCE = 60.0  # seconds to wait in all for a gateway that throttles


@dataclass(frozen=True, slots=True)
class Sender:
    """How one gateway is reached. `own` are addresses that image links may lead to though they are not public.

    `from_here` tells of a link how it is reached from here: the upstream's images lie with us, whatever their host.
    """

    contract: Contract
    transport: httpx.AsyncBaseTransport
    gateway: str
    token: str = field(repr=False)
    own: frozenset[str]
    limits: Limits
    upstream_address: str | None
    from_here: Callable[[str], str] = str
    pace: Pace = field(default_factory=Pace)
    decoding: Decoding = field(default_factory=Decoding)

    def request(self, case: Case) -> Request:
        return Request(
            method=case.method or self.contract.operation.method,
            path=self.contract.operation.path,
            headers=(("Content-Type", "application/json"), *authorization(case.credential, self.token)),
            content=case.content,
            body=read_json(case.content),
            credential=case.credential,
        )


def authorization(credential: Credential, token: str) -> Headers:
    match credential:
        case Credential.MISSING:
            return ()
        case Credential.EMPTY:
            return (("Authorization", "Bearer"),)
        case Credential.OTHER_SCHEME:
            return (("Authorization", f"Token {token}"),)  # the right one, so that the scheme alone is wrong
        case Credential.WRONG:
            return (("Authorization", f"Bearer {WRONG_TOKEN}"),)
    return (("Authorization", f"Bearer {token}"),)


async def send(sender: Sender, case: Case) -> Exchange:
    """One case, and its images; what went upstream is added by whoever observes it."""
    return await exchange_request(sender, case, sender.request(case))


async def exchange_request(sender: Sender, case: Case, request: Request) -> Exchange:
    """The same with a request that was made elsewhere."""
    answer = await _response(sender, request, PATIENCE if case.failure is None else 0.0)
    images = await _images(sender, answer) if isinstance(answer, Answer) and answer.successful else ()
    return Exchange(request, answer, images=images, upstream_address=sender.upstream_address, name=case.name)


async def _response(sender: Sender, request: Request, patience: float) -> Answer | NoAnswer:
    """The response; a throttled request is repeated more slowly, a few times and within `patience` seconds in all."""
    for wait in sender.limits.waits:
        started = await sender.pace.wait()
        response = await transport.exchange(sender.transport, request, sender.gateway, sender.limits)
        if not is_throttled(response):
            return response
        pause = retry_after(response, time.time())
        patience -= wait if pause is None else pause
        if patience < 0:
            return response
        sender.pace.slow_down(started)
        await asyncio.sleep(wait if pause is None else pause)
    await sender.pace.wait()
    return await transport.exchange(sender.transport, request, sender.gateway, sender.limits)


def is_throttled(response: Answer | NoAnswer) -> bool:
    """Whether a gateway asks to try again later: 429, or 503 that says when (RFC 9110, 10.2.3 and 15.6.4)."""
    if isinstance(response, NoAnswer):
        return False
    unavailable = response.status == HTTPStatus.SERVICE_UNAVAILABLE
    return response.status == HTTPStatus.TOO_MANY_REQUESTS or (
        unavailable and header(response.headers, "retry-after") is not None
    )


def retry_after(response: Answer | NoAnswer, now: float) -> float | None:
    """The seconds to wait by Retry-After (RFC 9110, 10.2.3); None where it is missing or cannot be read."""
    said = None if isinstance(response, NoAnswer) else header(response.headers, "retry-after")
    if said is None:
        return None
    if said.strip().isdecimal():
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - now)
    except (ValueError, OverflowError):
        return None


async def _images(sender: Sender, answer: Answer) -> tuple[tuple[Image | BrokenImage, ...], ...]:
    images = sender.contract.images
    items = read(answer.body, images.pointer) if images is not None else None
    if not isinstance(items, list):
        return ()
    looks = [_of_item(sender, item) for item in items[:MOST_ITEMS]]
    return tuple(await asyncio.gather(*looks))


async def _of_item(sender: Sender, item: Json) -> tuple[Image | BrokenImage, ...]:
    return tuple(
        [
            await _filled_fields(sender, image_field, value)
            for image_field, value in filled_image_fields(sender.contract, item)
        ]
    )


def filled_image_fields(contract: Contract, item: Json) -> Iterator[tuple[ImageField, str]]:
    """The image fields of an item that hold something."""
    for image_field in contract.images.image_fields if contract.images is not None else ():
        value = read(item, below("", image_field.key))
        if isinstance(value, str) and value:
            yield image_field, value


async def _filled_fields(sender: Sender, image_field: ImageField, value: str) -> Image | BrokenImage:
    if image_field.inline:
        decoded = await asyncio.to_thread(decode_base64, value)
        if isinstance(decoded, Problem):
            return BrokenImage(image_field.key, "", decoded.text)
        return await inspect_within(sender.decoding, decoded, image_field.key, "", "", sender.limits)
    found = await links.download(sender.transport, sender.from_here(value), sender.own, sender.limits)
    if isinstance(found, Problem):
        return BrokenImage(image_field.key, value, found.text)
    return await inspect_within(sender.decoding, found.content, image_field.key, value, found.media_type, sender.limits)
