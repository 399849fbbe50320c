"""What a gateway broke on: a part is to blame where the same request without it works, before and after."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from contract_tests.blame.minimize import MORE_TRIES, TRIES, Send
from contract_tests.client.case import Case
from contract_tests.client.correlation import PLACEHOLDER, with_correlation_id
from contract_tests.planning.fields import base_for, base_request
from contract_tests.planning.valid_cases import valid_case
from contract_tests.planning.valid_rows import with_value
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.schema.constraint import Constraint
from gateway_contract.traffic.exchange import Credential, Exchange
from gateway_contract.traffic.statuses import is_broken, is_gateway_timeout, is_no_evidence
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import parent, read

WHOLE = ""
"""The pointer of the whole body; it also stands for what is wrong with a request beside its body."""

MOST_REQUESTS = 400
"""What looking for causes may cost in all, in requests."""


def is_suspect(exchange: Exchange) -> bool:
    """Whether a response to an invalid request shows nothing about it by itself."""
    return is_broken(exchange.answer) or is_no_evidence(exchange)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A part that may have caused a response, and the same request with that part as in a valid one."""

    exchange: Exchange
    pointer: str
    reset: Case


@dataclass(slots=True)
class CauseFinder:
    """Looks for the causes of one run's suspect responses. `is_intermittent`: some of them come now and then."""

    contract: Contract
    send: Send
    may_send: Callable[[Case], bool] = lambda _: True
    is_intermittent: bool = False
    sent: int = 0

    async def find(self, suspects: Sequence[Exchange]) -> list[Exchange]:
        """The exchanges with the pointers in `essential` of the parts that caused their responses; none where none."""
        groups: dict[bytes, list[Suspicion]] = {}
        for suspicion in (found for exchange in suspects for found in self._suspicions(exchange)):
            groups.setdefault(suspicion.reset.content, []).append(suspicion)
        causes: dict[int, set[str]] = {}
        for group in groups.values():
            for proven in await self._proven(group):
                causes.setdefault(id(proven.exchange), set()).add(proven.pointer)
        return [replace(exchange, essential=frozenset(causes.get(id(exchange), ()))) for exchange in suspects]

    def _suspicions(self, exchange: Exchange) -> Iterator[Suspicion]:
        request, body = exchange.request, exchange.request.body
        if body is ABSENT or request.credential is not Credential.RIGHT or not validity_of(self.contract, body).broken:
            yield Suspicion(exchange, WHOLE, self._reset_case(exchange, base_request(self.contract)))
            return
        plain = with_correlation_id(body, self.contract.marks, PLACEHOLDER)
        resets = {
            pointer: reset
            for constraint in validity_of(self.contract, body).broken
            for pointer, reset in [reset_part(self.contract, plain, constraint)]
        }
        for pointer in sorted(resets):
            if is_gateway_timeout(exchange.answer) and is_number_of_images(self.contract, pointer):
                continue  # more images take longer
            yield Suspicion(exchange, pointer, self._reset_case(exchange, resets[pointer]))

    def _reset_case(self, exchange: Exchange, body: Json) -> Case:
        return valid_case(self.contract, f"{exchange.name}, with a valid value", body)

    async def _proven(self, group: Sequence[Suspicion]) -> list[Suspicion]:
        """Those of the suspicions, all with the same valid request, before and after which that request works.

        Where it does not work afterwards, one of the requests may have broken the gateway for a while: halves tell.
        """
        if not await self._is_accepted(group[0].reset):
            return []
        lasting = [suspicion for suspicion in group if await self._comes_again(suspicion)]
        if not lasting or await self._is_accepted(group[0].reset):
            return lasting
        if len(lasting) == 1:
            return []
        middle = len(lasting) // 2
        return [*await self._proven(lasting[:middle]), *await self._proven(lasting[middle:])]

    async def _is_accepted(self, case: Case) -> bool:
        exchange = await self._send_within_limit(case)
        return exchange is not None and exchange.accepted

    async def _comes_again(self, suspicion: Suspicion) -> bool:
        """Whether the request gets the same kind of response each time it is tried."""
        first, request = suspicion.exchange, suspicion.exchange.request
        case = Case(first.name, request.content, request.method, request.credential)
        tried = 0
        while tried < (MORE_TRIES if self.is_intermittent else TRIES):
            again = await self._send_within_limit(case)
            if again is None:
                return tried > 0 and not self.is_intermittent
            if not _is_same_kind(first, again):
                self.is_intermittent = True
                return False
            tried += 1
        return True

    async def _send_within_limit(self, case: Case) -> Exchange | None:
        if self.sent >= MOST_REQUESTS or not self.may_send(case):
            return None
        self.sent += 1
        return await self.send(case)


def is_number_of_images(contract: Contract, pointer: str) -> bool:
    return contract.images is not None and contract.images.count == pointer


def reset_part(contract: Contract, body: Json, constraint: Constraint) -> tuple[str, Json]:
    """The smallest part around what breaks a constraint, and the body with that part as in a valid request."""
    base = base_for(contract, constraint.condition) or base_request(contract)
    pointer = constraint.pointer
    while pointer != WHOLE:
        reset = _with_part_of(base, body, pointer)
        if reset is not None and constraint not in validity_of(contract, reset).broken:
            return pointer, reset
        pointer = parent(pointer)
    return WHOLE, base


def _with_part_of(base: Json, body: Json, pointer: str) -> Json | None:
    try:
        return with_value(body, pointer, read(base, pointer))
    except ValueError:  # the way leads through something that is neither an object nor a list
        return None


def _is_same_kind(one: Exchange, other: Exchange) -> bool:
    if is_no_evidence(one):
        return is_no_evidence(other)
    return is_broken(other.answer)
