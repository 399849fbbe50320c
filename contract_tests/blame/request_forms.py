"""A form of a request is blamed for a rejection only where the plain request is accepted, before and after."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from contract_tests.blame.minimize import BLAME_TRIES, Send
from contract_tests.client.case import Case
from contract_tests.client.correlation import PLACEHOLDER, with_correlation_id
from contract_tests.planning.fields import base_request, requested_images
from contract_tests.planning.valid_cases import valid_case
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Exchange, RequestForm
from gateway_contract.traffic.statuses import is_throttled, is_timed_out
from gateway_contract.values.json_value import ABSENT, compact


def is_rejected_form(exchange: Exchange) -> bool:
    """Whether a request was rejected that is special in nothing but its form."""
    if exchange.request.form is RequestForm.PLAIN or exchange.accepted:
        return False
    return not (is_timed_out(exchange.answer) or is_throttled(exchange.answer))


@dataclass(frozen=True, slots=True)
class FormComparer:
    """Sends the same request plainly and in its form again."""

    contract: Contract
    send: Send
    may_send: Callable[[Case], bool]

    async def separate(self, rejected: Exchange) -> list[Exchange]:
        """A rejected request that is special in its form and its body, and what comes of it without the form.

        Where its body is rejected without the form, too, the plain request in that form stands for the first one.
        """
        name, request = rejected.name, rejected.request
        if request.body is ABSENT:
            return [rejected]
        base = valid_case(self.contract, request.form.value, base_request(self.contract), form=request.form)
        body = with_correlation_id(request.body, self.contract.marks, PLACEHOLDER)
        case = Case(f"{name}, plain", request.content, images=requested_images(self.contract, body))
        if compact(body) == base.content or not self.may_send(case):
            return [rejected]
        again = await self.send(case)
        if again.accepted:
            return [rejected, again]
        return [again, await self.send(base)] if self.may_send(base) else [again]

    async def compare(self, rejected: Exchange) -> Exchange:
        """The exchange, to be judged; one that blames nothing where the form is not shown to be the cause.

        What is accepted in that form, too, was rejected by chance: it counts as any other request.
        """
        innocent = replace(rejected, essential=frozenset())
        plain = Case(f"{rejected.name}, plain", rejected.request.content, images=1)
        for case in (plain, replace(plain, name=rejected.name, form=rejected.request.form)) * BLAME_TRIES:
            if not self.may_send(case):
                return innocent
            again = await self.send(case)
            if again.accepted is not (case.form is RequestForm.PLAIN):
                plainly = replace(rejected.request, form=RequestForm.PLAIN)
                return replace(innocent, request=plainly) if again.accepted else innocent
        return rejected
