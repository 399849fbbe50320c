"""Which of the failures that the upstream plays are played together, and which beside everything else."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import TypeAlias

from contract_tests.client.case import Case
from gateway_contract.traffic.exchange import FaultCause
from mock_server.faults.fault import NO_RESPONSE, Fault
from mock_server.faults.unusual import CLOSED

MOST_FAILURES = 4
"""Failures at once: after five in a row many circuit breakers let nothing through."""
COUNTED = frozenset({FaultCause.CREDENTIALS, FaultCause.THROTTLING, FaultCause.VENDOR, FaultCause.FEWER_IMAGES})
"""Whose failures a circuit breaker counts: not those for which the client's own request is to blame."""

Group: TypeAlias = tuple[str, Sequence[Case]]
"""A failure by its name, and the requests that meet it."""
FaultNamed: TypeAlias = Callable[[str], Fault]


def groups_of(cases: Iterable[Case]) -> list[Group]:
    """Neighbours that meet the same failure."""
    return [(str(name), [*group]) for name, group in groupby(cases, attrgetter("failure"))]


def lasts(fault: Fault) -> bool:
    """Whether the upstream is slow or silent: such a case is sent beside all others."""
    return fault.cause is FaultCause.SLOWNESS or fault.name == NO_RESPONSE


def waves_of(groups: Sequence[Group], at_once: int, fault_named: FaultNamed) -> list[list[Group]]:
    """The groups, several together while so many cases may be sent at once and few enough of them fail.

    The fault that closes connections is alone. What a circuit breaker does not count fills the waves of the others.
    """
    counted = {name for name, _ in groups if fault_named(name).cause in COUNTED}
    waves: list[list[Group]] = []

    def fits(wave: Sequence[Group], group: Group) -> bool:
        together = [*wave, group]
        failing = sum(len(cases) for name, cases in together if name in counted)
        is_alone = any(name == CLOSED for name, _ in together)
        return not is_alone and sum(len(cases) for _, cases in together) <= at_once and failing <= MOST_FAILURES

    for group in sorted(groups, key=lambda one: one[0] not in counted):
        wave = next((one for one in waves if fits(one, group)), None)
        if wave is None:
            waves.append([group])
        else:
            wave.append(group)
    return waves
