"""How a run sends its cases: at once or one at a time, within budget and time, each with its own upstream calls."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_ids
from contract_tests.client.send import Sender, send
from contract_tests.execution.call_ownership import CallOwnership, calls_of, is_lost
from contract_tests.execution.confirmation import is_valid
from contract_tests.execution.health import Health, plain_case
from contract_tests.execution.internal_errors import InternalErrors
from contract_tests.execution.ledger import BudgetUsedUpError, Ledger, billable_images
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.execution.time_bound import TimeBound, TimeUsedUpError
from contract_tests.execution.token_watch import TokenWatch, is_rejected
from contract_tests.planning.plan import PLANNED_ADDRESS, with_own_id
from gateway_contract.traffic.exchange import Exchange, UpstreamCall
from gateway_contract.traffic.statuses import is_throttled
from gateway_contract.values.json_value import read_json

NOT_SENT = (BudgetUsedUpError, TimeUsedUpError)


@dataclass(slots=True)
class Dispatch:
    """`note` takes note of each exchange. `marks_arrive`: correlation ids arrive upstream.

    `pending` are exchanges that were planned and are not judged yet. `beside` are the marks of cases that are under way
    during others: their upstream calls are nobody else's. `silence` ends when the upstream is silent no more.
    """

    sender: Sender
    observer: UpstreamObserver | None
    seed: int
    jobs: int
    exclusive: bool
    ledger: Ledger
    time_bound: TimeBound
    errors: InternalErrors
    note: Callable[[Exchange], None]
    marks_arrive: bool = True
    pending: list[Exchange] = field(default_factory=list)
    beside: set[str] = field(default_factory=set)
    health: Health = field(init=False)
    token_watch: TokenWatch = field(init=False)
    ownership: CallOwnership | None = field(init=False)
    silence: asyncio.Future[Any] | None = None
    silent: int = 0  # requests under way to which the upstream gives no response
    sent: int = 0
    answered: set[str] = field(default_factory=set)  # names of cases that were sent, and not only throttled
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        contract = self.sender.contract
        self.health = Health(self._send_plain, lambda one: is_valid(contract, one))
        self.token_watch = TokenWatch(
            self.sender.tokens, self._repeat, lambda case: self._repeat(self.with_new_id(case))
        )
        self.ownership = None if self.observer is None else CallOwnership(self.observer, self.exclusive)

    async def send_cases(self, cases: Sequence[Case]) -> list[Exchange]:
        """Sends each case once, and again in the end where the gateway asked to try again later."""
        found = await self._send_all(cases)
        throttled = {one.name for one in found if is_throttled(one.answer)}
        again = await self._send_in_turn([case for case in cases if case.name in throttled])
        replaced = {one.name for one in again}
        return [*(one for one in found if one.name not in replaced), *again]

    async def _send_all(self, cases: Sequence[Case]) -> list[Exchange]:
        """At once those that may be, then each of the others while no other is under way."""
        exchanges, lost = await self._send_concurrently(
            [case for case in cases if not case.alone and self.marks_arrive]
        )
        alone = [case for case in cases if case.alone or not self.marks_arrive]
        return exchanges + await self._send_in_turn([*lost, *alone])

    async def _send_concurrently(self, cases: Sequence[Case]) -> tuple[list[Exchange], list[Case]]:
        """Cases at once, at most `jobs` of them; their upstream calls are found by their marks.

        The second list has the cases whose calls are not known.
        """
        before = self.upstream_count()
        turn = asyncio.Semaphore(self.jobs)

        async def in_turn(case: Case) -> Exchange | None:
            async with turn:
                if self.health.stopped:
                    return None
                exchange = None
                with self.errors.catch(case.name), suppress(*NOT_SENT):
                    exchange = await self.send(case)
                    self.pending.append(exchange)
                    await self.health.record(exchange)
                return exchange

        found = await asyncio.gather(*(in_turn(case) for case in cases))
        sent = [(case, exchange) for case, exchange in zip(cases, found, strict=True) if exchange is not None]
        if self.observer is None:
            return [exchange for _, exchange in sent], []
        calls = self.observer.calls_by_id(before)
        exchanges, lost = [], []
        for case, exchange in sent:
            attributed = replace(exchange, upstream=calls_of(exchange, calls))
            if is_lost(attributed, calls):
                lost.append(case)
            else:
                exchanges.append(attributed)
        return exchanges, lost

    async def _send_in_turn(self, cases: Iterable[Case]) -> list[Exchange]:
        found = []
        for case in cases:
            if not self.health.stopped:
                with self.errors.catch(case.name), suppress(*NOT_SENT):
                    found.append(await self.send_alone(case))
                    self.pending.append(found[-1])
        return found

    async def send_alone(self, case: Case) -> Exchange:
        """A case while no other is under way: every upstream call in that time belongs to it."""
        before = self.upstream_count()
        exchange = await self.send(case)
        if self.observer is not None:
            exchange = await self.with_own_calls(exchange, self._calls_not_beside(before))
        await self.health.record(exchange)
        return exchange

    async def with_own_calls(self, exchange: Exchange, calls: tuple[UpstreamCall, ...]) -> Exchange:
        """Of the calls during an exchange its own."""
        if self.ownership is None:
            return exchange
        return replace(exchange, upstream=await self.ownership.own_calls(exchange, calls))

    async def send_again(self, case: Case) -> Exchange:
        """A case alone, with a mark of its own. Raises BudgetUsedUpError and TimeUsedUpError."""
        return await self.send_alone(self.with_new_id(case))

    async def send_unplanned(self, case: Case) -> Exchange | None:
        """The same for a case of somebody else's; None where it raised or does not fit the budget."""
        with self.errors.catch(case.name), suppress(*NOT_SENT):
            return await self.send_again(case)
        return None

    async def send_all_unplanned(
        self, cases: Sequence[Case], may_send: Callable[[Case], bool]
    ) -> list[Exchange | None]:
        """The same for several cases, each if it may be sent when it is its turn; in their order.

        At once, at most `jobs` of them, go those with a mark that tells their calls; then each of the others.
        """
        before = self.upstream_count()
        turn = asyncio.Semaphore(self.jobs)

        async def beside(case: Case) -> Exchange | None:
            async with turn:
                with self.errors.catch(case.name), suppress(*NOT_SENT):
                    exchange = await self.send_beside(case) if may_send(case) else None
                    if exchange is not None:
                        await self.health.record(exchange)
                    return exchange
            return None

        are_several = len(cases) > 1 and self.marks_arrive
        marked = [are_several and bool(correlation_ids(read_json(case.content))) for case in cases]
        sent = iter(
            await asyncio.gather(*(beside(case) for case, is_marked in zip(cases, marked, strict=True) if is_marked))
        )
        found = [next(sent) if is_marked else None for is_marked in marked]
        calls = {} if self.observer is None else self.observer.calls_by_id(before)
        for place, case in enumerate(cases):
            first = found[place]
            is_left = not marked[place] if first is None else is_lost(first, calls)
            if is_left and may_send(case):
                found[place] = await self.send_unplanned(case)
        return found

    async def send_beside(self, case: Case) -> Exchange:
        """A case with a mark of its own, beside others. Raises BudgetUsedUpError and TimeUsedUpError."""
        case, before = self.with_new_id(case), self.upstream_count()
        self.beside |= correlation_ids(self.sender.request(case).body)
        exchange = await self.send(case)
        return (
            exchange
            if self.observer is None
            else replace(exchange, upstream=calls_of(exchange, self.observer.calls_by_id(before)))
        )

    async def send_twice(self, case: Case) -> tuple[Exchange, Exchange]:
        """A case with a mark of its own, twice at the same time; each exchange has the calls of both.

        Raises BudgetUsedUpError and TimeUsedUpError.
        """
        case, before = self.with_new_id(case), self.upstream_count()
        one, other = await asyncio.gather(self.send(case), self.send(case))
        if self.observer is None:
            return one, other
        if self.marks_arrive:
            calls = calls_of(one, self.observer.calls_by_id(before))
        else:
            calls = self._calls_not_beside(before)
        return replace(one, upstream=calls), replace(other, upstream=calls)

    def _calls_not_beside(self, before: int) -> tuple[UpstreamCall, ...]:
        """The calls since so many, without those of requests that are sent beside all others."""
        calls = () if self.observer is None else self.observer.calls_since(before)
        return tuple(call for call in calls if not self.beside & correlation_ids(call.body))

    @contextmanager
    def silenced(self) -> Iterator[None]:
        """While a request is under way to which the upstream gives no response."""
        self.silent += 1
        try:
            yield
        finally:
            self.silent -= 1

    async def outlast_silence(self) -> None:
        """Waits until the upstream is silent no more."""
        if self.silence is not None:
            await asyncio.wait({self.silence})

    async def _send_plain(self) -> Exchange | None:
        await self.outlast_silence()
        with suppress(*NOT_SENT):
            return await self.send(self.with_new_id(plain_case(self.sender, self.seed)))
        return None

    async def _repeat(self, case: Case) -> Exchange | None:
        with suppress(*NOT_SENT):
            return await self._send_once(case)
        return None

    def with_new_id(self, case: Case) -> Case:
        return with_own_id(self.sender.contract, case, self.seed, "again", next(self._numbers))

    async def send(self, case: Case) -> Exchange:
        """Everything that a run sends. Raises BudgetUsedUpError and TimeUsedUpError."""
        if self.observer is not None:
            content = case.content.replace(PLANNED_ADDRESS.encode(), self.observer.url.encode())
            case = replace(case, content=content)
        if self.observer is not None:
            self.observer.prepare(case, correlation_ids(self.sender.request(case).body))
        if (
            self.silent and case.failure is None
        ):  # a gateway that serves one request at a time may have to end those first
            case = replace(case, upstream_seconds=self.sender.limits.silence)
        before = self.upstream_count()
        exchange = await self._send_once(case)
        if case.failure is None and not (is_rejected(exchange) and self._called_upstream(exchange, before)):
            is_outdated = exchange.request.headers != self.sender.request(case).headers
            exchange = await self.token_watch.settle(self.sent, case, exchange, is_outdated=is_outdated)
            self.health.stopped = self.health.stopped or self.token_watch.lost
        return exchange

    def _called_upstream(self, exchange: Exchange, before: int) -> bool:
        """Whether a request was passed on upstream: then its token was accepted, whatever the answer."""
        return self.observer is not None and bool(calls_of(exchange, self.observer.calls_by_id(before)))

    async def _send_once(self, case: Case) -> Exchange:
        if self.ownership is not None:
            self.ownership.sent |= correlation_ids(self.sender.request(case).body)
        exchange = await self.time_bound.spend(
            lambda: self.ledger.spend(self.billable(case), lambda: send(self.sender, case))
        )
        self.sent += 1
        if not is_throttled(exchange.answer):
            self.answered.add(case.name)
        self.note(exchange)
        return exchange

    def may_send(self, case: Case) -> bool:
        """Whether one more request is worth it, and paid for."""
        is_worth_it = not self.health.stopped and not self.time_bound.used_up
        return is_worth_it and self.ledger.has_room(self.billable(case))

    def billable(self, case: Case) -> int:
        return billable_images(self.sender.contract, read_json(case.content))

    def upstream_count(self) -> int:
        return 0 if self.observer is None else self.observer.count()
