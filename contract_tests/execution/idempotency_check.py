"""Requests with an idempotency key: the same again, with another key, and another request with the same key."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

from contract_tests.blame.minimize import Send
from contract_tests.client.case import Case
from contract_tests.planning.fields import base_request
from contract_tests.planning.valid_cases import valid_case
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Comparison, Exchange, Relation


@dataclass(frozen=True, slots=True)
class IdempotencyCheck:
    """`send` sends a case as it is while no other is under way, `send_again` so with a mark of its own."""

    contract: Contract
    send: Send
    send_again: Send
    may_send: Callable[[Case], bool]

    async def run(self) -> list[Exchange]:
        """The exchanges, each with the one on which it depends; none where the contract documents no key."""
        plain = valid_case(self.contract, "a request with an idempotency key", base_request(self.contract))
        if self.contract.idempotency_key is None or not self.may_send(plain):
            return []
        key, other_key = str(uuid4()), str(uuid4())  # which no other run has used
        case = replace(plain, idempotency_key=key)
        first = await self.send_again(case)
        if not first.accepted:
            control = await self.send_again(replace(plain, name=Relation.WITHOUT_KEY.value))
            return [_compared(first, Relation.WITHOUT_KEY, control)] if control.accepted else []
        same = replace(case, content=first.request.content)
        return [
            await self._send(self.send, same, Relation.SAME_KEY, first),
            await self._send(self.send, replace(same, idempotency_key=other_key), Relation.OTHER_KEY, first),
            await self._send(self.send_again, case, Relation.OTHER_REQUEST, first),
        ]

    async def _send(self, send: Send, case: Case, relation: Relation, first: Exchange) -> Exchange:
        return _compared(await send(replace(case, name=relation.value)), relation, first)


def _compared(exchange: Exchange, relation: Relation, other: Exchange) -> Exchange:
    return replace(exchange, compared=Comparison(relation, other))
