"""Tasks that the stub was handed: a bounded number of them, each of which gets on by the clock alone."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Literal

from gateway_contract.contract.definition import Upstream
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import read
from mock_server.images.drawing import Picture
from mock_server.upstream.dashscope.messages import ONE_CHOICE, Failure, Generated, success, usage
from mock_server.upstream.prompt_extension import extended

MODE_HEADER = "x-dashscope-async"
ENABLED = "enable"
TASK_PATH = "/tasks/{task_id}"
CANCEL_PATH = TASK_PATH + "/cancel"
NOT_PENDING = Failure(
    400, "UnsupportedOperation", "Failed to cancel the task, please confirm if the task is in PENDING status."
)
REFUSED_IN_THE_END = Failure(400, "DataInspectionFailed", "Output data may contain inappropriate content.")
BROKEN_IN_THE_END = Failure(500, "InternalError.Algo", "inference internal error.")
NO_RESULT: Json = {"code": BROKEN_IN_THE_END.code, "message": BROKEN_IN_THE_END.message}


class Status(StrEnum):
    """How a task stands."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"


UNDER_WAY = frozenset({Status.PENDING, Status.RUNNING})


def submitted(task_id: str, request_id: str) -> dict[str, Json]:
    return {"output": {"task_status": Status.PENDING.value, "task_id": task_id}, "request_id": request_id}


def polled(
    task_id: str, status: Status, request_id: str, times: Mapping[str, float], more: Mapping[str, Json] | None = None
) -> dict[str, Json]:
    """The answer to a poll. `times` are Unix times by their names, `more` is what the end of the task brought."""
    said = more or {}
    told = {name: _moment(at) for name, at in times.items()}
    ending = said.get("output")
    output = {"task_id": task_id, "task_status": status.value, **told, **(ending if isinstance(ending, dict) else {})}
    rest = {name: value for name, value in said.items() if name != "output"}
    return {"request_id": request_id, "output": output, **rest}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def failed(failure: Failure) -> dict[str, Json]:
    """What a poll tells beside the status of a task that failed."""
    return {"output": {"code": failure.code, "message": failure.message}}


def succeeded(made: Generated, layout: str, failed_results: int) -> dict[str, Json]:
    """What a poll tells beside the status of a task that succeeded: by its call's kind, choices or results."""
    if read(made.call, "/input/prompt") is not ABSENT:
        return {"output": _results(made, failed_results), "usage": {"image_count": len(made.links)}}
    answer = success(made, layout, "")
    return {"output": answer["output"], "usage": usage(made)}


def _results(made: Generated, failed_results: int) -> Json:
    prompt = str(read(made.call, "/input/prompt"))
    extends = read(made.call, "/parameters/prompt_extend") is not False
    actual: dict[str, Json] = {"actual_prompt": extended(prompt)} if extends else {}
    good: list[Json] = [{"orig_prompt": prompt, **actual, "url": link} for link in made.links]
    metrics: Json = {"TOTAL": len(good) + failed_results, "SUCCEEDED": len(good), "FAILED": failed_results}
    return {"results": [*good, *[NO_RESULT] * failed_results], "task_metrics": metrics}


def submitted_task(answer: Json | Literal[Nothing.ABSENT]) -> str | None:
    """The id in the answer to a call that was handed in; None where it was not taken."""
    found = ABSENT if answer is ABSENT else read(answer, "/output/task_id")
    return found if isinstance(found, str) and found else None


def status_in(answer: Json | Literal[Nothing.ABSENT]) -> Status:
    """How a polled task stands; UNKNOWN where the answer does not tell."""
    said = ABSENT if answer is ABSENT else read(answer, "/output/task_status")
    return Status(said) if isinstance(said, str) and said in set(Status) else Status.UNKNOWN


def as_if_at_once(answer: Json) -> tuple[int, Json]:
    """The status and body with which the synchronous operation would have told the end of a task."""
    code, message = read(answer, "/output/code"), read(answer, "/output/message")
    if status_in(answer) is Status.SUCCEEDED:
        return HTTPStatus.OK, answer
    if not isinstance(code, str):
        return HTTPStatus.INTERNAL_SERVER_ERROR, {"code": "InternalError", "message": "The task came to nothing."}
    status = HTTPStatus.INTERNAL_SERVER_ERROR if code.startswith("InternalError") else HTTPStatus.BAD_REQUEST
    return status, {"code": code, "message": message if isinstance(message, str) else ""}


def result_links(answer: Json) -> list[str]:
    """The links in the results of a finished task, those that failed left out."""
    results = read(answer, "/output/results")
    found = [read(result, "/url") for result in results] if isinstance(results, list) else []
    return [link for link in found if isinstance(link, str) and link]


KEPT = 2000


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
