"""Requests with an idempotency key: the same again, with another key, and another request with the same key."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import uuid4

from contract_tests.blame.minimize import Send
from contract_tests.client.case import Case
from contract_tests.execution.dispatch import NOT_SENT
from contract_tests.planning.fields import base_request
from contract_tests.planning.valid_cases import valid_case
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Comparison, Exchange, Relation
from gateway_contract.values.json_value import UNOBSERVED


@dataclass(frozen=True, slots=True)
class IdempotencyCheck:
    """`send` sends a case as it is while no other is under way, `send_again` so with a mark of its own.

    `send_twice` sends it with a mark of its own twice at the same time; each exchange has the upstream calls of both.
    """

    contract: Contract
    send: Send
    send_again: Send
    send_twice: Callable[[Case], Awaitable[tuple[Exchange, Exchange]]]
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
        found: list[Exchange] = []
        with suppress(*NOT_SENT):  # what was sent before the budget or the time was used up counts
            found.append(await self._send(self.send, same, Relation.SAME_KEY, first))
            found.append(
                await self._send(self.send, replace(same, idempotency_key=other_key), Relation.OTHER_KEY, first)
            )
            found.append(await self._send(self.send_again, case, Relation.OTHER_REQUEST, first))
            found += await self._send_at_once(plain, first)
        return found

    async def _send_at_once(self, plain: Case, first: Exchange) -> list[Exchange]:
        """What a client sends that gave up too early; nothing where it costs an image and the calls are not seen."""
        if first.upstream is UNOBSERVED:
            return []
        case = replace(plain, name=Relation.SAME_KEY_AT_ONCE.value, idempotency_key=str(uuid4()))
        one, other = await self.send_twice(case)
        return [_compared(other, Relation.SAME_KEY_AT_ONCE, one)]

    async def _send(self, send: Send, case: Case, relation: Relation, first: Exchange) -> Exchange:
        return _compared(await send(replace(case, name=relation.value)), relation, first)


def _compared(exchange: Exchange, relation: Relation, other: Exchange) -> Exchange:
    return replace(exchange, compared=Comparison(relation, other))
