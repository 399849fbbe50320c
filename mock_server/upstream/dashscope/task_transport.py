"""Calls made as tasks: submitted, and polled until they end."""

import asyncio
from dataclasses import dataclass, replace

from gateway_contract.values.json_value import ABSENT
from mock_server.upstream.dashscope.messages import is_wan_model
from mock_server.upstream.dashscope.task_messages import (
    ENABLED,
    MODE_HEADER,
    TASK_PATH,
    UNDER_WAY,
    as_synchronous,
    status_in,
    submitted_task,
)
from mock_server.upstream.protocol import Outbound, UpstreamAnswer, UpstreamTransport

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
