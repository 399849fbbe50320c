"""One run against one gateway: look, send everything, tell calls apart, narrow down, judge."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from contract_tests.case import Case
from contract_tests.look import look
from contract_tests.marks import marks_in
from contract_tests.narrowing import Narrowing, isolated
from contract_tests.observation import Observation
from contract_tests.plan import Plan, with_mark
from contract_tests.sending import Sender, send
from contract_tests.verdicts import Cost
from gateway_contract.exchange import Answer, Exchange, UpstreamCall
from gateway_contract.judge import JudgeError, Judgement, judge
from gateway_contract.rules.finding import Outcome
from gateway_contract.rules.rule import Rule
from gateway_contract.standing import standing
from gateway_contract.values import UNOBSERVED

Progress = Callable[[int, int, str], None]


@dataclass(slots=True, repr=False)  # asyncio.run writes down what it returns, image by image
class Campaign:
    """What a run needs, and what it has found so far."""

    sender: Sender
    rules: Sequence[Rule]
    plan: Plan
    observation: Observation | None
    seed: int
    jobs: int
    progress: Progress
    judgements: list[Judgement] = field(default_factory=list)
    our_errors: list[JudgeError] = field(default_factory=list)
    problem: str = ""
    requests: int = 0
    images: int = 0
    _numbers: "count[int]" = field(default_factory=count)

    async def run(self) -> None:
        """Fills in the judgements, or the problem for which nothing could be tested."""
        seen = await look(self.sender, self.observation, self.seed)
        self.requests += 1
        if seen.problem:
            self.problem = seen.problem
            return
        together = [case for case in self.plan.cases if not case.alone and seen.marks_arrive]
        exchanges = await self._together(together)
        alone = [case for case in self.plan.cases if case.alone or not seen.marks_arrive]
        exchanges += [await self._alone(case) for case in [*self._unattributed(exchanges, together), *alone]]
        for exchange in await self._narrowed(exchanges):
            self._judge(exchange)
        await self._isolate_failures()

    async def _together(self, cases: Sequence[Case]) -> list[Exchange]:
        """Cases at once, at most `jobs` of them; their upstream calls are found by their marks."""
        before = self._upstream_count()
        turn = asyncio.Semaphore(self.jobs)

        async def in_turn(case: Case) -> Exchange:
            async with turn:
                return await self._send(case)

        exchanges = list(await asyncio.gather(*(in_turn(case) for case in cases)))
        if self.observation is None:
            return exchanges
        calls = self.observation.by_mark(before)
        return [replace(exchange, upstream=calls_of(exchange, calls)) for exchange in exchanges]

    async def _alone(self, case: Case) -> Exchange:
        """A case while no other is under way: every upstream call in that time belongs to it."""
        before = self._upstream_count()
        exchange = await self._send(case)
        return exchange if self.observation is None else replace(exchange, upstream=self.observation.since(before))

    async def _again(self, case: Case) -> Exchange:
        return await self._alone(with_mark(self.sender.contract, case, self.seed, "again", next(self._numbers)))

    async def _send(self, case: Case) -> Exchange:
        if case.other_layout and self.observation is not None:
            self.observation.other_layout.update(marks_in(self.sender.request(case).body))
        exchange = await send(self.sender, case)
        self.requests += 1
        self.images += 0 if exchange.images is UNOBSERVED else len(exchange.images)
        self.progress(self.requests, len(self.plan.cases), case.name)
        return exchange

    def _unattributed(self, exchanges: list[Exchange], cases: Sequence[Case]) -> list[Case]:
        """Cases that were accepted while no call had their mark: sent once more alone, in place of what was seen."""
        lost = [index for index, exchange in enumerate(exchanges) if exchange.accepted and exchange.upstream == ()]
        for index in reversed(lost):
            del exchanges[index]
        return [cases[index] for index in lost]

    def _upstream_count(self) -> int:
        return 0 if self.observation is None else self.observation.count()

    async def _narrowed(self, exchanges: Iterable[Exchange]) -> list[Exchange]:
        """Valid requests that were not accepted, replaced by the smallest that are not."""
        narrowing = Narrowing(self.sender.contract, self._again)
        return [await narrowing.smallest(one) if self._was_wronged(one) else one for one in exchanges]

    def _was_wronged(self, exchange: Exchange) -> bool:
        request = exchange.request
        if exchange.accepted or request.method != self.sender.contract.operation.method:
            return False
        if isinstance(exchange.answer, Answer) and exchange.answer.status == 429:
            return False
        return request.credential.name == "RIGHT" and standing(self.sender.contract, request.body).valid

    def _judge(self, exchange: Exchange) -> None:
        for one in judge(self.sender.contract, self.rules, exchange):
            if isinstance(one, JudgeError):
                self.our_errors.append(one)
            else:
                self.judgements.append(one)

    async def _isolate_failures(self) -> None:
        """For each failing field, one request with nothing else in it: a report shows it where that fails as well."""
        failing = {one.rule.id: one for one in self.judgements if one.finding.outcome is Outcome.FAIL}
        for one in failing.values():
            body, pointer = one.exchange.request.body, one.rule.pointer
            case = isolated(self.sender.contract, body, pointer) if pointer else None  # type: ignore[arg-type] # JSON
            if case is not None and standing(self.sender.contract, body).valid:
                self._judge(await self._again(case))

    def cost(self) -> Cost:
        return Cost(self.requests, self.images, self._upstream_count())


def calls_of(exchange: Exchange, calls: Mapping[str, tuple[UpstreamCall, ...]]) -> tuple[UpstreamCall, ...]:
    return tuple(call for mark in marks_in(exchange.request.body) for call in calls.get(mark, ()))
