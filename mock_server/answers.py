"""A successful answer by the contract: made from what its schema says, for any contract."""

import time
from base64 import b64encode
from collections.abc import Iterator

from gateway_contract.contract import Carrier, Contract, ImageItems
from gateway_contract.pointer import below, placed, read
from gateway_contract.values import ABSENT, Json, same
from mock_server.upstream_client import UpstreamClient

LINK_SECONDS = 24 * 3600.0
IMAGE_PATH = "/images"


class ImageGoneError(Exception):
    """There is no image behind one of the upstream's links."""


async def answer_body(contract: Contract, upstream: UpstreamClient, body: Json, links: list[str], base: str) -> Json:
    """The answer that holds the images behind the upstream's links. `base` is the gateway's own URL.

    Raises ImageGoneError.
    """
    answer: Json = {}
    for pointer in plain_objects(contract):
        answer = placed(answer, pointer, {})
    for moment in contract.times:
        answer = placed(answer, moment.pointer, int(time.time()))
    if contract.images is not None:
        items = [await _item(contract, contract.images, upstream, body, link, base) for link in links]
        answer = placed(answer, contract.images.pointer, list(items))
    return answer


def plain_objects(contract: Contract) -> Iterator[str]:
    """Objects at the top of the answer about which the contract says no more than that they are there."""
    for part in contract.operation.answer.parts:
        if part.pointer.count("/") == 1 and part.schema.get("type") == "object":
            yield part.pointer


async def _item(
    contract: Contract, images: ImageItems, upstream: UpstreamClient, body: Json, link: str, base: str
) -> Json:
    carrier = carrier_asked_for(contract, images, body)
    item: Json = {carrier.key: await _carried(carrier, upstream, link, base)}
    prefix = f"{images.pointer}/0"
    for pointer, source in contract.mock_values.items():
        value = read(body, source)
        if pointer.startswith(prefix) and value is not ABSENT:
            item = placed(item, pointer.removeprefix(prefix), value)
    return item


def carrier_asked_for(contract: Contract, images: ImageItems, body: Json) -> Carrier:
    """The carrier that a request asks for, by word or by default; the contract's first one where it says nothing."""
    for carrier in images.carriers:
        said = read(body, carrier.asked_by)
        value = contract.request.default(carrier.asked_by, body) if said is ABSENT else said
        if value is not ABSENT and same(value, carrier.value):
            return carrier
    return images.carriers[0]


async def _carried(carrier: Carrier, upstream: UpstreamClient, link: str, base: str) -> str:
    if carrier.inline:
        content = await upstream.image(link)
        if content is None:
            raise ImageGoneError(link)
        return b64encode(content).decode()
    return f"{base}{IMAGE_PATH}{below('', upstream.signer.sign(link, time.time() + LINK_SECONDS))}.png"
