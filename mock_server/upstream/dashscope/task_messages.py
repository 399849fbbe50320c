"""The vendor's messages about tasks, and a transport that submits and polls them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal

from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import read
from mock_server.upstream.calls import new_id
from mock_server.upstream.dashscope.messages import INFERENCE_ERROR, VendorError, is_wan_model, success, usage
from mock_server.upstream.prompt_extension import extended
from mock_server.upstream.protocol import GeneratedImages, Outbound, UpstreamAnswer, UpstreamError, UpstreamTransport
from mock_server.upstream.tasks import TaskStatus

MODE_HEADER = "x-dashscope-async"
ENABLED = "enable"
TASK_PATH = "/tasks/{task_id}"
CANCEL_PATH = TASK_PATH + "/cancel"
NOT_PENDING = VendorError(
    400, "UnsupportedOperation", "Failed to cancel the task, please confirm if the task is in PENDING status."
)
NO_RESULT: Json = {"code": INFERENCE_ERROR.code, "message": INFERENCE_ERROR.message}
UNDER_WAY = frozenset({TaskStatus.PENDING, TaskStatus.RUNNING})


def submitted(task_id: str) -> dict[str, Json]:
    return {"output": {"task_status": TaskStatus.PENDING.value, "task_id": task_id}, "request_id": new_id()}


def polled(
    task_id: str, status: TaskStatus, times: Mapping[str, float], result: Mapping[str, Json] | None = None
) -> dict[str, Json]:
    """The response to a poll. `times` are Unix times by their names, `result` is that of a task that ended."""
    rest = dict(result or {})
    ending = rest.pop("output", None)
    moments = {name: _moment(at) for name, at in times.items()}
    output: dict[str, Json] = {"task_id": task_id, "task_status": status.value, **moments}
    return {"request_id": new_id(), "output": output | (ending if isinstance(ending, dict) else {}), **rest}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def failed(error: UpstreamError) -> dict[str, Json]:
    """The result of a task that failed."""
    return {"output": {"code": error.code, "message": error.message}}


def succeeded(made: GeneratedImages, failed_results: int) -> dict[str, Json]:
    """The result of a task that succeeded: choices or results, depending on the call."""
    if read(made.call, "/input/prompt") is not ABSENT:
        return {"output": _results(made, failed_results), "usage": {"image_count": len(made.links)}}
    return {"output": success(made)["output"], "usage": usage(made)}


def _results(made: GeneratedImages, failed_results: int) -> Json:
    prompt = str(read(made.call, "/input/prompt"))
    extends = read(made.call, "/parameters/prompt_extend") is not False
    actual: dict[str, Json] = {"actual_prompt": extended(prompt)} if extends else {}
    good: list[Json] = [{"orig_prompt": prompt, **actual, "url": link} for link in made.links]
    metrics: Json = {"TOTAL": len(good) + failed_results, "SUCCEEDED": len(good), "FAILED": failed_results}
    return {"results": [*good, *[NO_RESULT] * failed_results], "task_metrics": metrics}


def submitted_task(answer: Json | Literal[Nothing.ABSENT]) -> str | None:
    """The id of the task in a response; None where there is none."""
    found = ABSENT if answer is ABSENT else read(answer, "/output/task_id")
    return found if isinstance(found, str) and found else None


def status_in(answer: Json | Literal[Nothing.ABSENT]) -> TaskStatus:
    """The status of a polled task; UNKNOWN where the response has none."""
    status = ABSENT if answer is ABSENT else read(answer, "/output/task_status")
    return TaskStatus(status) if isinstance(status, str) and status in set(TaskStatus) else TaskStatus.UNKNOWN


def as_synchronous(answer: Json) -> tuple[int, Json]:
    """The status and body with which the synchronous operation would have responded."""
    code, message = read(answer, "/output/code"), read(answer, "/output/message")
    if status_in(answer) is TaskStatus.SUCCEEDED:
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


TASK_OPERATION = "submitGeneration"
BETWEEN_POLLS = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class TaskTransport:
    """Submits calls for the wan models as tasks.

    `synchronous` is the URL of the synchronous operation, `submit` that for tasks, `base` what both begin with.
    """

    transport: UpstreamTransport
    base: str
    synchronous: str
    submit: str

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        if outbound.url != self.synchronous or outbound.body is ABSENT or not is_wan_model(outbound.body):
            return await self.transport.send(outbound)
        submitted = await self.transport.send(replace(outbound, url=self.submit, headers=((MODE_HEADER, ENABLED),)))
        task_id = submitted_task(submitted.body)
        if task_id is None:
            return submitted
        url = self.base + TASK_PATH.format(task_id=task_id)
        return await self._poll(submitted, Outbound("GET", url, ABSENT, outbound.key))

    async def _poll(self, submitted: UpstreamAnswer, poll: Outbound) -> UpstreamAnswer:
        """The answer with which the synchronous operation would have reported the result of the task."""
        while status_in((polled := await self.transport.send(poll)).body) in UNDER_WAY:  # noqa: ASYNC110 - the upstream says
            await asyncio.sleep(BETWEEN_POLLS)
        if polled.body is ABSENT:
            return polled
        status, body = as_synchronous(polled.body)
        return UpstreamAnswer(replace(submitted.call, status=status), body)

    async def image(self, link: str) -> bytes | None:
        return await self.transport.image(link)

    async def aclose(self) -> None:
        await self.transport.aclose()
