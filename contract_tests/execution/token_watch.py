"""Whether the token is still accepted: a run whose token dies shows nothing about the gateway from then on."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from contract_tests.client.case import Case
from contract_tests.client.tokens import Tokens
from gateway_contract.traffic.exchange import Answer, Credential, Exchange
from gateway_contract.traffic.statuses import UNAUTHORIZED

PAUSE = 2.0  # seconds before the request that decides
MOST_IN_A_ROW = 3
"""Rejections in a row by a status that was about a request before, until it is asked again whether that is so."""

LOST = "the token was accepted until request {number} ({seconds:.0f} s){problem}. Set GATEWAY_TOKEN to one that lasts."
Send = Callable[[Case], Awaitable[Exchange | None]]


@dataclass(slots=True)
class TokenWatch:
    """Looks at every answer to the right token. `repeat` keeps a correlation id, `send` takes a new one.

    Both give None where the budget has no image for it.
    `lost` says since when the token is not accepted. `about_requests` are statuses that a request brought about.
    """

    tokens: Tokens
    repeat: Send
    send: Send
    pause: float = field(default_factory=lambda: PAUSE)
    lost: str = ""
    first_accepted: Case | None = None
    accepted: int = 0  # the number of the last request that was accepted
    accepted_at: float = 0.0  # Unix time at which it was
    valid_at: float = 0.0  # Unix time at which the latest of the accepted requests was sent
    began: float = field(default_factory=time.time)
    about_requests: set[int] = field(default_factory=set)
    in_a_row: int = 0
    _check: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def settle(self, number: int, case: Case, exchange: Exchange, *, is_outdated: bool) -> Exchange:
        """The exchange, or its repetition with a new token where it was rejected by 401.

        `number` counts the requests of the run; `is_outdated` is whether there is a newer token than the one sent.
        When a token is rejected that worked before, the first request that was accepted is repeated; if that is
        rejected, too, the token is lost.
        """
        is_unauthorized = is_rejected(exchange) and _status(exchange) == 401 and not self.lost
        if is_unauthorized and (is_outdated or await self.tokens.renew(self.tokens.current)):
            exchange = await self.repeat(case) or exchange
        if exchange.accepted and exchange.request.credential is Credential.RIGHT:
            self.accepted, self.first_accepted = number, self.first_accepted or case
            self._note_accepted(exchange)
        if is_rejected(exchange) and self.first_accepted is not None and not self.lost:
            self.in_a_row += 1
            async with self._check:
                await self._find_out(exchange, self.first_accepted)
        return exchange

    async def _find_out(self, exchange: Exchange, accepted: Case) -> None:
        """Whether a rejection is about the request or about the token."""
        status = _status(exchange)
        if self.valid_at > _received_at(exchange):
            self.about_requests.add(status)
        if self.lost or (status in self.about_requests and self.in_a_row < MOST_IN_A_ROW):
            return
        await asyncio.sleep(self.pause)
        again = await self.send(accepted)
        if again is not None and is_rejected(again):
            problem = f"; {self.tokens.problem}" if self.tokens.problem else ""
            seconds = self.accepted_at - self.began
            self.lost = LOST.format(number=self.accepted, seconds=seconds, problem=problem)
        elif again is not None and again.accepted:
            self.about_requests.add(status)
            self._note_accepted(again)

    def _note_accepted(self, exchange: Exchange) -> None:
        self.accepted_at, self.in_a_row = _received_at(exchange), 0
        self.valid_at = max(self.valid_at, self.accepted_at - exchange.answer.seconds)

    def is_unusable(self, exchange: Exchange) -> bool:
        """Whether an exchange is a rejection of a token that was lost."""
        return bool(self.lost) and is_rejected(exchange) and _received_at(exchange) > self.valid_at


def is_rejected(exchange: Exchange) -> bool:
    """Whether the right token got 401 or 403."""
    return exchange.request.credential is Credential.RIGHT and _status(exchange) in UNAUTHORIZED


def _status(exchange: Exchange) -> int:
    return exchange.answer.status if isinstance(exchange.answer, Answer) else 0


def _received_at(exchange: Exchange) -> float:
    return exchange.answer.received_at if isinstance(exchange.answer, Answer) else 0.0
