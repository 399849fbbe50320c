"""How unplanned requests are sent: at once where a mark tells whose calls are whose, and the same ones in any case."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from contract_tests.client.case import Case, json_case
from contract_tests.client.correlation import correlation_ids
from contract_tests.client.send import Sender
from contract_tests.execution import dispatch as module
from contract_tests.execution.dispatch import Dispatch
from contract_tests.execution.internal_errors import InternalErrors
from contract_tests.execution.ledger import Ledger
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.execution.time_bound import TimeBound
from contract_tests.planning.plan import with_own_id
from gateway_contract.traffic.exchange import Answer, Exchange, Image, UpstreamCall
from gateway_contract.values.pointer import placed
from tests.contract_tests.three_contracts import POWERTOKENS, base, request

MARKED = [json_case(f"seed {seed}", placed(base(POWERTOKENS), "/seed", seed)) for seed in range(7)]
ODD = {"seed 1", "seed 3", "seed 5"}
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
    monkeypatch: pytest.MonkeyPatch,
    send: Callable[[Sender, Case], Awaitable[Exchange]],
    jobs: int,
    observer: UpstreamObserver | None = None,
) -> Dispatch:
    monkeypatch.setattr(module, "send", send)
    made = SimpleNamespace(request=lambda case: request(case.content), tokens=SimpleNamespace(problem=""))
    return Dispatch(
        sender=cast("Sender", SimpleNamespace(contract=POWERTOKENS, **vars(made))),
        observer=observer,
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


@dataclass
class SharedCalls:
    """An upstream, and a gateway that gives odd seeds the image of the call before, or makes calls without a mark."""

    loses_mark: bool
    made: list[UpstreamCall] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)

    async def send(self, _: Sender, case: Case) -> Exchange:
        is_odd, is_first = case.name in ODD, case.name not in self.sent
        self.sent[case.name] += 1
        if self.loses_mark or not (is_odd and is_first):
            text = "" if self.loses_mark and is_odd else case.content.decode()
            images = (f"image-{len(self.made)}",)
            self.made.append(UpstreamCall("POST", "/", (), {"text": text}, 0.0, 200, images=images))
        image = Image("url", "/1", "image/png", "PNG", 64, 64, "0" * 64, identity=self.made[-1].images[0])
        answer = Answer(200, (), b"{}", {}, 0.1, 0.0)
        return Exchange(request(case.content), answer, images=((image,),), name=case.name)

    def observer(self) -> UpstreamObserver:
        by_id, since, count = self.calls_by_id, self.calls_since, self.made.__len__
        made = SimpleNamespace(calls_by_id=by_id, calls_since=since, count=count, url="/", prepare=lambda *_: None)
        return cast("UpstreamObserver", made)

    def calls_since(self, before: int) -> tuple[UpstreamCall, ...]:
        return tuple(self.made[before:])

    def calls_by_id(self, before: int) -> dict[str, tuple[UpstreamCall, ...]]:
        return {mark: (call,) for call in self.made[before:] for mark in correlation_ids(call.body)}


@pytest.mark.parametrize("loses_mark", [False, True])
@pytest.mark.parametrize("are_planned", [True, False])
def test_the_image_of_anothers_call_is_judged_as_it_came_and_only_a_lost_mark_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, *, are_planned: bool, loses_mark: bool
) -> None:
    shared = SharedCalls(loses_mark)
    sends = dispatch(monkeypatch, shared.send, 8, shared.observer())
    assert sends.ownership is not None
    sends.ownership.others_call = False
    cases = [with_own_id(POWERTOKENS, case, 1, case.name) for case in MARKED]

    async def send() -> Sequence[Exchange | None]:
        if are_planned:
            return await sends.send_cases(cases)
        return await sends.send_all_unplanned(cases, lambda _: True)

    calls = {one.name: one.upstream for one in asyncio.run(send()) if one is not None}
    assert calls.keys() == {case.name for case in MARKED}
    assert {name for name in calls if calls[name] == ()} == (set() if loses_mark else ODD)
    assert {name for name, times in shared.sent.items() if times > 1} == (ODD if loses_mark else set())


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
