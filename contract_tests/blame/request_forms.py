"""A form of a request is blamed for a rejection only where the plain request is accepted, before and after."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from contract_tests.blame.minimize import BLAME_TRIES, Send
from contract_tests.client.case import Case
from gateway_contract.traffic.exchange import Exchange, RequestForm
from gateway_contract.traffic.statuses import is_throttled, is_timed_out


def is_rejected_form(exchange: Exchange) -> bool:
    """Whether a request was rejected that is special in nothing but its form."""
    if exchange.request.form is RequestForm.PLAIN or exchange.accepted:
        return False
    return not (is_timed_out(exchange.answer) or is_throttled(exchange.answer))


@dataclass(frozen=True, slots=True)
class FormComparer:
    """Sends the same request plainly and in its form again."""

    send: Send
    may_send: Callable[[Case], bool]

    async def compare(self, rejected: Exchange) -> Exchange:
        """The exchange, to be judged; one that blames nothing where the form is not shown to be the cause."""
        innocent = replace(rejected, essential=frozenset())
        plain = Case(f"{rejected.name}, plain", rejected.request.content, images=1)
        for case in (plain, replace(plain, name=rejected.name, form=rejected.request.form)) * BLAME_TRIES:
            if not self.may_send(case):
                return innocent
            again = await self.send(case)
            if again.accepted is not (case.form is RequestForm.PLAIN):
                return innocent
        return rejected
