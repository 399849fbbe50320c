"""What a run may cost: each request reserves the images that it might be billed for before it is sent."""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Answer, Exchange, NoAnswer
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, Nothing
from gateway_contract.values.pointer import read


class BudgetUsedUpError(Exception):
    """A request was not sent: the budget has no images left for it."""


@dataclass(slots=True)
class Ledger:
    """Images `billed` for requests that ended and `reserved` for those under way; without a budget anything fits.

    What is `held_back` is left to later requests.
    """

    budget: int | None = None
    billed: int = 0
    reserved: int = 0
    held_back: int = 0
    left_out: int = 0  # requests that did not fit; what exceeds the whole budget alone does not count
    _settled: asyncio.Condition = field(default_factory=asyncio.Condition)

    def has_room(self, images: int) -> bool:
        return self.budget is None or self.billed + self.reserved + self.held_back + images <= self.budget

    async def spend(self, images: int, send: Callable[[], Awaitable[Exchange]]) -> Exchange:
        """Sends what may be billed so many images. Raises BudgetUsedUpError where nothing under way can free them."""
        await self._reserve(images)
        billed = images  # also where sending raises: nobody knows what arrived
        try:
            exchange = await send()
            billed = billed_images(exchange, images)
        finally:
            self.reserved -= images
            self.billed += billed
            async with self._settled:
                self._settled.notify_all()
        return exchange

    async def _reserve(self, images: int) -> None:
        async with self._settled:
            while self.budget is not None and not self.has_room(images):
                if self.reserved == 0:
                    self.left_out += images <= self.budget
                    raise BudgetUsedUpError(f"{images} images do not fit the budget of {self.budget}")
                await self._settled.wait()
            self.reserved += images


def billed_images(exchange: Exchange, asked: int) -> int:
    """What a request is billed: nothing if it was not sent or was rejected, what was asked for if nobody knows."""
    answer = exchange.answer
    if isinstance(answer, NoAnswer) and answer.unsent:
        return 0
    if not isinstance(answer, Answer) or answer.status >= 500:
        return asked
    if not answer.successful:
        return 0
    return max(asked, 0 if exchange.images is UNOBSERVED else len(exchange.images))


def billable_images(contract: Contract, body: Json | Literal[Nothing.ABSENT]) -> int:
    """How many images a gateway that checks nothing might bill for a body, be it valid or not."""
    if contract.images is None:
        return 0
    count = contract.images.count
    default = contract.request.default(count, {} if body is ABSENT else body)
    return _as_count(read(body, count)) or _as_count(default) or 1


DIGITS = re.compile(r"\s*[0-9]{1,18}\s*")


def _as_count(said: Json | Literal[Nothing.ABSENT]) -> int | None:
    """A number from 1 on, as a gateway that converts would read it."""
    if isinstance(said, str) and DIGITS.fullmatch(said):
        said = int(said)
    if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said) or said < 1:
        return None
    return math.ceil(said)
