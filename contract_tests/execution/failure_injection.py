"""What the upstream plays on purpose: failures one after the other, and slow answers beside the other cases."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter

from contract_tests.blame.minimize import MORE_TRIES, TRIES, Send
from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_ids
from contract_tests.client.limits import Limits
from contract_tests.client.send import PATIENCE, retry_after
from contract_tests.execution.call_ownership import calls_of, is_unattributed
from contract_tests.execution.connection_check import told_exchange
from contract_tests.execution.dispatch import NOT_SENT, Dispatch
from contract_tests.execution.health import plain_case
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.planning.plan import with_own_id
from gateway_contract.traffic.exchange import Exchange, FaultCause, KeptUse
from gateway_contract.traffic.statuses import is_throttled
from mock_server.faults.fault import NO_RESPONSE
from mock_server.faults.unusual import CLOSED


@dataclass(slots=True)
class FailureInjection:
    """`is_intermittent` is whether the gateway was seen to fail now and then on the same request."""

    dispatch: Dispatch
    observer: UpstreamObserver
    judge: Callable[[Exchange], None]
    is_intermittent: Callable[[], bool]
    slow: list[asyncio.Task[Exchange | None]] = field(default_factory=list)

    def start_slow(self, cases: Sequence[Case]) -> None:
        """Sends the cases with which the upstream is slow, beside all others that are sent until `finish_slow`."""
        for case in cases:
            self.dispatch.beside |= correlation_ids(self.dispatch.sender.request(case).body)
            self.slow.append(asyncio.create_task(self._send_caught(case)))

    async def finish_slow(self) -> None:
        """Judges the slow cases, once they are answered; those that a run in trouble need not wait for are ended."""
        for task in self.slow:
            if self.dispatch.health.stopped:
                task.cancel()
        found = await asyncio.gather(*self.slow, return_exceptions=True)
        await self._judge_played([one for one in found if isinstance(one, Exchange)], 0)

    async def inject(self, cases: Sequence[Case]) -> None:
        """Each failure in turn: at once the requests that meet it, then a plain one."""
        for name, group in groupby(cases, attrgetter("failure")):
            if not self.dispatch.health.stopped:
                with self.dispatch.errors.catch(f"the upstream plays {name}"), suppress(*NOT_SENT):
                    await self._inject_failure(name, list(group))

    async def _inject_failure(self, name: str, cases: Sequence[Case]) -> None:
        """Plays a failure, and plays it again while the plain request after it is not accepted: that may be chance."""
        after = await self._plain_after(name, cases)
        tried = 0
        tries = MORE_TRIES if self.is_intermittent() else TRIES
        while after is not None and not (after.accepted or self.dispatch.health.stopped) and tried < tries:
            tried += 1
            again = [
                with_own_id(self.dispatch.sender.contract, case, self.dispatch.seed, name, tried) for case in cases
            ]
            after = await self._plain_after(name, again)
        if after is not None and after.kept is not None and not after.accepted:
            to_blame = await self._is_right_elsewhere(name, cases)
            after = replace(after, kept=replace(after.kept, to_blame=to_blame))
        if after is not None:
            self.judge(after)

    async def _is_right_elsewhere(self, name: str, cases: Sequence[Case]) -> bool:
        """Whether the same is accepted each time on connections of their own."""
        for tried in range(TRIES):
            again = [
                with_own_id(self.dispatch.sender.contract, case, self.dispatch.seed, name, "elsewhere", tried)
                for case in cases
            ]
            after = await self._plain_after(name, again, kept=False)
            if after is None or not after.accepted:
                return False
        return True

    async def _plain_after(self, name: str, cases: Sequence[Case], *, kept: bool = True) -> Exchange | None:
        """A plain request directly after a failure is played in some cases at once; None where it shows nothing.

        If `kept`, the first case and the plain request go over the connection that is kept.
        """
        before = self.observer.count()
        over = [replace(case, kept=kept and number == 0) for number, case in enumerate(cases)]
        found = await asyncio.gather(*map(self._send_caught, over))
        await self._judge_played([one for one in found if one is not None], before)
        fault = self.observer.fault_named(name)
        if fault.name == CLOSED:
            await self.observer.close_idle_connections()
        plain = replace(plain_case(self.dispatch.sender, self.dispatch.seed), name=f"after {fault}", kept=kept)
        after = await send_after_failure(plain, self.dispatch.send_again)
        use = KeptUse(told_exchange(found[0]), repeats=False, to_blame=False) if kept and found[0] is not None else None
        return None if after is None else replace(after, follows=fault.played, kept=use)

    async def _judge_played(self, exchanges: Sequence[Exchange], before: int) -> None:
        calls = self.observer.calls_by_id(before)
        for exchange in exchanges:
            seen = replace(exchange, upstream=calls_of(exchange, calls))
            await self.dispatch.health.record(seen)
            # Else the gateway rejected what it rejects anyway, or its call has no mark by which it could be told.
            if seen.played is not None or (seen.accepted and not is_unattributed(seen)):
                self.judge(seen)

    async def _send_caught(self, case: Case) -> Exchange | None:
        """An exchange with a fault of the upstream; None where it raised or does not fit the budget."""
        with self.dispatch.errors.catch(case.name), suppress(*NOT_SENT):
            fault = self.observer.will_play(
                case.failure or "", correlation_ids(self.dispatch.sender.request(case).body)
            )
            seconds = self.observer.stub.options.slow_seconds if fault.cause is FaultCause.SLOWNESS else 0.0
            return await self.dispatch.send(replace(case, upstream_seconds=seconds))
        return None


async def send_after_failure(plain: Case, send: Send) -> Exchange | None:
    """A plain request directly after an injected failure; None where it shows nothing.

    If the gateway asks to try again later, that is the answer of a circuit breaker where the same request is accepted
    after that time, and another directly after it. Otherwise it is a rate limit, and the repeated request counts,
    unless that is throttled as well.
    """
    first = await send(replace(plain, first_answer=True))
    if not is_throttled(first.answer):
        return first
    await asyncio.sleep(min(retry_after(first.answer, time.time()) or 0.0, PATIENCE))
    repeated = await send(plain)
    if is_throttled(repeated.answer):
        return None
    control = await send(replace(plain, first_answer=True))
    return first if repeated.accepted and control.accepted else repeated


def slow_cases(cases: Iterable[Case], observer: UpstreamObserver | None) -> list[Case]:
    """Those during which an observed upstream is slow: they are sent beside all others."""
    if observer is None:
        return []
    named = ((case, observer.fault_named(case.failure)) for case in cases if case.failure is not None)
    return [case for case, fault in named if fault.cause is FaultCause.SLOWNESS]


def expected_waits(cases: Sequence[Case], observer: UpstreamObserver, limits: Limits) -> dict[str, float]:
    """The seconds that responses may take in which an upstream is slow or silent, by the names of the cases."""
    waits = {case.name: observer.stub.options.slow_seconds for case in slow_cases(cases, observer)}
    return waits | {case.name: limits.silence for case in cases if case.failure == NO_RESPONSE}
