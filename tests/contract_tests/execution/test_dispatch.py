"""How unplanned requests are sent: at once where a mark tells whose calls are whose, and the same ones in any case."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from contract_tests.client.case import Case, json_case
from contract_tests.client.send import Sender
from contract_tests.execution import dispatch as module
from contract_tests.execution.dispatch import Dispatch
from contract_tests.execution.internal_errors import InternalErrors
from contract_tests.execution.ledger import Ledger
from contract_tests.execution.time_bound import TimeBound
from gateway_contract.traffic.exchange import Answer, Exchange
from gateway_contract.values.pointer import placed
from tests.contract_tests.three_contracts import POWERTOKENS, base, request

MARKED = [json_case(f"seed {seed}", placed(base(POWERTOKENS), "/seed", seed)) for seed in range(7)]
UNMARKED = json_case("no prompt", placed(base(POWERTOKENS), "/prompt", ""))


@dataclass
class NotedRequests:
    """A gateway that notes what it is sent, and beside how many other requests."""

    sent: list[bytes] = field(default_factory=list)
    beside: dict[str, int] = field(default_factory=dict)
    under_way: int = 0

    async def send(self, _: Sender, case: Case) -> Exchange:
        self.sent.append(case.content)
        self.beside[case.name] = self.under_way
        self.under_way += 1
        await asyncio.sleep(0)
        self.under_way -= 1
        return Exchange(request(case.content), Answer(200, (), b"{}", {}, 0.1, 0.0), name=case.name)


def dispatch(
    monkeypatch: pytest.MonkeyPatch, send: Callable[[Sender, Case], Awaitable[Exchange]], jobs: int
) -> Dispatch:
    monkeypatch.setattr(module, "send", send)
    made = SimpleNamespace(request=lambda case: request(case.content), tokens=SimpleNamespace(problem=""))
    return Dispatch(
        sender=cast("Sender", SimpleNamespace(contract=POWERTOKENS, **vars(made))),
        observer=None,
        seed=1,
        jobs=jobs,
        exclusive=False,
        ledger=Ledger(),
        time_bound=TimeBound(60),
        errors=InternalErrors(),
        note=lambda _: None,
    )


def sent_at_once(monkeypatch: pytest.MonkeyPatch, jobs: int, *cases: Case, left_out: str = "") -> NotedRequests:
    noted = NotedRequests()
    sends = dispatch(monkeypatch, noted.send, jobs)
    found = asyncio.run(sends.send_all_unplanned(cases, lambda case: case.name != left_out))
    assert [case.name if one is not None else left_out for case, one in zip(cases, found, strict=True)] == [
        case.name for case in cases
    ]
    assert not sends.errors.errors
    return noted


def test_marked_requests_are_sent_at_once_and_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    noted = sent_at_once(monkeypatch, 3, UNMARKED, *MARKED)
    assert max(noted.beside.values()) == 2
    assert noted.beside[UNMARKED.name] == 0


@pytest.mark.parametrize("jobs", [2, 8])
def test_the_same_requests_are_sent_however_many_at_once(monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    one_by_one = sent_at_once(monkeypatch, 1, *MARKED, UNMARKED)
    assert max(one_by_one.beside.values()) == 0
    assert len(set(one_by_one.sent)) == len(MARKED) + 1
    assert sent_at_once(monkeypatch, jobs, *MARKED, UNMARKED).sent == one_by_one.sent


def test_what_may_not_be_sent_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    noted = sent_at_once(monkeypatch, 2, *MARKED, left_out="seed 3")
    assert set(noted.beside) == {case.name for case in MARKED} - {"seed 3"}


@pytest.mark.parametrize(("throttled", "left"), [(1, set()), (2, {"seed 2", "seed 5"})])
def test_what_is_throttled_is_sent_once_more_in_the_end(
    monkeypatch: pytest.MonkeyPatch, throttled: int, left: set[str]
) -> None:
    """Two requests get a 429 so many times; what remains of it is known by name."""
    sent: Counter[str] = Counter()

    async def send(_: Sender, case: Case) -> Exchange:
        sent[case.name] += 1
        status = 429 if case.name in {"seed 2", "seed 5"} and sent[case.name] <= throttled else 200
        return Exchange(request(case.content), Answer(status, (), b"{}", {}, 0.1, 0.0), name=case.name)

    sends = dispatch(monkeypatch, send, 3)
    found = asyncio.run(sends.send_cases(MARKED))
    assert sorted(one.name for one in found) == [case.name for case in MARKED]
    assert {name for name, times in sent.items() if times > 1} == {"seed 2", "seed 5"}
    assert sends.health.throttled == left == {case.name for case in MARKED} - sends.answered
    assert bool(sends.health.reason_not_run) is bool(left)
