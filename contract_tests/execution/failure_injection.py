"""What a gateway makes of failures of its upstream, which are played on purpose, and of the request after one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contract_tests.blame.minimize import Send
from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_ids
from contract_tests.client.send import Sender
from contract_tests.execution.health import plain_case
from contract_tests.execution.observer import UpstreamObserver
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.traffic.statuses import is_throttled


@dataclass(frozen=True, slots=True)
class FailureInjection:
    """`send` sends a case alone, `send_again` with a new correlation id."""

    observer: UpstreamObserver
    sender: Sender
    seed: int
    send: Send
    send_again: Send

    async def inject(self, case: Case, failure: str) -> Sequence[Exchange]:
        """A request during which the upstream fails, unless it was rejected for another reason, and a plain one."""
        fault = self.observer.fault_named(failure)
        self.observer.faults.update(dict.fromkeys(correlation_ids(self.sender.request(case).body), fault))
        exchange = await self.send(case)
        after = replace(await self._plain_after(f"after {fault}"), follows=fault.played)
        return (exchange, after) if exchange.accepted or exchange.played is not None else (after,)

    async def _plain_after(self, name: str) -> Exchange:
        """A plain request directly after an injected failure.

        If the gateway asks to try again later, that is the answer of a circuit breaker where a plain request directly
        after a plain one is accepted. Otherwise it is a rate limit, and the repeated request counts.
        """
        plain = replace(plain_case(self.sender, self.seed), name=name)
        first = await self.send_again(replace(plain, first_answer=True))
        if not is_throttled(first.answer):
            return first
        repeated = await self.send_again(plain)
        control = await self.send_again(replace(plain, first_answer=True))
        return first if repeated.accepted and control.accepted else repeated
