"""What a run has sent so far, and how far it is."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from contract_tests.client.send import images_asked
from contract_tests.execution.ledger import Ledger
from contract_tests.execution.time_bound import TimeBound
from contract_tests.report.progress import Phase, Progress, ProgressStep
from contract_tests.results import Cost
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Exchange, NoAnswer
from gateway_contract.values.json_value import UNOBSERVED


@dataclass(slots=True)
class Tally:
    """`planned` requests are known in advance; `of_phase` of them belong to the present phase, 0 where nobody knows.

    `waits` are the seconds of responses still to come that take long whatever the gateway's speed, by exchange names.
    """

    contract: Contract
    planned: int
    time_bound: TimeBound
    progress: Progress
    waits: dict[str, float] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    requests: int = 0
    images: int = 0  # received
    images_asked: int = 0
    phase: Phase = Phase.LOOK
    of_phase: int = 0
    failing: int = 0  # rules
    _before: int = 0  # requests before the present phase
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def enter(self, phase: Phase, failing: int, of_phase: int = 0) -> None:
        """Begin a phase, or go on with it."""
        self._before = self._before if phase is self.phase else self.requests
        self.phase, self.failing, self.of_phase = phase, failing, of_phase

    def count(self, exchange: Exchange) -> None:
        self.requests += 1
        self.waits.pop(exchange.name, None)
        was_sent = not (isinstance(exchange.answer, NoAnswer) and exchange.answer.unsent)
        self.images_asked += images_asked(self.contract, exchange.request.body) if was_sent else 0
        self.images += 0 if exchange.images is UNOBSERVED else len(exchange.images)
        done = self.requests - self._before
        self.progress(
            ProgressStep(
                phase=self.phase,
                done=done,
                planned=self.of_phase if done <= self.of_phase else 0,  # failures are tried again
                requests=self.requests,
                of_requests=max(self.requests, self.planned),
                name=exchange.name,
                images=self.images,
                failing=self.failing,
                seconds_left=self._seconds_left(),
            )
        )

    def cost(self, ledger: Ledger, upstream_calls: int, foreign_calls: int) -> Cost:
        return Cost(
            requests=self.requests,
            images=self.images,
            images_asked=self.images_asked,
            images_billed=ledger.billed,
            budget=ledger.budget,
            upstream_calls=upstream_calls,
            foreign_calls=foreign_calls,
        )

    def _seconds_left(self) -> float:
        """What planned requests would take at the speed so far, and what takes long; at most the time bound.

        Infinite beyond the plan: nobody knows how often failures are tried again.
        """
        left, longest = self.planned - self.requests, max(self.waits.values(), default=0.0)
        if left <= 0 and not longest:
            return math.inf
        return min(max(left, 0) * (self.clock() - self._began) / self.requests + longest, self.time_bound.left)
