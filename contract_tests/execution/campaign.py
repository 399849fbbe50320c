"""One run against one gateway: look, send everything, tell calls apart, narrow down, judge."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count

from contract_tests.blame.explain import Explainer
from contract_tests.chance import Repeated
from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_ids
from contract_tests.client.send import Sender, send
from contract_tests.ending import Cause, time_used_up
from contract_tests.execution.call_ownership import CallOwnership, attribute_calls, calls_of, is_unattributed
from contract_tests.execution.carry_over import CarryOver
from contract_tests.execution.comparison import with_comparisons
from contract_tests.execution.confirmation import Confirmation, is_valid
from contract_tests.execution.connection_check import ConnectionCheck
from contract_tests.execution.explanation import explain_failures
from contract_tests.execution.failure_injection import NOT_SENT, FailureInjection, slow_cases
from contract_tests.execution.findings import Findings
from contract_tests.execution.health import Health, Look, look, plain_case
from contract_tests.execution.internal_errors import InternalErrors
from contract_tests.execution.ledger import Ledger, billable_images
from contract_tests.execution.nothing_accepted import MOST_TRIED, is_about_requests, nothing_accepted, plainest_cases
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.execution.slow_answers import SlowAnswers
from contract_tests.execution.tally import Tally
from contract_tests.execution.time_bound import TimeBound, TimeUsedUpError
from contract_tests.execution.token_watch import TokenWatch, is_rejected
from contract_tests.planning.plan import PLANNED_ADDRESS, Plan, is_row, with_own_id
from contract_tests.report.progress import Phase, Progress
from contract_tests.results import Cost, Fuzzed
from gateway_contract.rules.judge import Judgement
from gateway_contract.rules.rule import Rule
from gateway_contract.traffic.exchange import Exchange, UpstreamCall
from gateway_contract.values.json_value import UNOBSERVED, read_json

FoundBy = Callable[[Callable[[Case], Awaitable[Exchange | None]], Callable[[Case], bool]], Awaitable[list[Exchange]]]
"""Looks for failing exchanges by a way to send cases, and one to ask whether a case may be sent."""


@dataclass(slots=True, repr=False)  # asyncio.run writes down what it returns, image by image
class Campaign:
    """What a run needs, and what it has found so far."""

    sender: Sender
    rules: Sequence[Rule]
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
    pending: list[Exchange] = field(default_factory=list)  # planned and not judged yet
    repeated: Repeated | None = None
    fuzzed: Fuzzed | None = None
    marks_arrive: bool = True  # correlation ids arrive upstream
    findings: Findings = field(init=False)
    tally: Tally = field(init=False)
    health: Health = field(init=False)
    token_watch: TokenWatch = field(init=False)
    slow_answers: SlowAnswers = field(init=False)
    confirmation: Confirmation = field(init=False)
    ownership: CallOwnership | None = field(init=False)
    injection: FailureInjection | None = field(init=False, default=None)
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        contract = self.sender.contract
        self.tally = Tally(contract, self.plan.requests, self.time_bound, self.progress)
        self.findings = Findings(contract, self.rules, self.errors, CarryOver(contract, self.plan.cases))
        self.health = Health(self._send_plain, lambda one: is_valid(contract, one))
        self.token_watch = TokenWatch(
            self.sender.tokens, self._repeat, lambda case: self._repeat(self._with_new_id(case))
        )
        self.ownership = None if self.observer is None else CallOwnership(self.observer, self.exclusive)
        if self.observer is not None:
            sends, told = (self._send, self._send_again), lambda: self.confirmation.is_intermittent
            self.injection = FailureInjection(
                self.sender, self.observer, self.seed, *sends, self.judge, self.health, self.errors, told
            )
        self.slow_answers = SlowAnswers(contract, self.sender.limits, self._send_again, self._may_send)
        self.confirmation = Confirmation(contract, self.errors, self.slow_answers, self._send_again, self._may_send)

    async def run(self) -> None:
        """Fills in the judgements, or the problem for which nothing could be tested."""
        try:
            seen = await look(self.sender, self._send, self.observer, self.seed)
        except TimeUsedUpError:
            spent = time_used_up(self.time_bound.seconds)
            self.problem, self.cause = f"the gateway gave no complete response; {spent}", Cause.TIME
            return
        if seen.problem:
            self.problem, self.cause = seen.problem, seen.cause
            return
        if self.ownership is not None and seen.exchange.upstream is not UNOBSERVED:
            seen = replace(seen, exchange=await self._with_own_calls(seen.exchange, seen.exchange.upstream))
        if not await self._is_anything_accepted(seen):
            return
        if seen.exchange.accepted:  # what is refused is tried again by the plan, and narrowed down
            self.judge(seen.exchange)
            if seen.failed is not None:
                self.judge(replace(seen.failed, essential=frozenset()))  # the same request worked at once after it
        self.marks_arrive = seen.marks_arrive
        last = [self._billable(case) for case in self.plan.cases if not case.is_authorized]
        self.ledger.held_back = max(last, default=0)
        self.time_bound.hold_back()
        in_parallel = self.jobs > 1 and self.marks_arrive
        slow = slow_cases(self.plan.failures, self.observer) if in_parallel else []
        if self.injection is not None:
            self.injection.start_slow(slow)
        authorized = [case for case in self.plan.cases if case.is_authorized]
        rows = [case for case in authorized if is_row(self.sender.contract, case)]
        exchanges = await self.send_cases(Phase.ROWS, rows)
        exchanges += await self.send_cases(Phase.REFUSALS, [case for case in authorized if case not in rows])
        exchanges = [*with_comparisons(self.plan.cases, exchanges, in_parallel=in_parallel)]
        with self.errors.catch("a kept connection"), suppress(*NOT_SENT):
            check = ConnectionCheck(self.sender.contract, self._send_again, self._may_send)
            exchanges += [] if self.health.stopped else await check.run()
            if any(one.is_connections_fault for one in exchanges):  # it would spoil what else goes over it
                self.sender = replace(self.sender, kept_connection=None)
        await self._judge_failures(exchanges)
        await self.explain_failures(self.findings.judgements)
        self.findings.note_shared_features([seen.exchange, *exchanges])
        if self.injection is not None:
            await self._inject_failures(self.injection, slow)
        self.left_out = self.plan.left_out + self.ledger.left_out  # requests beyond the plan do not count
        self.out_of_time = self._lacks_time(0)

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
        self.tally.enter(phase, len(self.findings.failing()), cases)
        self.enter_phase(self)

    def findings_so_far(self) -> Findings:
        """What is found, with what shows in exchanges that were not judged yet, none of which was tried again."""
        seen = attribute_calls(self.pending, self.observer)
        return self.findings.with_exchanges(one for one in seen if not self.token_watch.is_unusable(one))

    async def send_cases(self, phase: Phase, cases: Sequence[Case], of_phase: int = 0) -> list[Exchange]:
        self._enter(phase, of_phase or len(cases))
        sent = await self._send_concurrently([case for case in cases if not case.alone and self.marks_arrive])
        lost = [case for case, exchange in sent if is_unattributed(exchange)]
        alone = [case for case in cases if case.alone or not self.marks_arrive]
        exchanges = [exchange for _, exchange in sent if not is_unattributed(exchange)]
        return exchanges + await self._send_in_turn([*lost, *alone])

    async def _judge_failures(self, exchanges: Sequence[Exchange]) -> None:
        self._enter(Phase.CONFIRM)
        for exchange in await self.confirmation.minimize(exchanges):
            self.judge(exchange)
        self.pending.clear()

    async def _is_anything_accepted(self, seen: Look) -> bool:
        """Whether one of the plainest requests is accepted; if none is, the run ends with what that shows."""
        tried = [exchange for exchange in (seen.failed, seen.exchange) if exchange is not None]
        cases = plainest_cases(self.sender.contract)
        with suppress(TimeUsedUpError):
            while not tried[-1].accepted and len(tried) < MOST_TRIED and (case := next(cases, None)) is not None:
                if self._may_send(case):
                    tried.append(await self._send_again(case))
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
        """Send unplanned requests one by one; minimize and judge what they find."""
        self._enter(Phase.FUZZ)
        found = await self.confirmation.minimize(await found_by(self._send_unplanned, self._may_send))
        known = len(self.findings.judgements)
        for exchange in found:
            self.judge(exchange)
        self.findings.confirm(self.findings.judgements[known:])  # they were tried again to make them smaller
        await self.explain_failures(self.findings.judgements[known:])
        return found

    async def _inject_failures(self, injection: FailureInjection, slow: Sequence[Case]) -> None:
        self._enter(Phase.FAILURES, 2 * len(self.plan.failures))
        known = len(self.findings.judgements)
        await injection.inject([case for case in self.plan.failures if case not in slow])
        await injection.finish_slow()
        self.findings.confirm(self.findings.judgements[known:])

    async def _send_concurrently(self, cases: Sequence[Case]) -> list[tuple[Case, Exchange]]:
        """Cases at once, at most `jobs` of them; their upstream calls are found by their marks."""
        before = self._upstream_count()
        turn = asyncio.Semaphore(self.jobs)

        async def in_turn(case: Case) -> Exchange | None:
            async with turn:
                if self.health.stopped:
                    return None
                exchange = None
                with self.errors.catch(case.name), suppress(*NOT_SENT):
                    exchange = await self._send(case)
                    self.pending.append(exchange)
                    await self.health.record(exchange)
                return exchange

        found = await asyncio.gather(*(in_turn(case) for case in cases))
        sent = [(case, exchange) for case, exchange in zip(cases, found, strict=True) if exchange is not None]
        if self.observer is None:
            return sent
        calls = self.observer.calls_by_id(before)
        return [(case, replace(exchange, upstream=calls_of(exchange, calls))) for case, exchange in sent]

    async def _send_in_turn(self, cases: Iterable[Case]) -> list[Exchange]:
        found = []
        for case in cases:
            if not self.health.stopped:
                with self.errors.catch(case.name), suppress(*NOT_SENT):
                    found.append(await self._send_alone(case))
                    self.pending.append(found[-1])
        return found

    async def _send_alone(self, case: Case) -> Exchange:
        """A case while no other is under way: every upstream call in that time belongs to it."""
        before = self._upstream_count()
        exchange = await self._send(case)
        if self.observer is not None:
            slow = set() if self.injection is None else self.injection.marks
            calls = [call for call in self.observer.calls_since(before) if not slow & correlation_ids(call.body)]
            exchange = await self._with_own_calls(exchange, tuple(calls))
        await self.health.record(exchange)
        return exchange

    async def _with_own_calls(self, exchange: Exchange, calls: tuple[UpstreamCall, ...]) -> Exchange:
        if self.ownership is None:
            return exchange
        return replace(exchange, upstream=await self.ownership.own_calls(exchange, calls))

    async def _send_again(self, case: Case) -> Exchange:
        return await self._send_alone(self._with_new_id(case))

    async def _send_unplanned(self, case: Case) -> Exchange | None:
        """The same for a case of somebody else's; None where it raised or does not fit the budget."""
        with self.errors.catch(case.name), suppress(*NOT_SENT):
            return await self._send_again(case)
        return None

    async def _send_plain(self) -> Exchange | None:
        with suppress(*NOT_SENT):
            return await self._send(self._with_new_id(plain_case(self.sender, self.seed)))
        return None

    async def _repeat(self, case: Case) -> Exchange | None:
        with suppress(*NOT_SENT):
            return await self._send_once(case)
        return None

    def _with_new_id(self, case: Case) -> Case:
        return with_own_id(self.sender.contract, case, self.seed, "again", next(self._numbers))

    async def _send(self, case: Case) -> Exchange:
        """Everything that a run sends. Raises BudgetUsedUpError and TimeUsedUpError."""
        if self.observer is not None:
            content = case.content.replace(PLANNED_ADDRESS.encode(), self.observer.url.encode())
            case = replace(case, content=content)
        if case.other_layout and self.observer is not None:
            self.observer.other_layout.update(correlation_ids(self.sender.request(case).body))
        before = self._upstream_count()
        exchange = await self._send_once(case)
        if case.failure is None and not (is_rejected(exchange) and self._called_upstream(exchange, before)):
            is_outdated = exchange.request.headers != self.sender.request(case).headers
            exchange = await self.token_watch.settle(self.tally.requests, case, exchange, is_outdated=is_outdated)
            self.health.stopped = self.health.stopped or self.token_watch.lost
        return exchange

    def _called_upstream(self, exchange: Exchange, before: int) -> bool:
        """Whether a request was passed on upstream: then its token was accepted, whatever the answer."""
        return self.observer is not None and bool(calls_of(exchange, self.observer.calls_by_id(before)))

    async def _send_once(self, case: Case) -> Exchange:
        if self.ownership is not None:
            self.ownership.sent |= correlation_ids(self.sender.request(case).body)
        exchange = await self.time_bound.spend(
            lambda: self.ledger.spend(self._billable(case), lambda: send(self.sender, case))
        )
        self.tally.count(exchange)
        self.findings.carry_over.note(exchange)
        return exchange

    def _may_send(self, case: Case) -> bool:
        """Whether one more request is worth it, and paid for."""
        is_worth_it = not self.health.stopped and not self.time_bound.used_up
        return is_worth_it and self.ledger.has_room(self._billable(case))

    def _billable(self, case: Case) -> int:
        return billable_images(self.sender.contract, read_json(case.content))

    def _upstream_count(self) -> int:
        return 0 if self.observer is None else self.observer.count()

    def judge(self, exchange: Exchange) -> None:
        if not self.token_watch.is_unusable(exchange):
            self.findings.judge(exchange)

    async def explain_failures(self, judgements: Sequence[Judgement]) -> None:
        """For each failing rule the smallest request that breaks it, and what that takes."""
        planned = {case.name: case for case in self.plan.cases}
        explainer = Explainer(self.sender.contract, planned, self._send_again, self._may_send)
        await explain_failures(self.findings, judgements, explainer, self._is_cut_short)

    def _lacks_time(self, unsent: int) -> bool:
        """Whether more than so many requests were not sent for want of time, or failures not tried again."""
        return self.time_bound.left_out > unsent or (self.time_bound.used_up and bool(self.findings.unconfirmed()))

    def _is_cut_short(self) -> bool:
        """Whether failures can no longer be tried again for want of time, or because the gateway broke down."""
        return self.time_bound.used_up or self.health.broke_down

    def cost(self) -> Cost:
        foreign = 0 if self.ownership is None else self.ownership.foreign_calls()
        return self.tally.cost(self.ledger, self._upstream_count(), foreign)
