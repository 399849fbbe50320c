"""Requests over one connection: whether each is answered there as on a connection of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from contract_tests.blame.minimize import TRIES, Send
from contract_tests.client.case import Case
from contract_tests.planning.fields import base_request
from contract_tests.planning.other_invalid_cases import malformed_cases, method_cases
from contract_tests.planning.plan import breaking_cases, constraints, is_row
from contract_tests.planning.spellings import full_body
from contract_tests.planning.valid_cases import valid_case
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Answer, Exchange, KeptUse, usable
from gateway_contract.traffic.statuses import is_throttled
from gateway_contract.values.json_value import UNOBSERVED


def connection_cases(contract: Contract) -> tuple[Case, ...]:
    """Plain requests in a row, and after rejections: of what cannot be read, of what is invalid, of a method.

    The invalid one has every field: a gateway may keep what a rejected request says for the next one.
    """
    plain = valid_case(contract, "a plain request over a kept connection", base_request(contract))
    full = full_body(contract)
    last_first = reversed([one for one in constraints(contract) if one.pointer])
    invalid = next((case for one in last_first for case in breaking_cases(contract, one, full)), None)
    # A name of its own, for the plan has a case that breaks the same in the smallest request.
    renamed = invalid and replace(invalid, name=f"{invalid.name}, with every field")
    rejected = [case for case in (renamed, next(method_cases())) if case is not None]
    return (plain, plain, next(malformed_cases(contract)), plain, *rejected, plain)


def kept_connection_cases(contract: Contract) -> list[Case]:
    """The same as they go over the kept connection."""
    return [replace(case, kept=True) for case in connection_cases(contract)]


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """`send` sends a case while no other is under way."""

    contract: Contract
    send: Send
    may_send: Callable[[Case], bool]

    async def run(self) -> list[Exchange]:
        """The exchanges over one connection. What is wrong there each time, and never elsewhere, is its fault."""
        cases = connection_cases(self.contract)
        if not all(map(self.may_send, cases)):
            return []
        found = await self._send_all(cases, kept=True)
        wrong = self._wrong(cases, found)
        for _ in range(TRIES if wrong else 0):
            elsewhere = self._wrong(cases, await self._send_all(cases, kept=False))
            wrong &= self._wrong(cases, await self._send_all(cases, kept=True)) - elsewhere
        return [
            replace(one, kept=KeptUse(_told(found[:index]), _repeats(one, found[:index]), index in wrong))
            for index, one in enumerate(found)
        ]

    async def _send_all(self, cases: Sequence[Case], *, kept: bool) -> list[Exchange]:
        return [await self.send(replace(case, kept=kept)) for case in cases]

    def _wrong(self, cases: Sequence[Case], found: Sequence[Exchange]) -> set[int]:
        """Which requests got another response than theirs: a rejection, an acceptance, or images of an earlier one."""
        return {
            index
            for index, (case, one) in enumerate(zip(cases, found, strict=True))
            if not is_throttled(one.answer)
            and (one.accepted is not is_row(self.contract, case) or _repeats(one, found[:index]))
        }


def _repeats(exchange: Exchange, earlier: Sequence[Exchange]) -> bool:
    return bool(_digests(exchange) & {digest for one in earlier for digest in _digests(one)})


def _digests(exchange: Exchange) -> set[str]:
    images = () if exchange.images is UNOBSERVED else exchange.images
    return {image.digest for item in images for image in usable(item)}


def _told(earlier: Sequence[Exchange]) -> str:
    """What went over a connection just before; empty if nothing did."""
    return "" if not earlier else told_exchange(earlier[-1])


def told_exchange(exchange: Exchange) -> str:
    """For example `cut in the middle (HTTP 400)`."""
    answer = exchange.answer
    outcome = f"HTTP {answer.status}" if isinstance(answer, Answer) else answer.problem
    return f"{exchange.name} ({outcome})"
