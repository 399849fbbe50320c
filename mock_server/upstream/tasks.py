"""Tasks that the stub was handed: a bounded number of them, each of which gets on by the clock alone."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from gateway_contract.contract import Upstream
from gateway_contract.exchange import UpstreamCall
from gateway_contract.values import Json
from mock_server.dashscope import ONE_CHOICE, Failure
from mock_server.dashscope_tasks import Status
from mock_server.images.drawing import Picture

KEPT = 2000
CHANCE = Random()  # noqa: S311 - an id is no secret


@dataclass(frozen=True, slots=True)
class Task:
    """A call that is answered later. What comes of it is known from the start; times are Unix times."""

    id: str
    called: Upstream
    body: Json
    outcome: Sequence[Picture] | Failure
    call: UpstreamCall
    submitted_at: float
    starts_at: float
    ends_at: float
    links_expire_at: float
    layout: str = ONE_CHOICE
    failed_results: int = 0  # beside the pictures
    canceled_at: float | None = None

    def status(self, now: float) -> Status:
        if self.canceled_at is not None:
            return Status.CANCELED
        if now < self.starts_at:
            return Status.PENDING
        if now < self.ends_at:
            return Status.RUNNING
        return Status.FAILED if isinstance(self.outcome, Failure) else Status.SUCCEEDED

    def times(self, now: float) -> dict[str, float]:
        """When what happened to the task did, as far as it has."""
        ended_at = self.ends_at if self.canceled_at is None else self.canceled_at
        scheduled_at = self.starts_at if self.canceled_at is None else self.canceled_at
        all_times = {"submit_time": self.submitted_at, "scheduled_time": scheduled_at, "end_time": ended_at}
        return {name: at for name, at in all_times.items() if at <= now}


@dataclass(frozen=True, slots=True)
class Tasks:
    """The latest tasks by their ids; the oldest is forgotten first."""

    kept: OrderedDict[str, Task] = field(default_factory=OrderedDict)
    most: int = KEPT

    def add(self, task: Task) -> None:
        self.kept[task.id] = task
        while len(self.kept) > self.most:
            self.kept.popitem(last=False)

    def named(self, task_id: str) -> Task | None:
        return self.kept.get(task_id)

    def cancel(self, task: Task, now: float) -> None:
        self.kept[task.id] = replace(task, canceled_at=now)

    def clear(self) -> None:
        self.kept.clear()

    def __len__(self) -> int:
        return len(self.kept)


def new_id() -> str:
    return f"{CHANCE.getrandbits(128):032x}"
