"""Rejections that come now and then: with one value of a field only, or with any request."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import comb

from contract_tests.blame.minimize import Send, case_with_field_alone, is_rejection
from contract_tests.client.case import Case
from contract_tests.planning.fields import base_request, fields_of
from contract_tests.planning.valid_cases import valid_case
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.values.json_value import ABSENT, same
from gateway_contract.values.pointer import read

FEWEST = 2
"""Rejected requests: a single one shares all values with itself."""

UNLIKELY = 0.05
"""How probable it may be that rejections that can meet any request only met requests that share a value."""

TRIES = 15
"""How often a request with that value alone is tried, each time after a plain one."""

PROOF = 3
"""So many of them must be rejected, before any plain one is."""


def is_unexplained(exchange: Exchange) -> bool:
    """Whether nothing in a request was shown to cause its rejection."""
    return exchange.essential == frozenset() and not exchange.spelling_refused


async def reject_with_shared_value(
    contract: Contract, tried: Sequence[Exchange], send: Send, may_send: Callable[[Case], bool]
) -> Exchange | None:
    """A rejection of the smallest request with the value that all rejected requests share; in `essential` its field.

    None where they share none, or that could be chance. `tried` are valid requests that were accepted or rejected.
    """
    pointer = shared_field(contract, tried)
    if pointer is None:
        return None
    bodies = (one.request.body for one in tried if not one.accepted)
    alone = (case_with_field_alone(contract, body, pointer) for body in bodies if body is not ABSENT)
    case, rejected = next(filter(None, alone), None), 0
    plain = valid_case(contract, "a plain request", base_request(contract))
    for _ in range(TRIES):
        if case is None or not (may_send(plain) and (await send(plain)).accepted and may_send(case)):
            return None
        again = await send(case)
        rejected += is_rejection(again)
        if rejected == PROOF:
            return replace(again, essential=frozenset({pointer}))
    return None


def shared_field(contract: Contract, tried: Sequence[Exchange]) -> str | None:
    """The field with one and the same unusual value in all rejected requests, where that is hardly chance."""
    rejected = [one.request.body for one in tried if not one.accepted]
    if len(rejected) < FEWEST:
        return None
    base, probable = base_request(contract), dict[str, float]()
    for part in fields_of(contract):
        value = read(rejected[0], part.pointer)
        if value is ABSENT or same(value, read(base, part.pointer)):
            continue
        if all(same(read(body, part.pointer), value) for body in rejected):
            having = sum(same(read(one.request.body, part.pointer), value) for one in tried)
            probable[part.pointer] = comb(having, len(rejected)) / comb(len(tried), len(rejected))
    pointer = min(probable, key=probable.__getitem__, default=None)
    return pointer if pointer is not None and probable[pointer] <= UNLIKELY else None
