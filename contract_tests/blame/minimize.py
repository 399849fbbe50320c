"""From a failing body to the smallest one that still fails, so that no field is blamed for another's fault."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contract_tests.client.case import Case
from contract_tests.client.correlation import PLACEHOLDER, content_with_id, with_correlation_id
from contract_tests.planning.fields import RequestField, base_for, base_request, fields_of, requested_images
from contract_tests.planning.valid_cases import valid_case
from contract_tests.planning.valid_rows import with_value
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of, with_plain_integers
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.traffic.statuses import is_gateway_timeout, is_no_evidence, is_throttled, is_timed_out
from gateway_contract.values.json_value import ABSENT, Json, compact, same, shortened
from gateway_contract.values.pointer import placed, read

StillFails = Callable[[Json], Awaitable[bool]]
"""Whether a body fails as the first one did. May raise BudgetSpentError."""


class BudgetSpentError(Exception):
    """No more requests may be sent: what a failure takes is not known."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Where minimizing may lead: some fields become as in `base`, in bodies that are allowed."""

    base: Json
    fields: Sequence[RequestField]
    is_allowed: Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class Minimal:
    """The smallest failing body. `needed` are the fields without which it does not fail, each with the body tried."""

    body: Json
    needed: Mapping[str, Json]


async def minimize(body: Json, still_fails: StillFails, budget: Budget) -> Minimal:
    """Makes groups of fields as in the base: halves of all first, then single ones, until nothing more can go (ddmin).

    Raises BudgetSpentError.
    """
    needed: dict[str, Json] = {}
    left = list(changed_fields(budget, body))
    size, smaller = len(left), True
    while smaller or size > 1:
        size, smaller = max(min(size, len(left) // 2), 1) if smaller else size // 2, False
        for group in [left[start : start + size] for start in range(0, len(left), size)]:
            attempt = reset_fields(budget.base, body, (part.pointer for part in group))
            if not budget.is_allowed(attempt):
                continue
            if await still_fails(attempt):
                body, smaller = attempt, True
            elif size == 1:
                needed[group[0].pointer] = attempt
        left = [part for part in changed_fields(budget, body) if part.pointer not in needed]
    return Minimal(body, needed)


def changed_fields(budget: Budget, body: Json) -> Iterable[RequestField]:
    """The fields in which a body differs from the base."""
    return (part for part in budget.fields if differs(budget.base, body, part))


def reset_fields(base: Json, body: Json, pointers: Iterable[str]) -> Json:
    for pointer in pointers:
        body = with_value(body, pointer, read(base, pointer))
    return body


MOST_REQUESTS = 200
"""What minimizing may cost in all, in requests: a gateway that refuses at random would cost without end."""

TRIES = 2
"""How often a failure is tried again before it counts."""

BLAME_TRIES = 5
"""How often a rejection is tried again before a part of the request is blamed.

With 2, a gateway that rejects one request in three has a field blamed in 2 % of all runs.
"""

MORE_TRIES = 8
"""The same for a gateway that is known to fail by chance: several times in a row proves little there."""

MOST_BLAMED = 3
"""Fields of one refusal: where it takes more of them, it is the request as a whole that is refused."""

Send = Callable[[Case], Awaitable[Exchange]]


@dataclass(slots=True)
class RejectionMinimizer:
    """Minimizes rejections of one run. `blamed` are combinations of values that are known to be refused.

    `is_intermittent` is whether the gateway was seen to fail now and then on the same request.
    """

    contract: Contract
    send: Send
    may_send: Callable[[Case], bool] = lambda _: True
    sent: int = 0
    blamed: list[dict[str, Json]] = field(default_factory=list)
    is_intermittent: bool = False

    async def minimize(self, refused: Exchange) -> Exchange:
        """The smallest request with the same refusal, and in `essential` the fields that it takes."""
        if refused.request.body is ABSENT:
            return refused
        plain = with_plain_integers(self.contract.request, refused.request.body)
        body = with_correlation_id(plain, self.contract.marks, PLACEHOLDER)
        known = next((blamed for blamed in self.blamed if has_values(body, blamed)), None)
        if known is not None:
            return replace(refused, essential=frozenset(known))
        if is_gateway_timeout(refused.answer) and await self._is_for_images(refused, body):
            return replace(refused, essential=frozenset())
        again = await self._send_body(body, refused.name)
        if again is None:
            return replace(refused, essential=self._known_fields(body))
        if not is_rejection(again):
            by_spelling = again.accepted and await self._is_spelling_rejected(refused, body)
            self.is_intermittent |= again.accepted and not by_spelling
            return replace(refused, essential=frozenset(), spelling_refused=by_spelling)
        return await self._remove_fields(body, replace(again, name=f"{refused.name}, made smaller"))

    def _known_fields(self, body: Json) -> frozenset[str]:
        """What to blame where no more requests may be sent: fields that were blamed with other values."""
        changed = {part.pointer for part in changed_fields(valid_bodies(self.contract), body)}
        return next((frozenset(blamed) for blamed in self.blamed if blamed.keys() <= changed), frozenset())

    async def _is_for_images(self, timed_out: Exchange, body: Json) -> bool:
        """Whether a request for several images gets a response in time if it asks for as few as a plain one does."""
        if requested_images(self.contract, body) <= 1 or self.contract.images is None:
            return False
        plain = read(base_request(self.contract), self.contract.images.count)
        again = await self._send_body(with_value(body, self.contract.images.count, plain), timed_out.name)
        return again is not None and again.accepted

    async def _is_spelling_rejected(self, refused: Exchange, plain: Json) -> bool:
        """Whether a request is rejected each time as it was written, while it is accepted in the usual spelling."""
        content = content_with_id(refused.request.content, self.contract.marks, PLACEHOLDER)
        case = Case(refused.name, content, images=requested_images(self.contract, plain))
        if content == compact(plain) or not await self._is_rejected_each_time(case):
            return False
        return await self._are_accepted(refused.name, [plain])

    async def _is_rejected_each_time(self, case: Case) -> bool:
        """Whether it is so as often as it may be tried; where some was by chance, one untried was so, too."""
        tried = 0
        while tried < (MORE_TRIES if self.is_intermittent else BLAME_TRIES):
            again = await self._send_within_limit(case)
            if again is None:
                return not self.is_intermittent
            if not is_rejection(again):
                self.is_intermittent |= again.accepted
                return False
            tried += 1
        return True

    async def _remove_fields(self, body: Json, refused: Exchange) -> Exchange:
        """Takes fields away while the request is still refused."""

        async def still_refused(attempt: Json) -> bool:
            nonlocal refused
            again = await self._send_body(attempt, refused.name)
            if again is None:
                raise BudgetSpentError
            if not (again.accepted or is_rejection(again)):
                raise BudgetSpentError
            refused = refused if again.accepted else again
            return not again.accepted

        try:
            minimal = await minimize(body, still_refused, valid_bodies(self.contract))
        except BudgetSpentError:
            return replace(refused, essential=self._known_fields(body))
        case = valid_case(self.contract, refused.name, minimal.body)
        blames = 0 < len(minimal.needed) <= MOST_BLAMED
        if (
            not blames
            or not await self._is_rejected_each_time(case)
            or not await self._are_accepted(refused.name, minimal.needed.values())
        ):
            return replace(refused, essential=frozenset())
        self.blamed.append({pointer: read(minimal.body, pointer) for pointer in minimal.needed})  # type: ignore[misc] # it is there
        return replace(refused, essential=frozenset(minimal.needed))

    async def _are_accepted(self, name: str, bodies: Iterable[Json]) -> bool:
        """Whether the requests without one of the fields, which were accepted before, are so again."""
        for body in bodies:
            again = await self._send_body(body, name)
            if again is not None and not again.accepted:
                self.is_intermittent = True
                return False
        return True

    async def _send_body(self, body: Json, name: str) -> Exchange | None:
        return await self._send_within_limit(valid_case(self.contract, name, body))

    async def _send_within_limit(self, case: Case) -> Exchange | None:
        """What comes of a request; None where minimizing has cost enough."""
        if self.sent >= MOST_REQUESTS or not self.may_send(case):
            return None
        self.sent += 1
        return await self.send(case)


def valid_bodies(contract: Contract, without: str | None = None) -> Budget:
    """Minimizing that changes any field but one, and sends valid requests only."""
    fields = [part for part in fields_of(contract) if part.pointer != without]
    return Budget(base_request(contract), fields, lambda body: validity_of(contract, body).valid)


def is_rejection(exchange: Exchange) -> bool:
    """Whether a valid request was probably rejected because of its content."""
    answer = exchange.answer
    return not (exchange.accepted or is_no_evidence(exchange) or is_throttled(answer) or is_timed_out(answer))


def differs(base: Json, body: Json, part: RequestField) -> bool:
    here = read(body, part.pointer)
    return here is not ABSENT and not same(read(base, part.pointer), here)


def has_values(body: Json, values: dict[str, Json]) -> bool:
    return all(same(read(body, pointer), value) for pointer, value in values.items())


def case_with_field_alone(contract: Contract, body: Json, pointer: str) -> Case | None:
    """The smallest valid request with one field as a body has it; None where it needs others too."""
    value = read(body, pointer)
    base = base_for(contract, None)
    if value is ABSENT or base is None:
        return None
    alone = placed(base, pointer, value)
    if not validity_of(contract, alone).valid or same(alone, with_correlation_id(body, contract.marks, PLACEHOLDER)):
        return None
    return valid_case(contract, f"{pointer} {shortened(value)} alone", alone)
