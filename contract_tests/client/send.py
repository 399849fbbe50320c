"""From a case to an exchange: ask, wait where the gateway says so, and look at every image that comes."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from contract_tests.client import links, transport
from contract_tests.client.access import Access
from contract_tests.client.case import Case
from contract_tests.client.image_hosts import ImageHosts
from contract_tests.client.inspect_image import Decoding, decode_base64, inspect_within
from contract_tests.client.limits import Limits, Problem
from contract_tests.client.pace import Pace
from contract_tests.client.tokens import Tokens
from gateway_contract.contract.definition import Contract, ImageField
from gateway_contract.traffic.curl import UNIX
from gateway_contract.traffic.exchange import (
    Answer,
    BrokenImage,
    Exchange,
    Image,
    NoAnswer,
    Request,
    header,
)
from gateway_contract.traffic.request_form import in_form
from gateway_contract.traffic.statuses import is_throttled
from gateway_contract.values.json_value import ABSENT, Json, compact, read_json
from gateway_contract.values.pointer import below, placed, read
from mock_server.faults.fault import NO_RESPONSE

MOST_ITEMS = 32
"""Items of one answer that are looked at; no contract sells more images at once."""

KEPT_OF_IMAGE = 1024
"""Characters of an image within an answer that are kept once it was looked at; a multiple of four, as Base64 is."""

MOST_ASKED = 10
"""The most images that the time for a response allows for; larger numbers are only sent to be rejected."""

PATIENCE = 60.0  # seconds to wait in all for a gateway that throttles


@dataclass(frozen=True, slots=True)
class Sender:
    """How one gateway is reached, and from where `images` may be fetched.

    `from_here` tells of a link how it is reached from here: the upstream's images lie with us, whatever their host.
    """

    contract: Contract
    transport: httpx.AsyncBaseTransport
    gateway: str
    tokens: Tokens
    images: ImageHosts
    limits: Limits
    upstream_address: str | None
    from_here: Callable[[str], str] = str
    access: Access = field(default_factory=Access)
    downloads: httpx.AsyncBaseTransport | None = None  # for links to other hosts than the gateway
    pace: Pace = field(default_factory=Pace)
    decoding: Decoding = field(default_factory=Decoding)

    @property
    def address(self) -> str:
        """What a report calls the gateway: its URL, or the Unix socket at which it listens."""
        return self.gateway if self.access.socket is None else f"{UNIX}{self.access.socket}"

    @property
    def secrets(self) -> list[str]:
        """What must not be written anywhere."""
        return [secret for token in self.tokens.issued for secret in self.access.secrets(token)]

    def request(self, case: Case) -> Request:
        headers = (
            ("Content-Type", "application/json"),
            *self.access.headers,
            *self.access.authorization(case.credential, self.tokens.current),
        )
        return Request(
            method=case.method or self.contract.operation.method,
            path=self.contract.operation.path,
            headers=in_form(headers, case.form),
            content=case.content,
            body=read_json(case.content),
            credential=case.credential,
            form=case.form,
        )


async def send(sender: Sender, case: Case) -> Exchange:
    """One case, and its images; the caller adds the upstream calls."""
    await sender.tokens.renew_before_expiry()
    return await exchange_request(sender, case, sender.request(case))


async def exchange_request(sender: Sender, case: Case, request: Request) -> Exchange:
    """The same with a request that was made elsewhere."""
    seconds = answer_seconds(sender, case, request)
    patience = 0.0 if case.failure is not None or case.first_answer else PATIENCE
    answer = await _response(sender, request, seconds, patience)
    images: tuple[tuple[Image | BrokenImage, ...], ...] = ()
    if isinstance(answer, Answer) and answer.successful:
        images = await _images(sender, answer)
        answer = without_inline_images(sender.contract, answer)
    return Exchange(request, answer, images=images, upstream_address=sender.upstream_address, name=case.name)


def answer_seconds(sender: Sender, case: Case, request: Request) -> float:
    """How long an answer may take: as long as its images take, or as proxies wait for an upstream that is silent."""
    if case.failure == NO_RESPONSE:
        return sender.limits.silence
    return sender.limits.answer_seconds(images_asked(sender.contract, request.body)) + case.upstream_seconds


def images_asked(contract: Contract, body: object) -> int:
    """How many images a gateway may take a request to ask for, whether it is valid or not."""
    if contract.images is None or body is ABSENT:
        return 0
    said = read(body, contract.images.count)
    if said is ABSENT:
        said = contract.request.default(contract.images.count, body)  # type: ignore[arg-type] # JSON, not ABSENT
    if isinstance(said, bool) or not isinstance(said, int):
        return 1
    return min(max(said, 1), MOST_ASKED)


async def _response(sender: Sender, request: Request, seconds: float, patience: float) -> Answer | NoAnswer:
    """The response; a throttled request is repeated more slowly, a few times and within `patience` seconds in all."""
    for wait in sender.limits.waits:
        started = await sender.pace.wait()
        response = await transport.exchange(sender.transport, request, sender.gateway, sender.limits, seconds)
        if not is_throttled(response):
            return response
        pause = retry_after(response, time.time())
        patience -= wait if pause is None else pause
        if patience <= 0:
            return response
        sender.pace.slow_down(started)
        await asyncio.sleep(wait if pause is None else pause)
    await sender.pace.wait()
    return await transport.exchange(sender.transport, request, sender.gateway, sender.limits, seconds)


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


def without_inline_images(contract: Contract, answer: Answer) -> Answer:
    """The answer with the beginning of each image that it carried: they were looked at, and are most of its bytes."""
    items = read(answer.body, contract.images.pointer) if contract.images is not None else None
    if contract.images is None or answer.body is ABSENT or not isinstance(items, list):
        return answer
    inline = {image_field.key for image_field in contract.images.image_fields if image_field.inline}
    cut = [_cut_images(item, inline) for item in items]
    if all(left is right for left, right in zip(cut, items, strict=True)):
        return answer
    body = placed(answer.body, contract.images.pointer, cut)
    return replace(answer, content=compact(body), body=body)


def _cut_images(item: Json, keys: Collection[str]) -> Json:
    if not isinstance(item, dict):
        return item
    long = {key: text for key in keys if isinstance(text := item.get(key), str) and len(text) > KEPT_OF_IMAGE}
    return {**item, **{key: text[:KEPT_OF_IMAGE] for key, text in long.items()}} if long else item


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
    link = sender.from_here(value)
    found = await links.download(_transport_for(sender, link), link, sender.images, sender.limits)
    if isinstance(found, Problem):
        return BrokenImage(image_field.key, value, found.text, found.is_ours)
    return await inspect_within(sender.decoding, found.content, image_field.key, value, found.media_type, sender.limits)


def _transport_for(sender: Sender, link: str) -> httpx.AsyncBaseTransport:
    """The gateway's transport for links to the gateway itself: a certificate is presented to no other host."""
    try:
        same = urlsplit(link).netloc == urlsplit(sender.gateway).netloc
    except ValueError:
        same = False
    return sender.transport if same or sender.downloads is None else sender.downloads
