"""Tasks that a stub accepted: a bounded number of them, whose status follows from the clock alone."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from gateway_contract.contract.definition import Upstream
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import Json
from mock_server.images.picture import Picture
from mock_server.upstream.protocol import UpstreamError

MAX_TASKS = 2000


class TaskStatus(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Task:
    """A call that is answered later. Its result is known from the start; times are Unix times."""

    id: str
    called: Upstream
    body: Json
    result: Sequence[Picture] | UpstreamError
    call: UpstreamCall
    submitted_at: float
    starts_at: float
    ends_at: float
    links_expire_at: float
    layout: str
    failed_results: int = 0  # beside the pictures
    canceled_at: float | None = None

    def status(self, now: float) -> TaskStatus:
        if self.canceled_at is not None:
            return TaskStatus.CANCELED
        if now < self.starts_at:
            return TaskStatus.PENDING
        if now < self.ends_at:
            return TaskStatus.RUNNING
        return TaskStatus.FAILED if isinstance(self.result, UpstreamError) else TaskStatus.SUCCEEDED

    def times(self, now: float) -> dict[str, float]:
        """The times of the task's events until now, by their names."""
        ended_at = self.ends_at if self.canceled_at is None else self.canceled_at
        scheduled_at = self.starts_at if self.canceled_at is None else self.canceled_at
        all_times = {"submit_time": self.submitted_at, "scheduled_time": scheduled_at, "end_time": ended_at}
        return {name: at for name, at in all_times.items() if at <= now}


@dataclass(frozen=True, slots=True)
class Tasks:
    """The latest tasks by their ids; the oldest is forgotten first."""

    kept: OrderedDict[str, Task] = field(default_factory=OrderedDict)
    limit: int = MAX_TASKS

    def add(self, task: Task) -> None:
        self.kept[task.id] = task
        while len(self.kept) > self.limit:
            self.kept.popitem(last=False)

    def get(self, task_id: str) -> Task | None:
        return self.kept.get(task_id)

    def cancel(self, task: Task, now: float) -> None:
        self.kept[task.id] = replace(task, canceled_at=now)

    def clear(self) -> None:
        self.kept.clear()

    def __len__(self) -> int:
        return len(self.kept)
