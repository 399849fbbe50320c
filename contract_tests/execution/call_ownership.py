"""Whose an upstream call is: a request's own, or that of somebody else who uses the gateway meanwhile."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from contract_tests.client.correlation import correlation_ids
from contract_tests.execution.observer import UpstreamObserver
from gateway_contract.traffic.exchange import Exchange, UpstreamCall, images_shown
from gateway_contract.values.json_value import UNOBSERVED, Nothing

IDLE = 1.5  # seconds to listen while no request of ours is under way
Calls = tuple[UpstreamCall, ...] | Literal[Nothing.UNOBSERVED]


@dataclass(slots=True)
class CallOwnership:
    """Attributes calls to requests that are sent alone. `exclusive`: no other client can reach the gateway.

    `others_call` is known once a call without the request's id made us listen while the suite was idle.
    """

    observer: UpstreamObserver
    exclusive: bool
    idle: float = IDLE
    others_call: bool | None = None
    sent: set[str] = field(default_factory=set)  # ids
    unmarked: int = 0  # accepted requests that carry no id: each may have made a call

    async def own_calls(self, exchange: Exchange, calls: tuple[UpstreamCall, ...]) -> Calls:
        """Of the calls during a request, its own; UNOBSERVED if that is not known."""
        own = correlation_ids(exchange.request.body)
        self.unmarked += exchange.accepted and not own
        marked = tuple(call for call in calls if own & correlation_ids(call.body))
        if self.exclusive or len(marked) == len(calls):
            return calls
        if self.others_call is None:
            self.others_call = await self._listen()
        if not self.others_call:
            return calls
        return marked if marked or (own and exchange.refused) else UNOBSERVED

    async def _listen(self) -> bool:
        """Whether calls arrive that no request of ours can have made."""
        before = self.observer.count()
        await asyncio.sleep(self.idle)
        return any(self._is_foreign(call) for call in self.observer.calls_since(before))

    def _is_foreign(self, call: UpstreamCall) -> bool:
        return not correlation_ids(call.body) & self.sent

    def foreign_calls(self) -> int:
        """How many calls the run did not cause, as far as calls are kept."""
        if not self.others_call:
            return 0
        return max(0, sum(map(self._is_foreign, self.observer.calls_since(0))) - self.unmarked)


def is_lost(exchange: Exchange, calls: Mapping[str, tuple[UpstreamCall, ...]]) -> bool:
    """Whether it is not known which calls an accepted request made beside others: it is sent once more, alone.

    The gateway may have changed its mark, and `calls` are by marks. One that shows images of another request's call is
    known to have made none.
    """
    return exchange.accepted and exchange.upstream == () and not shows_images_of_others(exchange, calls)


def shows_images_of_others(exchange: Exchange, calls: Mapping[str, tuple[UpstreamCall, ...]]) -> bool:
    """Whether a response shows images of calls, given by their marks: of other requests, where none is its own."""
    made = {identity for group in calls.values() for call in group for identity in call.images}
    return any(image.identity in made for image in images_shown(exchange))


def calls_of(exchange: Exchange, calls: Mapping[str, tuple[UpstreamCall, ...]]) -> tuple[UpstreamCall, ...]:
    return tuple(call for mark in correlation_ids(exchange.request.body) for call in calls.get(mark, ()))


def attribute_calls(exchanges: Iterable[Exchange], observer: UpstreamObserver | None) -> Iterator[Exchange]:
    """The exchanges with the calls that have their ids, but for those whose calls are not known."""
    calls = {} if observer is None else observer.calls_by_id(0)
    for one in exchanges:
        is_known = observer is None or one.upstream is not UNOBSERVED
        exchange = one if is_known else replace(one, upstream=calls_of(one, calls))
        if not is_lost(exchange, calls):
            yield exchange
