"""One run against one gateway: look, send everything, tell calls apart, narrow down, judge."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count, filterfalse

from contract_tests.blame.counterfactual import CauseFinder, is_suspect
from contract_tests.blame.explain import Explainer
from contract_tests.blame.minimize import RejectionMinimizer, is_rejection
from contract_tests.blame.request_forms import FormComparer, is_rejected_form
from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_ids
from contract_tests.client.send import Sender, images_asked, send
from contract_tests.execution.call_ownership import CallOwnership, calls_of, is_unattributed
from contract_tests.execution.health import Health, Look, look, plain_case
from contract_tests.execution.internal_errors import InternalErrors
from contract_tests.execution.ledger import BudgetUsedUpError, Ledger, billable_images
from contract_tests.execution.nothing_accepted import MOST_TRIED, is_about_requests, nothing_accepted, plainest_cases
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.execution.slow_answers import SlowAnswers
from contract_tests.execution.token_watch import TokenWatch, is_rejected
from contract_tests.planning.plan import PLANNED_ADDRESS, Plan, with_own_id
from contract_tests.results import Cost, Fuzzed
from gateway_contract.contract.validity import validity_of
from gateway_contract.rules.judge import JudgeError, Judgement, judge
from gateway_contract.rules.rule import Outcome, Rule
from gateway_contract.traffic.exchange import Answer, Credential, Exchange, RequestForm, UpstreamCall
from gateway_contract.traffic.statuses import ABOUT_LENGTH, is_no_evidence, is_throttled, is_timed_out
from gateway_contract.values.json_value import UNOBSERVED, read_json

Progress = Callable[[int, int, str], None]
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
    exclusive: bool = False  # no other client can reach the gateway
    ledger: Ledger = field(default_factory=Ledger)
    left_out: int = field(init=False, default=0)  # planned requests that did not fit the budget
    judgements: list[Judgement] = field(default_factory=list)
    errors: InternalErrors = field(default_factory=InternalErrors)
    problem: str = ""
    requests: int = 0
    images: int = 0  # received
    images_asked: int = 0
    fuzzed: Fuzzed | None = None
    marks_arrive: bool = True  # correlation ids arrive upstream
    health: Health = field(init=False)
    token_watch: TokenWatch = field(init=False)
    slow_answers: SlowAnswers = field(init=False)
    ownership: CallOwnership | None = field(init=False)
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.health = Health(self._send_plain)
        self.token_watch = TokenWatch(
            self.sender.tokens, self._repeat, lambda case: self._repeat(self._with_new_id(case))
        )
        self.ownership = None if self.observer is None else CallOwnership(self.observer, self.exclusive)
        self.slow_answers = SlowAnswers(self.sender.contract, self.sender.limits, self._send_again, self._may_send)

    async def run(self) -> None:
        """Fills in the judgements, or the problem for which nothing could be tested."""
        seen = await look(self.sender, self._send, self.observer, self.seed)
        if seen.problem:
            self.problem = seen.problem
            return
        if self.ownership is not None and seen.exchange.upstream is not UNOBSERVED:
            seen = replace(seen, exchange=await self._with_own_calls(seen.exchange, seen.exchange.upstream))
        if not await self._is_anything_accepted(seen):
            return
        if seen.exchange.accepted:  # what is refused is tried again by the plan, and narrowed down
            self._judge(seen.exchange)
            if seen.failed is not None:
                self._judge(replace(seen.failed, essential=frozenset()))  # the same request worked at once after it
        self.marks_arrive, unauthorized = seen.marks_arrive, filterfalse(is_authorized, self.plan.cases)
        self.ledger.held_back = max(map(self._billable, unauthorized), default=0)
        await self._judge_cases(list(filter(is_authorized, self.plan.cases)))
        await self._explain_failures(self.judgements)
        for case in self.plan.failures:
            if not self.health.stopped:
                with self.errors.catch(case.name), suppress(BudgetUsedUpError):
                    await self._inject_failure(case)
        self.left_out = self.plan.left_out + self.ledger.left_out  # requests beyond the plan do not count

    async def test_authorization(self) -> None:
        """Sends the planned requests without a valid token; last, for a gateway may lock out who sends them."""
        if self.problem or self.health.stopped:
            return
        self.ledger.held_back = 0
        left_out, known = self.ledger.left_out, len(self.judgements)
        await self._judge_cases(list(filterfalse(is_authorized, self.plan.cases)))
        await self._explain_failures(self.judgements[known:])
        self.left_out += self.ledger.left_out - left_out

    async def _judge_cases(self, cases: Sequence[Case]) -> None:
        sent = await self._send_concurrently([case for case in cases if not case.alone and self.marks_arrive])
        lost = [case for case, exchange in sent if is_unattributed(exchange)]
        alone = [case for case in cases if case.alone or not self.marks_arrive]
        exchanges = [exchange for _, exchange in sent if not is_unattributed(exchange)]
        exchanges += await self._send_in_turn([*lost, *alone])
        for exchange in await self._minimize_failures(exchanges):
            self._judge(exchange)

    async def _is_anything_accepted(self, seen: Look) -> bool:
        """Whether one of the plainest requests is accepted; if none is, the run ends with what that shows."""
        tried = [exchange for exchange in (seen.failed, seen.exchange) if exchange is not None]
        cases = plainest_cases(self.sender.contract)
        while not tried[-1].accepted and len(tried) < MOST_TRIED and (case := next(cases, None)) is not None:
            if self._may_send(case):
                tried.append(await self._send_again(case))
        if tried[-1].accepted:
            return True
        told = nothing_accepted(tried, self.sender.secrets)
        if is_about_requests(tried):
            self.health.stopped = told
            for exchange in tried:
                self._judge(replace(exchange, essential=frozenset()))
        else:
            self.problem = told
        return False

    async def beyond_plan(self, found_by: FoundBy) -> list[Exchange]:
        """Send unplanned requests one by one; minimize and judge what they find."""
        found, known = (
            await self._minimize_failures(await found_by(self._send_unplanned, self._may_send)),
            len(self.judgements),
        )
        for exchange in found:
            self._judge(exchange)
        await self._explain_failures(self.judgements[known:])
        return found

    def failing(self) -> frozenset[str]:
        """The ids of the rules that are known to be broken."""
        return frozenset(one.rule.id for one in self.judgements if one.finding.outcome is Outcome.FAIL)

    async def _inject_failure(self, case: Case) -> None:
        """A request during which the upstream fails, and a plain one after it."""
        if self.observer is None or case.failure is None:
            return
        fault = self.observer.fault_named(case.failure)
        self.observer.faults.update(dict.fromkeys(correlation_ids(self.sender.request(case).body), fault))
        exchange = await self._send_alone(case)
        if exchange.accepted or exchange.played is not None:  # else the gateway refused what it refuses anyway
            self._judge(exchange)
        self._judge(replace(await self._plain_after(f"after {fault}"), follows=fault.played))

    async def _plain_after(self, name: str) -> Exchange:
        """A plain request directly after an injected failure.

        If the gateway asks to try again later, that is the answer of a circuit breaker where a plain request directly
        after a plain one is accepted. Otherwise it is a rate limit, and the repeated request counts.
        """
        plain = replace(plain_case(self.sender, self.seed), name=name)
        first = await self._send_again(replace(plain, first_answer=True))
        if not is_throttled(first.answer):
            return first
        repeated = await self._send_again(plain)
        control = await self._send_again(replace(plain, first_answer=True))
        return first if repeated.accepted and control.accepted else repeated

    async def _send_concurrently(self, cases: Sequence[Case]) -> list[tuple[Case, Exchange]]:
        """Cases at once, at most `jobs` of them; their upstream calls are found by their marks."""
        before = self._upstream_count()
        turn = asyncio.Semaphore(self.jobs)

        async def in_turn(case: Case) -> Exchange | None:
            async with turn:
                if self.health.stopped:
                    return None
                exchange = None
                with self.errors.catch(case.name), suppress(BudgetUsedUpError):
                    exchange = await self._send(case)
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
                with self.errors.catch(case.name), suppress(BudgetUsedUpError):
                    found.append(await self._send_alone(case))
        return found

    async def _send_alone(self, case: Case) -> Exchange:
        """A case while no other is under way: every upstream call in that time belongs to it."""
        before = self._upstream_count()
        exchange = await self._send(case)
        if self.observer is not None:
            exchange = await self._with_own_calls(exchange, self.observer.calls_since(before))
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
        with self.errors.catch(case.name), suppress(BudgetUsedUpError):
            return await self._send_again(case)
        return None

    async def _send_plain(self) -> Exchange | None:
        with suppress(BudgetUsedUpError):
            return await self._send(self._with_new_id(plain_case(self.sender, self.seed)))
        return None

    async def _repeat(self, case: Case) -> Exchange | None:
        if self.ownership is not None:
            self.ownership.sent |= correlation_ids(self.sender.request(case).body)
        with suppress(BudgetUsedUpError):
            return await self._send_once(case)
        return None

    def _with_new_id(self, case: Case) -> Case:
        return with_own_id(self.sender.contract, case, self.seed, "again", next(self._numbers))

    async def _send(self, case: Case) -> Exchange:
        """Everything that a run sends. Raises BudgetUsedUpError."""
        if self.observer is not None:
            content = case.content.replace(PLANNED_ADDRESS.encode(), self.observer.url.encode())
            case = replace(case, content=content)
        if case.other_layout and self.observer is not None:
            self.observer.other_layout.update(correlation_ids(self.sender.request(case).body))
        if self.ownership is not None:
            self.ownership.sent |= correlation_ids(self.sender.request(case).body)
        before = self._upstream_count()
        exchange = await self._send_once(case)
        if case.failure is None and not (is_rejected(exchange) and self._called_upstream(exchange, before)):
            is_outdated = exchange.request.headers != self.sender.request(case).headers
            exchange = await self.token_watch.settle(self.requests, case, exchange, is_outdated=is_outdated)
            self.health.stopped = self.health.stopped or self.token_watch.lost
        return exchange

    def _called_upstream(self, exchange: Exchange, before: int) -> bool:
        """Whether a request was passed on upstream: then its token was accepted, whatever the answer."""
        return self.observer is not None and bool(calls_of(exchange, self.observer.calls_by_id(before)))

    async def _send_once(self, case: Case) -> Exchange:
        exchange = await self.ledger.spend(self._billable(case), lambda: send(self.sender, case))
        self.requests += 1
        self.images_asked += images_asked(self.sender.contract, exchange.request.body)
        self.images += 0 if exchange.images is UNOBSERVED else len(exchange.images)
        planned = len(self.plan.cases) + 2 * len(self.plan.failures)  # a plain request follows each failure
        self.progress(self.requests, max(self.requests, planned), case.name)
        return exchange

    def _may_send(self, case: Case) -> bool:
        """Whether one more request is worth it, and paid for."""
        return not self.health.stopped and self.ledger.has_room(self._billable(case))

    def _billable(self, case: Case) -> int:
        return billable_images(self.sender.contract, read_json(case.content))

    def _upstream_count(self) -> int:
        return 0 if self.observer is None else self.observer.count()

    async def _minimize_failures(self, exchanges: Iterable[Exchange]) -> list[Exchange]:
        """Valid requests that were rejected, replaced by the smallest that are; of others the causes are found."""
        found = list(exchanges)
        self.slow_answers.measure(found)
        found = [await self.slow_answers.repeat(one) if is_timed_out(one.answer) else one for one in found]
        minimizer = RejectionMinimizer(self.sender.contract, self._send_again, self._may_send)
        found = [await self._minimize_with(minimizer, one) if self._is_valid(one) else one for one in found]
        forms = FormComparer(self._send_again, self._may_send)
        found = [await forms.compare(one) if is_rejected_form(one) else one for one in found]
        suspects = [one for one in found if is_suspect(one) and self._is_invalid(one)]
        finder = CauseFinder(self.sender.contract, self._send_again, self._may_send, minimizer.is_intermittent)
        causes = {id(one): replace(one, essential=frozenset()) for one in suspects}
        with self.errors.catch("looking for the causes of failures"):
            explainable = [one for one in suspects if not self._may_be_too_long(one, found)]
            causes |= zip(map(id, explainable), await finder.find(explainable), strict=True)
        return [causes.get(id(one), one) for one in found]

    async def _minimize_with(self, minimizer: RejectionMinimizer, exchange: Exchange) -> Exchange:
        found = replace(exchange, essential=frozenset())
        with self.errors.catch(exchange.name):
            found = await minimizer.minimize(exchange) if is_rejection(exchange) else found
        return exchange if exchange.accepted else found

    def _is_valid(self, exchange: Exchange) -> bool:
        request = exchange.request
        own_method = request.method == self.sender.contract.operation.method
        is_authorized = request.credential is Credential.RIGHT
        is_plain = request.form is RequestForm.PLAIN
        return own_method and is_authorized and is_plain and validity_of(self.sender.contract, request.body).valid

    def _is_invalid(self, exchange: Exchange) -> bool:
        """Whether a request has something wrong that its response can be about."""
        request, validity = exchange.request, validity_of(self.sender.contract, exchange.request.body)
        if request.method != self.sender.contract.operation.method:
            return False
        return bool(validity.broken) or not validity.is_json or request.credential is not Credential.RIGHT

    def _may_be_too_long(self, exchange: Exchange, others: Iterable[Exchange]) -> bool:
        """Whether a body was rejected by a status about lengths, and none as long was accepted."""
        answer, length = exchange.answer, len(exchange.request.content)
        if not isinstance(answer, Answer) or answer.status not in ABOUT_LENGTH:
            return False
        return all(len(one.request.content) < length for one in others if one.accepted)

    def _judge(self, exchange: Exchange) -> None:
        if self.token_watch.is_unusable(exchange):
            return
        with self.errors.catch(exchange.name):
            for one in judge(self.sender.contract, self.rules, exchange):
                if isinstance(one, JudgeError):
                    self.errors.errors.append(one)
                else:
                    self.judgements.append(one)

    async def _explain_failures(self, judgements: Sequence[Judgement]) -> None:
        """For each failing rule the smallest request that breaks it, and what that takes."""
        planned = {case.name: case for case in self.plan.cases}
        explainer = Explainer(self.sender.contract, planned, self._send_again, self._may_send)
        failing = [one for one in judgements if one.finding.outcome is Outcome.FAIL and may_be_explained(one.exchange)]
        failing.sort(
            key=lambda one: (explainer.depends_on_earlier_requests(one), len(one.exchange.request.content)),
            reverse=True,
        )
        for one in {one.rule.id: one for one in failing}.values():
            with self.errors.catch(one.exchange.name):
                explained = await explainer.explain(one)
                if explained is not None:
                    self._replace(one, explained)

    def _replace(self, one: Judgement, explained: Judgement) -> None:
        """An explanation beside the failure, or in its place where it is about the same exchange."""
        same = explained.exchange is one.exchange
        self.judgements = [other for other in self.judgements if not same or other is not one]
        self.judgements.append(explained)

    def cost(self) -> Cost:
        foreign = 0 if self.ownership is None else self.ownership.foreign_calls()
        return Cost(
            requests=self.requests,
            images=self.images,
            images_asked=self.images_asked,
            images_billed=self.ledger.billed,
            budget=self.ledger.budget,
            upstream_calls=self._upstream_count(),
            foreign_calls=foreign,
        )


def is_authorized(case: Case) -> bool:
    return case.credential is Credential.RIGHT


def may_be_explained(exchange: Exchange) -> bool:
    """Whether smaller requests could explain a failure: not a time-out, nor a failure that no value causes."""
    is_plain = exchange.request.form is RequestForm.PLAIN
    return is_plain and not (is_timed_out(exchange.answer) or is_no_evidence(exchange))
