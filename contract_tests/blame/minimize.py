"""From a valid request that was refused to the smallest one, so that no field is blamed for another's fault."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from contract_tests.client.case import Case
from contract_tests.client.correlation import PLACEHOLDER, marked
from contract_tests.planning.fields import Field, base_for, base_request, fields_of
from contract_tests.planning.plan import valid_case
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import standing
from gateway_contract.traffic.exchange import Answer, Exchange
from gateway_contract.values.json_value import ABSENT, Json, same, shortened
from gateway_contract.values.pointer import placed, read, removed

MOST_REQUESTS = 160
"""What narrowing may cost in all, in requests: a gateway that refuses at random would cost without end."""

TRIES = 2
"""How often a failure is tried again before a field is blamed for it."""

MORE_TRIES = 8
"""The same for a gateway that is known to fail by chance: several times in a row proves little there."""

MOST_BLAMED = 3
"""Fields of one refusal: where it takes more of them, it is the request as a whole that is refused."""

Send = Callable[[Case], Awaitable[Exchange]]


@dataclass(slots=True)
class Narrowing:
    """One run's narrowing. `blamed` are combinations of values that are known to be refused.

    `by_chance` is whether the gateway was seen to fail now and then on the same request.
    """

    contract: Contract
    send: Send
    may_send: Callable[[Case], bool] = lambda _: True
    sent: int = 0
    blamed: list[dict[str, Json]] = field(default_factory=list)
    by_chance: bool = False

    async def smallest(self, refused: Exchange) -> Exchange:
        """The smallest request with the same refusal, and in `essential` the fields that it takes."""
        if refused.request.body is ABSENT:
            return refused
        body = marked(refused.request.body, self.contract.marks, PLACEHOLDER)
        known = next((blamed for blamed in self.blamed if holds(body, blamed)), None)
        if known is not None:
            return replace(refused, essential=frozenset(known))
        again = await self._again(body, refused.name)
        if again is None or again.accepted:
            self.by_chance |= again is not None
            return replace(refused, essential=frozenset())
        return await self._narrowed(body, replace(again, name=f"{refused.name}, made smaller"))

    async def tried_again(self, broken: Exchange) -> Exchange:
        """A failure that blames no field where the same request does not fail each time."""
        request = broken.request
        case = Case(broken.name, request.content, request.method, request.credential)
        lasts = await self._lasts(case, is_broken)
        return broken if lasts else replace(broken, essential=frozenset())

    async def _lasts(self, case: Case, failed: Callable[[Exchange], bool]) -> bool:
        """Whether a request fails each time it may be tried; where some failed by chance, one untried did so, too."""
        tried = 0
        while tried < (MORE_TRIES if self.by_chance else TRIES):
            again = await self._sent(case)
            if again is None:
                return not self.by_chance
            if not failed(again):
                self.by_chance = True
                return False
            tried += 1
        return True

    async def _narrowed(self, body: Json, refused: Exchange) -> Exchange:
        """Takes away one field after the other, and once more those that others had need of, while that helps."""
        nobody = frozenset[str]()
        essential: dict[str, Json] = {}
        smaller = True
        while smaller:
            smaller = False
            for part in self.varied(body):
                if part.pointer in essential or (plainer := self.without(body, part)) is None:
                    continue
                attempt = await self._again(plainer, refused.name)
                if attempt is None:
                    return replace(refused, essential=nobody)  # what it takes is not known
                if attempt.accepted:
                    essential[part.pointer] = read(body, part.pointer)  # type: ignore[assignment] # it is there
                else:
                    body, refused, smaller = plainer, attempt, True
        if not essential or len(essential) > MOST_BLAMED:
            return replace(refused, essential=nobody)
        case = valid_case(self.contract, refused.name, body)
        if not await self._lasts(case, lambda again: not again.accepted):
            return replace(refused, essential=nobody)
        self.blamed.append(essential)
        return replace(refused, essential=frozenset(essential))

    def varied(self, body: Json) -> Sequence[Field]:
        """The fields in which a body differs from the smallest valid request."""
        base = base_request(self.contract)
        return [part for part in fields_of(self.contract) if differs(base, body, part)]

    def without(self, body: Json, part: Field) -> Json | None:
        """A body that is valid still with a field left out, or as in the smallest request; None where there is none."""
        base = base_request(self.contract)
        plain = read(base, part.pointer)
        smaller = removed(body, part.pointer) if plain is ABSENT else placed(body, part.pointer, plain)
        return smaller if standing(self.contract, smaller).valid else None

    async def _again(self, body: Json, name: str) -> Exchange | None:
        return await self._sent(valid_case(self.contract, name, body))

    async def _sent(self, case: Case) -> Exchange | None:
        """What comes of a request; None where narrowing has cost enough."""
        if self.sent >= MOST_REQUESTS or not self.may_send(case):
            return None
        self.sent += 1
        return await self.send(case)


def is_broken(exchange: Exchange) -> bool:
    """Whether there was no answer, or one that says that the gateway broke."""
    return not isinstance(exchange.answer, Answer) or exchange.answer.status >= 500


def differs(base: Json, body: Json, part: Field) -> bool:
    here = read(body, part.pointer)
    return here is not ABSENT and not same(read(base, part.pointer), here)


def holds(body: Json, values: dict[str, Json]) -> bool:
    return all(same(read(body, pointer), value) for pointer, value in values.items())


def isolated(contract: Contract, body: Json, pointer: str) -> Case | None:
    """The smallest valid request with one field as a body has it; None where it needs others too."""
    value = read(body, pointer)
    base = base_for(contract, None)
    if value is ABSENT or base is None:
        return None
    alone = placed(base, pointer, value)
    if not standing(contract, alone).valid or same(alone, marked(body, contract.marks, PLACEHOLDER)):
        return None
    return valid_case(contract, f"{pointer} {shortened(value)} alone", alone)
