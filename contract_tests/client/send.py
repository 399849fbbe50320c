"""From a case to an exchange: ask, wait where the gateway says so, and look at every image that comes."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx

from contract_tests.client import links, transport
from contract_tests.client.access import Access
from contract_tests.client.case import Case
from contract_tests.client.image_hosts import ImageHosts
from contract_tests.client.inspect_image import Decoding, inspect, inspect_base64, inspect_within
from contract_tests.client.kept_answer import KEPT_OF_IMAGE, KeptAnswers
from contract_tests.client.limits import Limits, Problem
from contract_tests.client.pace import Pace, seconds_to_wait
from contract_tests.client.room import Room, Share
from contract_tests.client.tokens import Tokens
from gateway_contract.contract.definition import Contract, ImageField
from gateway_contract.traffic.curl import UNIX
from gateway_contract.traffic.exchange import (
    Answer,
    BrokenImage,
    Exchange,
    Headers,
    Image,
    NoAnswer,
    Request,
    header,
)
from gateway_contract.traffic.request_form import in_form
from gateway_contract.traffic.statuses import is_throttled
from gateway_contract.values.json_value import ABSENT, Json, read_json
from gateway_contract.values.pointer import below, read
from mock_server.faults.fault import NO_RESPONSE

MOST_ITEMS = 32
"""Items of one answer that are looked at; no contract sells more images at once."""

LONGEST_LINK = 2**16
"""Characters of a link that anybody could follow."""

SHOWN_OF_LINK = 1000  # characters of one that is longer

MOST_ASKED = 10
"""The most images that the time for a response allows for; larger numbers are only sent to be rejected."""

HUNG_UP_AFTER = 0.25
"""Of the time that the upstream takes, how much of it passes before a client hangs up."""
UNTIL_CALLED = 0.05  # seconds between looks at whether the upstream is called

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
    kept_connection: httpx.AsyncBaseTransport | None = None  # one connection, for requests one after the other
    pace: Pace = field(default_factory=Pace)
    decoding: Decoding = field(default_factory=Decoding)
    room: Room = field(default_factory=Room)  # for answers
    download_room: Room = field(default_factory=lambda: Room(32 * 2**20))  # an answer that has room may wait for it
    kept: KeptAnswers = field(default_factory=KeptAnswers)
    is_called: Callable[[object], bool] = lambda _body: True  # whether the upstream call of a request arrived

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
            ("Content-Type", case.media_type),
            *self.access.headers,
            *self.access.authorization(case.credential, self.tokens.current),
            *self._idempotency_key(case),
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

    def _idempotency_key(self, case: Case) -> Headers:
        known = self.contract.idempotency_key
        return () if known is None or case.idempotency_key is None else ((known.header, case.idempotency_key),)


async def send(sender: Sender, case: Case) -> Exchange:
    """One case, and its images; the caller adds the upstream calls."""
    await sender.tokens.renew_before_expiry()
    return await exchange_request(sender, case, sender.request(case))


async def exchange_request(sender: Sender, case: Case, request: Request) -> Exchange:
    """The same with a request that was made elsewhere."""
    seconds = answer_seconds(sender, case, request)
    fails = case.failure is not None and not case.upstream_seconds  # and a throttled request may be one that failed
    patience = 0.0 if fails or case.first_answer else PATIENCE
    share = Share(sender.room, sender.decoding.turn)
    limits = replace(sender.limits, hashed_pixels=sender.limits.decoded_pixels if case.same_pictures else 0)
    try:
        over = sender.kept_connection if case.kept else None
        response = _response(sender, over or sender.transport, request, seconds, patience, share)
        answer = await (_hung_up(sender, request, case, response) if case.hangs_up else response)
        images: tuple[tuple[Image | BrokenImage, ...], ...] = ()
        if isinstance(answer, Answer):
            looks = _image_looks(replace(sender, limits=limits), answer) if answer.successful else []
            # Of all else only the images are held from now on, each until it was looked at.
            answer = sender.kept.keep(sender.contract, answer)
            images = tuple(await asyncio.gather(*looks))
    finally:
        share.give_back()
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


async def _hung_up(
    sender: Sender, request: Request, case: Case, response: Coroutine[None, None, Answer | NoAnswer]
) -> Answer | NoAnswer:
    """Hangs up while the upstream call of a request is under way; the response if that comes before."""
    began, under_way = time.monotonic(), asyncio.create_task(response)
    while not (under_way.done() or sender.is_called(request.body)):
        await asyncio.wait({under_way}, timeout=UNTIL_CALLED)
    await asyncio.wait({under_way}, timeout=HUNG_UP_AFTER * case.upstream_seconds)
    if under_way.done():
        return under_way.result()
    under_way.cancel()
    await asyncio.wait({under_way})
    return NoAnswer("the client hung up, as planned", time.monotonic() - began, hung_up=True)


async def _response(
    sender: Sender,
    over: httpx.AsyncBaseTransport,
    request: Request,
    seconds: float,
    patience: float,
    share: Share,
) -> Answer | NoAnswer:
    """The response; a throttled request is repeated more slowly, a few times and within `patience` seconds in all."""
    for wait in sender.limits.waits:
        started = await sender.pace.wait()
        response = await transport.exchange(over, request, sender.gateway, sender.limits, seconds, share)
        if not is_throttled(response):
            return response
        pause = retry_after(response, time.time())
        patience -= wait if pause is None else pause
        if patience <= 0:
            return response
        sender.pace.slow_down(started)
        share.give_back()
        await asyncio.sleep(wait if pause is None else pause)
    await sender.pace.wait()
    return await transport.exchange(over, request, sender.gateway, sender.limits, seconds, share)


def retry_after(response: Answer | NoAnswer, now: float) -> float | None:
    """The seconds to wait by Retry-After; None where it is missing or cannot be read."""
    return seconds_to_wait(None if isinstance(response, NoAnswer) else header(response.headers, "retry-after"), now)


Look: TypeAlias = Coroutine[None, None, tuple[Image | BrokenImage, ...]]


def _image_looks(sender: Sender, answer: Answer) -> list[Look]:
    """Looks at the images of each item, still to be awaited. A look holds no more of the answer than its images."""
    images = sender.contract.images
    items = read(answer.body, images.pointer) if images is not None else None
    if not isinstance(items, list):
        return []
    filled = [list(filled_image_fields(sender.contract, item)) for item in items[:MOST_ITEMS]]
    return [_look_at(sender, [(carrier, _held(carrier, text)) for carrier, text in pairs]) for pairs in filled]


def _held(image_field: ImageField, text: str) -> str:
    """As much of a text as it takes to see that it is no image; all of one that may be one."""
    if not image_field.inline:
        return text[: LONGEST_LINK + 1]
    return text if text.isascii() else f"{text[:KEPT_OF_IMAGE]}…"


async def _look_at(sender: Sender, filled: list[tuple[ImageField, str]]) -> tuple[Image | BrokenImage, ...]:
    filled.reverse()
    return tuple([await _filled_field(sender, *filled.pop()) for _ in range(len(filled))])


def filled_image_fields(contract: Contract, item: Json) -> Iterator[tuple[ImageField, str]]:
    """The image fields of an item that hold something."""
    for image_field in contract.images.image_fields if contract.images is not None else ():
        value = read(item, below("", image_field.key))
        if isinstance(value, str) and value:
            yield image_field, value


async def _filled_field(sender: Sender, image_field: ImageField, value: str) -> Image | BrokenImage:
    key, limits = image_field.key, sender.limits
    if image_field.inline:
        return await inspect_within(sender.decoding, partial(inspect_base64, value, key), key, "", limits)
    if len(value) > LONGEST_LINK:
        return BrokenImage(key, value[:SHOWN_OF_LINK], f"the link has more than {LONGEST_LINK:,} characters")
    link, share = sender.from_here(value), Share(sender.download_room)
    try:
        found = await links.download(_transport_for(sender, link), link, sender.images, limits, share)
        if isinstance(found, Problem):
            return BrokenImage(key, value, found.text, found.is_ours)
        look = partial(inspect, found.content, key, value, found.media_type)
        return await inspect_within(sender.decoding, look, key, value, limits)
    finally:
        share.give_back()


def _transport_for(sender: Sender, link: str) -> httpx.AsyncBaseTransport:
    """The gateway's transport for links to the gateway itself: a certificate is presented to no other host."""
    try:
        same = urlsplit(link).netloc == urlsplit(sender.gateway).netloc
    except ValueError:
        same = False
    return sender.transport if same or sender.downloads is None else sender.downloads
