"""Requests whose answer was not waited for: sent once more, alone, where the gateway is known to be faster."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from contract_tests.client.case import Case
from contract_tests.client.limits import Limits
from contract_tests.client.send import images_asked
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Answer, Exchange, NoAnswer
from gateway_contract.traffic.statuses import GATEWAY_TIMEOUT

MOST_REPEATED = 3
"""Requests of one run that are repeated: each may take as long as an answer may."""

FACTOR = 5
"""Times what the run's median per image suggests: a limit beyond that is not a question of speed."""


@dataclass(slots=True)
class SlowAnswers:
    """`seconds` has one entry per accepted request: its time per image. `slow` says what took too long."""

    contract: Contract
    limits: Limits
    send: Callable[[Case], Awaitable[Exchange]]
    may_send: Callable[[Case], bool]
    seconds: list[float] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    repeated: int = 0

    def measure(self, exchanges: Sequence[Exchange]) -> None:
        """Takes note of how long accepted requests took."""
        for exchange in exchanges:
            if exchange.accepted and isinstance(exchange.answer, Answer):
                images = max(images_asked(self.contract, exchange.request.body), 1)
                self.seconds.append(exchange.answer.seconds / images)

    async def repeat(self, exchange: Exchange) -> Exchange:
        """The same request alone; the first exchange, and an entry in `slow`, where that would show nothing."""
        request, images = exchange.request, images_asked(self.contract, exchange.request.body)
        suggested = median(self.seconds or [0.0]) * max(images, 1)
        again_name = f"{exchange.name}, again"
        case = Case(again_name, request.content, request.method, request.credential, images, form=request.form)
        is_fast = self.limits.answer_seconds(images) >= FACTOR * suggested
        if not is_fast or self.repeated >= MOST_REPEATED or not self.may_send(case):
            self._note(exchange, images)
            return exchange
        self.repeated += 1
        again = await self.send(case)
        if isinstance(again.answer, NoAnswer) and again.answer.timed_out:
            return replace(again, answer=replace(again.answer, repeated=True))
        self._note(exchange, images)
        return again

    def note_gateway_timeout(self, exchange: Exchange) -> None:
        """Takes note of a request on which a proxy gave up, once for each number of images."""
        images = images_asked(self.contract, exchange.request.body)
        told = f"HTTP {GATEWAY_TIMEOUT} for {_counted(images)}"
        if told not in self.slow:
            self.slow.append(told)

    def _note(self, exchange: Exchange, images: int) -> None:
        if isinstance(exchange.answer, NoAnswer):
            self.slow.append(f"{exchange.answer.problem} for {_counted(images)}")


def _counted(images: int) -> str:
    return f"{images} {'image' if images == 1 else 'images'}"
