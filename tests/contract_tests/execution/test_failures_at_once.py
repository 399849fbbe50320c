"""Failures that are played beside others: what they spoil is sent again, and what goes wrong is played again alone."""

import asyncio
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import cast

import pytest

from contract_tests.client.case import Case, json_case
from contract_tests.client.limits import Limits
from contract_tests.client.send import Sender
from contract_tests.execution import dispatch as module
from contract_tests.execution.dispatch import Dispatch
from contract_tests.execution.failure_injection import FailureInjection
from contract_tests.execution.failure_waves import COUNTED, MOST_FAILURES, Group, groups_of, waves_of
from contract_tests.execution.internal_errors import InternalErrors
from contract_tests.execution.ledger import Ledger
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.execution.time_bound import TimeBound
from contract_tests.planning.failure_cases import failure_cases
from gateway_contract.traffic.exchange import Answer, Exchange, NoAnswer
from mock_server.faults.fault import Fault
from mock_server.faults.unusual import CLOSED, UNUSUAL
from mock_server.upstream.protocols import protocol_of
from tests.contract_tests.three_contracts import POWERTOKENS, base, request

OVER = 1_000.0  # when the silence was over
PLAIN = json_case("a row", base(POWERTOKENS))


def exchanged(case: Case, status: int = 200, received_at: float = OVER - 1) -> Exchange:
    answer = Answer(status, (), b"{}", {}, seconds=0.5, received_at=received_at)
    return Exchange(request(case.content), answer, name=case.name)


@dataclass
class Again:
    """Sends cases, one after the other, and notes them."""

    status: int = 200
    sent: list[Case] = field(default_factory=list)
    waited: int = 0
    sender: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(contract=POWERTOKENS))

    async def outlast_silence(self) -> None:
        self.waited += 1

    async def send_unplanned(self, case: Case) -> Exchange:
        self.sent.append(case)
        return exchanged(case, self.status, OVER + 5)

    def may_send(self, _: Case) -> bool:
        return True


def fault_named(name: str) -> Fault:
    assert POWERTOKENS.upstream is not None
    return next(fault for fault in (*UNUSUAL, *protocol_of(POWERTOKENS.upstream).faults) if str(fault) == name)


def injection(sends: Again) -> FailureInjection:
    observer = cast("UpstreamObserver", SimpleNamespace(fault_named=fault_named))
    found = FailureInjection(cast("Dispatch", sends), observer, lambda _: None, lambda _: True, lambda: False)
    found.silence = cast("asyncio.Task[list[object]]", object())  # type: ignore[assignment] # it is only known to exist
    found.quiet_since = OVER
    return found


def repeated(sends: Again, *exchanges: Exchange) -> list[Exchange]:
    return asyncio.run(injection(sends).repeat_failed(exchanges, [PLAIN]))


@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_what_failed_while_the_upstream_was_silent_is_sent_again_and_only_that_counts(status: int) -> None:
    sends = Again()
    (found,) = repeated(sends, exchanged(PLAIN, status))
    assert (sends.sent, sends.waited) == ([PLAIN], 1)
    assert isinstance(found.answer, Answer)
    assert found.answer.status == 200


def test_what_failed_later_counts() -> None:
    sends = Again()
    late = exchanged(PLAIN, 500, OVER + 2)
    assert repeated(sends, late) == [late]
    assert sends.sent == []


def test_nothing_is_waited_for_where_nothing_failed() -> None:
    sends = Again()
    timed_out = replace(exchanged(PLAIN), answer=NoAnswer("no complete response within 9 s", 9.0, timed_out=True))
    assert repeated(sends, exchanged(PLAIN), timed_out) == [exchanged(PLAIN), timed_out]
    assert sends.waited == 0


PLAYED = [case for case in failure_cases(POWERTOKENS) if "slow" not in str(case.failure)]


def waves(most: int) -> list[list[Group]]:
    return waves_of(groups_of(PLAYED), most, fault_named)


@pytest.mark.parametrize("most", [1, 4, 8])
def test_each_failure_is_played_once_whatever_the_number_of_requests_at_once(most: int) -> None:
    played = [case for wave in waves(most) for _, cases in wave for case in cases]
    assert sorted(case.name for case in played) == sorted(case.name for case in PLAYED)


def test_so_few_calls_fail_at_once_that_no_circuit_breaker_opens() -> None:
    for wave in waves(8):
        assert sum(len(cases) for name, cases in wave if fault_named(name).cause in COUNTED) <= MOST_FAILURES
        assert sum(len(cases) for _, cases in wave) <= 8
    assert all(len(wave) == 1 for wave in waves(1))


def test_what_no_circuit_breaker_counts_is_played_beside_what_it_counts() -> None:
    (mixed,) = [wave for wave in waves(8) if any(name == "bad-request" for name, _ in wave)]
    assert sum(fault_named(name).cause in COUNTED for name, _ in mixed) == 2
    assert sum(len(cases) for _, cases in mixed) == 8


def test_connections_are_closed_while_nothing_else_is_under_way() -> None:
    (alone,) = [wave for wave in waves(8) if any(name == CLOSED for name, _ in wave)]
    assert len(alone) == 1


def test_requests_beside_a_silent_upstream_may_take_as_long_as_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    async def noted(_: object, case: Case) -> Exchange:
        seen.append(case.upstream_seconds)
        return exchanged(case)

    monkeypatch.setattr(module, "send", noted)
    limits = Limits(answer=8)
    made = SimpleNamespace(request=lambda case: request(case.content), tokens=SimpleNamespace(problem=""))
    sender = SimpleNamespace(contract=POWERTOKENS, limits=limits, **vars(made))
    sends = Dispatch(
        sender=cast("Sender", sender),
        observer=None,
        seed=1,
        jobs=8,
        exclusive=False,
        ledger=Ledger(),
        time_bound=TimeBound(60),
        errors=InternalErrors(),
        note=lambda _: None,
    )

    async def both() -> None:
        await sends.send(PLAIN)
        with sends.silenced():
            await sends.send(PLAIN)

    asyncio.run(both())
    assert seen == [0.0, limits.silence]
