"""One run against one gateway: look, send everything, tell calls apart, narrow down, judge."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from contract_tests.blame.explain import Explainer
from contract_tests.chance import Repeated
from contract_tests.client.case import Case
from contract_tests.client.send import Sender
from contract_tests.ending import Cause, time_used_up
from contract_tests.execution.call_ownership import attribute_calls
from contract_tests.execution.carry_over import CarryOver
from contract_tests.execution.comparison import with_comparisons
from contract_tests.execution.confirmation import Confirmation
from contract_tests.execution.connection_check import ConnectionCheck
from contract_tests.execution.dispatch import NOT_SENT, Dispatch
from contract_tests.execution.explanation import explain_failures
from contract_tests.execution.failure_injection import FailureInjection, expected_waits
from contract_tests.execution.findings import Findings
from contract_tests.execution.health import Health, Look, look
from contract_tests.execution.idempotency_check import IdempotencyCheck
from contract_tests.execution.internal_errors import InternalErrors
from contract_tests.execution.ledger import Ledger
from contract_tests.execution.nothing_accepted import MOST_TRIED, is_about_requests, nothing_accepted, plainest_cases
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.execution.slow_answers import SlowAnswers
from contract_tests.execution.tally import Tally
from contract_tests.execution.time_bound import TimeBound, TimeUsedUpError
from contract_tests.execution.token_watch import TokenWatch
from contract_tests.planning.plan import Plan, is_row
from contract_tests.report.progress import Phase, Progress
from contract_tests.results import Cost, Fuzzed
from gateway_contract.rules.judge import Judgement
from gateway_contract.rules.rule import Outcome, Rule
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.values.json_value import UNOBSERVED

FoundBy = Callable[[Dispatch], Awaitable[list[Exchange]]]
"""Looks for failing exchanges by sending cases."""


@dataclass(slots=True, repr=False)  # asyncio.run writes down what it returns, image by image
class Campaign:
    """What a run needs, and what it has found so far."""

    sender: Sender
    rules: Sequence[Rule]
    selected: frozenset[str]  # ids of the rules that count
    plan: Plan
    observer: UpstreamObserver | None
    seed: int
    jobs: int
    progress: Progress
    enter_phase: Callable[["Campaign"], None] = lambda _: None
    exclusive: bool = False  # no other client can reach the gateway
    ledger: Ledger = field(default_factory=Ledger)
    time_bound: TimeBound = field(default_factory=lambda: TimeBound(math.inf))
    left_out: int = field(init=False, default=0)  # planned requests that did not fit the budget
    out_of_time: bool = field(init=False, default=False)  # planned requests were not sent, or given up
    errors: InternalErrors = field(default_factory=InternalErrors)
    problem: str = ""
    information: tuple[str, ...] = ()  # for the gateway's owner; of no contract
    cause: Cause = Cause.GATEWAY  # what the problem is about
    repeated: Repeated | None = None
    fuzzed: Fuzzed | None = None
    findings: Findings = field(init=False)
    tally: Tally = field(init=False)
    dispatch: Dispatch = field(init=False)
    health: Health = field(init=False)
    token_watch: TokenWatch = field(init=False)
    slow_answers: SlowAnswers = field(init=False)
    confirmation: Confirmation = field(init=False)
    explainer: Explainer = field(init=False)
    injection: FailureInjection | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        contract = self.sender.contract
        self.tally = Tally(contract, self.plan.requests, self.time_bound, self.progress)
        self.findings = Findings(contract, self.rules, self.errors, CarryOver(contract, self.plan.cases))
        self.dispatch = dispatch = Dispatch(
            sender=self.sender,
            observer=self.observer,
            seed=self.seed,
            jobs=self.jobs,
            exclusive=self.exclusive,
            ledger=self.ledger,
            time_bound=self.time_bound,
            errors=self.errors,
            note=self._note,
        )
        self.health, self.token_watch = dispatch.health, dispatch.token_watch
        if self.observer is not None:
            self.injection = FailureInjection(
                dispatch,
                self.observer,
                self.judge,
                self.findings.judge_right_ones,
                lambda: self.confirmation.is_intermittent,
            )
        again = dispatch.send_again, dispatch.may_send
        self.slow_answers = SlowAnswers(contract, self.sender.limits, *again)
        self.confirmation = Confirmation(contract, self.errors, self.slow_answers, *again)
        self.explainer = Explainer(contract, {case.name: case for case in self.plan.cases}, *again)

    def _note(self, exchange: Exchange) -> None:
        self.tally.count(exchange)
        self.findings.carry_over.note(exchange)

    async def run(self) -> None:
        """Fills in the judgements, or the problem for which nothing could be tested."""
        try:
            seen = await look(self.sender, self.dispatch.send, self.observer, self.seed)
        except TimeUsedUpError:
            spent = time_used_up(self.time_bound.seconds)
            self.problem, self.cause = f"the gateway gave no complete response; {spent}", Cause.TIME
            return
        if seen.problem:
            self.problem, self.cause = seen.problem, seen.cause
            return
        if seen.exchange.upstream is not UNOBSERVED:
            seen = replace(seen, exchange=await self.dispatch.with_own_calls(seen.exchange, seen.exchange.upstream))
        if not await self._is_anything_accepted(seen):
            return
        if seen.exchange.accepted:  # what is refused is tried again by the plan, and narrowed down
            self.judge(seen.exchange)
            if seen.failed is not None:
                self.judge(replace(seen.failed, essential=frozenset()))  # the same request worked at once after it
        self.dispatch.marks_arrive = seen.marks_arrive
        last = [self.dispatch.billable(case) for case in self.plan.cases if not case.is_authorized]
        self.ledger.held_back = max(last, default=0)
        self.time_bound.hold_back()
        in_parallel = self.jobs > 1 and self.dispatch.marks_arrive
        failures: Sequence[Case] = self.plan.failures
        if self.injection is not None:
            self.tally.waits = expected_waits(failures, self.injection.observer, self.sender.limits)
            failures = self.injection.start_beside(failures) if in_parallel else failures
        exchanges = await self._send_authorized()
        exchanges = [*with_comparisons(self.plan.cases, exchanges, in_parallel=in_parallel)]
        with self.errors.catch("a kept connection"), suppress(*NOT_SENT):
            check = ConnectionCheck(self.sender.contract, self.dispatch.send_again, self.dispatch.may_send)
            exchanges += [] if self.health.stopped else await check.run()
            if any(one.is_connections_fault for one in exchanges):  # it would spoil what else goes over it
                self.dispatch.sender = replace(self.sender, kept_connection=None)
        await self._judge_failures([*exchanges, *await self._send_with_keys()])
        await self.explain_failures(self.findings.judgements)
        self.findings.note_shared_features([seen.exchange, *exchanges])
        if self.injection is not None:
            await self._inject_failures(self.injection, failures, self.jobs if in_parallel else 1)
        self.left_out = self.plan.left_out + self.ledger.left_out  # requests beyond the plan do not count
        self.out_of_time = self._lacks_time(0)

    async def _send_with_keys(self) -> list[Exchange]:
        """Requests with an idempotency key. Whether they are paid once shows where their upstream calls are seen."""
        dispatch = self.dispatch
        check = IdempotencyCheck(
            self.sender.contract, dispatch.send_alone, dispatch.send_again, dispatch.send_twice, dispatch.may_send
        )
        with self.errors.catch("an idempotency key"), suppress(*NOT_SENT):
            return [] if self.health.stopped else await check.run()
        return []

    async def _send_authorized(self) -> list[Exchange]:
        """The planned requests with a token, but for those during which the upstream fails."""
        cases = [case for case in self.plan.cases if case.is_authorized]
        rows = [case for case in cases if is_row(self.sender.contract, case)]
        exchanges = await self.send_cases(Phase.ROWS, rows)
        exchanges += await self.send_cases(Phase.REFUSALS, [case for case in cases if case not in rows])
        return exchanges if self.injection is None else await self.injection.repeat_failed(exchanges, cases)

    async def test_authorization(self) -> None:
        """Sends the planned requests without a valid token; last, for a gateway may lock out who sends them."""
        if self.problem or self.health.stopped:
            return
        self.ledger.held_back = 0
        self.time_bound.held_back = 0.0
        left_out, unsent, known = self.ledger.left_out, self.time_bound.left_out, len(self.findings.judgements)
        cases = [case for case in self.plan.cases if not case.is_authorized]
        await self._judge_failures(await self.send_cases(Phase.AUTHORIZATION, cases))
        await self.explain_failures(self.findings.judgements[known:])
        self.left_out += self.ledger.left_out - left_out
        self.out_of_time |= self._lacks_time(unsent)

    def _enter(self, phase: Phase, cases: int = 0) -> None:
        self.tally.enter(phase, len(self.findings.failing() & self.selected), cases)
        self.enter_phase(self)

    def findings_so_far(self) -> Findings:
        """What is found, with what shows in exchanges that were not judged yet, none of which was tried again."""
        seen = attribute_calls(self.dispatch.pending, self.observer)
        return self.findings.with_exchanges(one for one in seen if not self.token_watch.is_unusable(one))

    async def send_cases(self, phase: Phase, cases: Sequence[Case], of_phase: int = 0) -> list[Exchange]:
        self._enter(phase, of_phase or len(cases))
        return await self.dispatch.send_cases(cases)

    async def _judge_failures(self, exchanges: Sequence[Exchange]) -> None:
        self._enter(Phase.CONFIRM)
        for exchange in await self.confirmation.minimize(exchanges):
            self.judge(exchange)
            await asyncio.sleep(0)  # what is sent beside all this must not wait for it
        self.dispatch.pending.clear()

    async def _is_anything_accepted(self, seen: Look) -> bool:
        """Whether one of the plainest requests is accepted; if none is, the run ends with what that shows."""
        tried = [exchange for exchange in (seen.failed, seen.exchange) if exchange is not None]
        cases = plainest_cases(self.sender.contract)
        with suppress(TimeUsedUpError):
            while not tried[-1].accepted and len(tried) < MOST_TRIED and (case := next(cases, None)) is not None:
                if self.dispatch.may_send(case):
                    tried.append(await self.dispatch.send_again(case))
        if tried[-1].accepted:
            return True
        told = nothing_accepted(tried, self.sender.secrets, self.observer)
        if self.time_bound.used_up:
            self.problem, self.cause = f"{told}; {time_used_up(self.time_bound.seconds)}", Cause.TIME
        elif is_about_requests(tried):
            self.health.stopped = told
            for exchange in tried:
                self.judge(replace(exchange, essential=frozenset()))
            self.findings.confirm(self.findings.judgements)
        else:
            self.problem = told
        return False

    async def beyond_plan(self, found_by: FoundBy) -> list[Exchange]:
        """Send unplanned requests; minimize and judge what they find."""
        self._enter(Phase.FUZZ)
        found = await self.confirmation.minimize(await found_by(self.dispatch))
        known = len(self.findings.judgements)
        for exchange in found:
            self.judge(exchange)
        self.findings.confirm(self.findings.judgements[known:])  # they were tried again to make them smaller
        await self.explain_failures(self.findings.judgements[known:])
        return found

    async def _inject_failures(self, injection: FailureInjection, cases: Sequence[Case], at_once: int) -> None:
        self._enter(Phase.FAILURES, 2 * len(self.plan.failures))
        known = len(self.findings.judgements)
        await injection.inject(cases, at_once)
        await injection.finish_slow()
        self.findings.confirm(self.findings.judgements[known:])

    def judge(self, exchange: Exchange) -> None:
        if not self.token_watch.is_unusable(exchange):
            self.findings.judge(exchange)

    async def explain_failures(self, judgements: Sequence[Judgement]) -> None:
        """For each failing rule the smallest request that breaks it, and what that takes."""
        if any(one.finding.outcome is Outcome.FAIL for one in judgements):
            await self.dispatch.outlast_silence()
        await explain_failures(self.findings, judgements, self.explainer, self._is_cut_short)

    def _lacks_time(self, unsent: int) -> bool:
        """Whether more than so many requests were not sent for want of time, or failures not tried again."""
        return self.time_bound.left_out > unsent or (self.time_bound.used_up and bool(self.findings.unconfirmed()))

    def _is_cut_short(self) -> bool:
        """Whether failures can no longer be tried again for want of time, or because the gateway broke down."""
        return self.time_bound.used_up or self.health.broke_down

    def cost(self) -> Cost:
        foreign = 0 if self.dispatch.ownership is None else self.dispatch.ownership.foreign_calls()
        return self.tally.cost(self.ledger, self.dispatch.upstream_count(), foreign)
