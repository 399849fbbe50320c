"""From a valid request that was refused to the smallest one, so that no field is blamed for another's fault."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from contract_tests.case import Case, json_case
from contract_tests.fields import Field, base_for, base_request, fields_of
from gateway_contract.contract import Contract
from gateway_contract.exchange import Exchange
from gateway_contract.mapping import shortened
from gateway_contract.pointer import placed, read, removed
from gateway_contract.standing import standing
from gateway_contract.values import ABSENT, Json, same

MOST_REQUESTS = 80
"""What narrowing may cost in all, in requests: a gateway that refuses at random would cost without end."""

Send = Callable[[Case], Awaitable[Exchange]]


@dataclass(slots=True)
class Narrowing:
    """One run's narrowing. `blamed` are combinations of values that are known to be refused."""

    contract: Contract
    send: Send
    sent: int = 0
    blamed: list[dict[str, Json]] = field(default_factory=list)

    async def smallest(self, refused: Exchange) -> Exchange:
        """The smallest request with the same refusal, and in `essential` the fields that it takes."""
        body = refused.request.body
        if body is ABSENT:
            return refused
        known = next((blamed for blamed in self.blamed if holds(body, blamed)), None)
        if known is not None:
            return replace(refused, essential=frozenset(known))
        if self.sent >= MOST_REQUESTS:
            return replace(refused, essential=frozenset())
        again = await self._again(body, refused.name)
        if again.accepted:
            return replace(refused, essential=frozenset())
        return await self._narrowed(body, again)

    async def _narrowed(self, body: Json, refused: Exchange) -> Exchange:
        essential: dict[str, Json] = {}
        for part in self.varied(body):
            smaller = self.without(body, part)
            if smaller is None or self.sent >= MOST_REQUESTS:
                continue
            attempt = await self._again(smaller, f"{refused.name} without {part.subject}")
            if attempt.accepted:
                essential[part.pointer] = read(body, part.pointer)  # type: ignore[assignment] # it is there
            else:
                body, refused = smaller, attempt
        if essential:
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

    async def _again(self, body: Json, name: str) -> Exchange:
        self.sent += 1
        return await self.send(json_case(name, body))


def differs(base: Json, body: Json, part: Field) -> bool:
    left, right = read(base, part.pointer), read(body, part.pointer)
    if right is ABSENT:
        return False
    # Free texts differ by their marks alone where they say the same.
    return not (same(left, right) or (part.marked and len(str(left)) == len(str(right))))


def holds(body: Json, values: dict[str, Json]) -> bool:
    return all(same(read(body, pointer), value) for pointer, value in values.items())


def isolated(contract: Contract, body: Json, pointer: str) -> Case | None:
    """The smallest valid request with one field as a body has it; None where it needs others too."""
    value = read(body, pointer)
    base = base_for(contract, None)
    if value is ABSENT or base is None:
        return None
    alone = placed(base, pointer, value)
    if not standing(contract, alone).valid or same(alone, body):
        return None
    return json_case(f"{pointer} {shortened(value)} alone", alone)
