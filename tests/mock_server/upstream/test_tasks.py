"""Tasks get on by the clock, and no more than so many are kept."""

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import FaultCause, UpstreamCall
from mock_server.upstream.calls import new_id
from mock_server.upstream.protocol import UpstreamError
from mock_server.upstream.tasks import MAX_TASKS, Task, Tasks


def task(contract: Contract, result: UpstreamError | None = None, name: str = "a") -> Task:
    assert contract.upstream is not None
    call = UpstreamCall("POST", "/", (), None, 100.0, 200)
    return Task(name, contract.upstream, None, result or (), call, 100.0, 110.0, 120.0, 200.0, "one-choice")


@pytest.mark.parametrize(
    ("now", "status", "times"),
    [
        (100.0, "PENDING", {"submit_time"}),
        (109.9, "PENDING", {"submit_time"}),
        (110.0, "RUNNING", {"submit_time", "scheduled_time"}),
        (119.9, "RUNNING", {"submit_time", "scheduled_time"}),
        (120.0, "SUCCEEDED", {"submit_time", "scheduled_time", "end_time"}),
        (9999.0, "SUCCEEDED", {"submit_time", "scheduled_time", "end_time"}),
    ],
)
def test_a_task_gets_on_by_the_clock(powertokens: Contract, now: float, status: str, times: set[str]) -> None:
    known = task(powertokens)
    assert (known.status(now), set(known.times(now))) == (status, times)


def test_a_task_that_comes_to_an_error_fails_no_sooner(powertokens: Contract) -> None:
    known = task(powertokens, UpstreamError(FaultCause.REQUEST, "C", "why"))
    assert [known.status(now) for now in (100.0, 110.0, 120.0)] == ["PENDING", "RUNNING", "FAILED"]


def test_a_canceled_task_stays_canceled(powertokens: Contract) -> None:
    tasks, known = Tasks(), task(powertokens)
    tasks.add(known)
    tasks.cancel(known, 105.0)
    canceled = tasks.get("a")
    assert canceled is not None
    assert [canceled.status(now) for now in (105.0, 115.0, 125.0)] == ["CANCELED"] * 3
    assert canceled.times(130.0) == {"submit_time": 100.0, "scheduled_time": 105.0, "end_time": 105.0}


def test_the_oldest_task_is_forgotten_first(powertokens: Contract) -> None:
    tasks = Tasks(limit=2)
    for name in ("a", "b", "c"):
        tasks.add(task(powertokens, name=name))
    assert (len(tasks), tasks.get("a")) == (2, None)
    assert tasks.get("b") is not None
    assert 0 < Tasks().limit == MAX_TASKS


def test_tasks_can_be_forgotten(powertokens: Contract) -> None:
    tasks = Tasks()
    tasks.add(task(powertokens))
    tasks.clear()
    assert (len(tasks), tasks.get("a")) == (0, None)


def test_no_two_tasks_have_one_name() -> None:
    assert len({new_id() for _ in range(100)}) == 100
