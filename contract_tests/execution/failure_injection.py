"""What the upstream plays on purpose: failures a few at once, and slow responses and silence beside all other cases.

What comes of failures that are played at once counts only where nothing went wrong: else each is played again alone.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace

from contract_tests.blame.minimize import MORE_TRIES, TRIES, Send
from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_ids
from contract_tests.client.limits import Limits
from contract_tests.client.send import PATIENCE, retry_after
from contract_tests.execution.call_ownership import calls_of, is_lost
from contract_tests.execution.confirmation import is_valid
from contract_tests.execution.connection_check import told_exchange
from contract_tests.execution.dispatch import NOT_SENT, Dispatch
from contract_tests.execution.failure_waves import Group, groups_of, lasts, waves_of
from contract_tests.execution.health import plain_case
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.planning.plan import with_own_id
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Answer, Exchange, FaultCause, KeptUse
from gateway_contract.traffic.statuses import is_broken, is_throttled, is_timed_out
from mock_server.faults.fault import NO_RESPONSE
from mock_server.faults.unusual import CLOSED


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a failure: the exchanges during it, and a plain one after it; None where that shows nothing."""

    group: Group
    shown: tuple[Exchange, ...]
    after: Exchange | None

    @property
    def is_right(self) -> bool:
        """Whether each call failed as planned, and the plain request after it was accepted and made a call."""
        works = self.after is not None and self.after.accepted and self.after.upstream != ()
        return works and all(one.played is not None for one in self.shown)


@dataclass(slots=True)
class FailureInjection:
    """`judge_right_ones` judges exchanges that break no rule; if one does, it gives False, and none counts.

    `is_intermittent` is whether the gateway was seen to fail now and then on the same request.
    """

    dispatch: Dispatch
    observer: UpstreamObserver
    judge: Callable[[Exchange], None]
    judge_right_ones: Callable[[Sequence[Exchange]], bool]
    is_intermittent: Callable[[], bool]
    slow: list[asyncio.Task[Exchange | None]] = field(default_factory=list)
    silence: asyncio.Task[list[Played]] | None = None
    quiet_since: float = 0.0  # when the silence was over, as `time.time` tells it

    def start_beside(self, cases: Sequence[Case]) -> list[Case]:
        """Sends the cases with which the upstream is slow or silent, beside all others; gives the other cases."""
        lasting = [case for case in cases if case.failure and lasts(self.observer.fault_named(case.failure))]
        silent = [case for case in lasting if case.failure == NO_RESPONSE]
        slow = [case for case in lasting if case not in silent]
        for case in lasting:
            self.dispatch.beside |= correlation_ids(self.dispatch.sender.request(case).body)
        self.slow = [asyncio.create_task(self._send_caught(case)) for case in slow]
        if silent:
            self.silence = self.dispatch.silence = asyncio.create_task(self._play_silence(groups_of(silent)))
        return [case for case in cases if case not in lasting]

    async def _play_silence(self, groups: Sequence[Group]) -> list[Played]:
        pace = self.dispatch.sender.pace
        interval = pace.interval
        found = await self._play_at_once(groups, kept=False)
        pace.interval = interval  # what a circuit breaker turned away meanwhile is no rate limit
        self.quiet_since = time.time()
        return found

    async def repeat_failed(self, exchanges: Sequence[Exchange], cases: Iterable[Case]) -> list[Exchange]:
        """The exchanges; of those that failed while the upstream was silent, what comes of their cases afterwards."""
        dispatch = self.dispatch
        failed = {one.name for one in exchanges if has_failed(dispatch.sender.contract, one)}
        if self.silence is None or not failed:
            return [*exchanges]
        await dispatch.outlast_silence()
        by_name = {case.name: case for case in cases if case.name in failed}
        found = []
        for one in exchanges:
            case = by_name.get(one.name)
            again = None
            if case is not None and started_at(one) <= self.quiet_since and dispatch.may_send(case):
                again = await dispatch.send_unplanned(case)
            found.append(again or one)
        return found

    async def finish_slow(self) -> None:
        """Judges the slow cases, once they are answered; those that a run in trouble need not wait for are ended."""
        silence = [] if self.silence is None else [self.silence]
        for task in (*self.slow, *silence):
            if self.dispatch.health.stopped:
                task.cancel()
        await asyncio.gather(*silence, return_exceptions=True)
        found = await asyncio.gather(*self.slow, return_exceptions=True)
        await self._judge_played([one for one in found if isinstance(one, Exchange)], 0)

    async def inject(self, cases: Sequence[Case], at_once: int) -> None:
        """The failures in turn, at most so many requests of them at once; after those as many plain requests."""
        if self.silence is not None and not self.dispatch.health.stopped:
            await self.dispatch.outlast_silence()
            await self._inject_alone(await self._judge_at_once(self.silence.result()))
        for wave in waves_of(groups_of(cases), at_once, self.observer.fault_named):
            is_alone = len(wave) == 1 or bool(self.dispatch.health.stopped)
            left = wave if is_alone else await self._judge_at_once(await self._play_at_once(wave, kept=True))
            await self._inject_alone(left)

    async def _inject_alone(self, groups: Iterable[Group]) -> None:
        for name, cases in groups:
            if not self.dispatch.health.stopped:
                with self.dispatch.errors.catch(f"the upstream plays {name}"), suppress(*NOT_SENT):
                    await self._inject_failure(name, cases)

    async def _judge_at_once(self, played: Sequence[Played]) -> list[Group]:
        """Judges what was played at once if all of it is right; else gives the failures to play again alone."""
        sent = [one for one in played if one.shown or one.after]
        exchanges = [exchange for one in sent for exchange in (*one.shown, one.after) if exchange is not None]
        if not (all(one.is_right for one in sent) and self.judge_right_ones(exchanges)):
            return [(name, self._with_new_ids(cases, "alone")) for name, cases in (one.group for one in sent)]
        for exchange in exchanges:
            await self.dispatch.health.record(exchange)
        return []

    async def _play_at_once(self, groups: Sequence[Group], *, kept: bool) -> list[Played]:
        """The failures at once, then a plain request for each. If `kept`, all go over connections that are kept."""
        before = self.observer.count()
        found = await asyncio.gather(*(self._send_all(cases, kept=kept) for _, cases in groups))
        calls = self.observer.calls_by_id(before)
        shown = [
            tuple(replace(one, upstream=calls_of(one, calls)) for one in some if one is not None) for some in found
        ]
        afters = await asyncio.gather(*(self._plain_beside(name, kept=kept) for name, _ in groups))
        return [
            Played(group, some, self._following(group[0], after, some[0] if kept and some else None))
            for group, some, after in zip(groups, shown, afters, strict=True)
        ]

    async def _plain_beside(self, name: str, *, kept: bool) -> Exchange | None:
        """A plain request after a failure, beside others."""
        with self.dispatch.errors.catch(f"after {name}"), suppress(*NOT_SENT):
            return await send_after_failure(self._plain(name, kept=kept), self.dispatch.send_beside)
        return None

    async def _send_all(self, cases: Sequence[Case], *, kept: bool) -> list[Exchange | None]:
        """Cases at once; if `kept`, the first of them goes over the connection that is kept."""
        over = [replace(case, kept=kept and number == 0) for number, case in enumerate(cases)]
        return await asyncio.gather(*map(self._send_caught, over))

    def _plain(self, name: str, *, kept: bool) -> Case:
        plain = plain_case(self.dispatch.sender, self.dispatch.seed)
        return replace(plain, name=f"after {self.observer.fault_named(name)}", kept=kept)

    def _following(self, name: str, after: Exchange | None, earlier: Exchange | None) -> Exchange | None:
        """A plain exchange as one that follows a failure; `earlier` is what went over the same connection before."""
        use = None if earlier is None else KeptUse(told_exchange(earlier), repeats=False, to_blame=False)
        return None if after is None else replace(after, follows=self.observer.fault_named(name).played, kept=use)

    def _with_new_ids(self, cases: Sequence[Case], *attempt: object) -> list[Case]:
        contract, seed = self.dispatch.sender.contract, self.dispatch.seed
        return [with_own_id(contract, case, seed, case.name, *attempt) for case in cases]

    async def _inject_failure(self, name: str, cases: Sequence[Case]) -> None:
        """Plays a failure, and plays it again while the plain request after it is not accepted: that may be chance."""
        after = await self._plain_after(name, cases)
        tried = 0
        tries = MORE_TRIES if self.is_intermittent() else TRIES
        while after is not None and not (after.accepted or self.dispatch.health.stopped) and tried < tries:
            tried += 1
            again = self._with_new_ids(cases, tried)
            after = await self._plain_after(name, again)
        if after is not None and after.kept is not None and not after.accepted:
            to_blame = await self._is_right_elsewhere(name, cases)
            after = replace(after, kept=replace(after.kept, to_blame=to_blame))
        if after is not None:
            self.judge(after)

    async def _is_right_elsewhere(self, name: str, cases: Sequence[Case]) -> bool:
        """Whether the same is accepted each time on connections of their own."""
        for tried in range(TRIES):
            again = self._with_new_ids(cases, "elsewhere", tried)
            after = await self._plain_after(name, again, kept=False)
            if after is None or not after.accepted:
                return False
        return True

    async def _plain_after(self, name: str, cases: Sequence[Case], *, kept: bool = True) -> Exchange | None:
        """A plain request directly after a failure is played in some cases at once; None where it shows nothing.

        If `kept`, the first case and the plain request go over the connection that is kept.
        """
        before = self.observer.count()
        found = await self._send_all(cases, kept=kept)
        await self._judge_played([one for one in found if one is not None], before)
        if self.observer.fault_named(name).name == CLOSED:
            await self.observer.close_idle_connections()
        after = await send_after_failure(self._plain(name, kept=kept), self.dispatch.send_again)
        return self._following(name, after, found[0] if kept else None)

    async def _judge_played(self, exchanges: Sequence[Exchange], before: int) -> None:
        calls = self.observer.calls_by_id(before)
        for exchange in exchanges:
            seen = replace(exchange, upstream=calls_of(exchange, calls))
            await self.dispatch.health.record(seen)
            # Else the gateway rejected what it rejects anyway, or its call has no mark by which it could be told.
            if seen.played is not None or (seen.accepted and not is_lost(seen, calls)):
                self.judge(seen)

    async def _send_caught(self, case: Case) -> Exchange | None:
        """An exchange with a fault of the upstream; None where it raised or does not fit the budget."""
        with self.dispatch.errors.catch(case.name), suppress(*NOT_SENT):
            fault = self.observer.will_play(
                case.failure or "", correlation_ids(self.dispatch.sender.request(case).body)
            )
            seconds = self.observer.stub.options.slow_seconds if fault.cause is FaultCause.SLOWNESS else 0.0
            with self.dispatch.silenced() if fault.name == NO_RESPONSE else nullcontext():
                return await self.dispatch.send(replace(case, upstream_seconds=seconds))
        return None


def has_failed(contract: Contract, exchange: Exchange) -> bool:
    """Whether a gateway broke on a request or rejected a valid one. One that took too long is repeated elsewhere."""
    answer = exchange.answer
    is_rejected = is_valid(contract, exchange) and not (exchange.accepted or is_timed_out(answer))
    return is_rejected or is_broken(answer) or is_throttled(answer)


def started_at(exchange: Exchange) -> float:
    """When a request was sent, as `time.time` tells it; 0 where there is no response to tell."""
    answer = exchange.answer
    return answer.received_at - answer.seconds if isinstance(answer, Answer) else 0.0


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


def slow_cases(cases: Iterable[Case], observer: UpstreamObserver) -> list[Case]:
    """Those during which the upstream is slow."""
    named = ((case, observer.fault_named(case.failure)) for case in cases if case.failure is not None)
    return [case for case, fault in named if fault.cause is FaultCause.SLOWNESS]


def expected_waits(cases: Sequence[Case], observer: UpstreamObserver, limits: Limits) -> dict[str, float]:
    """The seconds that responses may take in which an upstream is slow or silent, by the names of the cases."""
    waits = {case.name: observer.stub.options.slow_seconds for case in slow_cases(cases, observer)}
    return waits | {case.name: limits.silence for case in cases if case.failure == NO_RESPONSE}
