"""A gateway that has its images made by tasks of its upstream, and does as it promises all the same."""

import asyncio
from dataclasses import dataclass, replace

from starlette.types import ASGIApp

from gateway_contract.values import ABSENT
from mock_server.dashscope import is_wan
from mock_server.dashscope_tasks import (
    ENABLED,
    MODE_HEADER,
    TASK_PATH,
    UNDER_WAY,
    as_if_at_once,
    status_in,
    submitted_task,
)
from mock_server.defects.benign import benign_for
from mock_server.gateway.app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.upstream.app import UpstreamAnswer
from mock_server.upstream.wire import Outbound, UpstreamWire

TASK_OPERATION = "submitGeneration"
BETWEEN_POLLS = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class ByTasks:
    """Calls for one family of models are handed in as tasks, and polled until they are done.

    `at_once` is the URL of the synchronous operation, `submit` that for tasks, `base` what stands before both.
    """

    wire: UpstreamWire
    base: str
    at_once: str
    submit: str

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        if outbound.url != self.at_once or outbound.body is ABSENT or not is_wan(outbound.body):
            return await self.wire.send(outbound)
        handed_in = replace(outbound, url=self.submit, headers=((MODE_HEADER, ENABLED),))
        submitted = await self.wire.send(handed_in)
        task_id = submitted_task(submitted.body)
        if task_id is None:
            return submitted
        url = self.base + TASK_PATH.format(task_id=task_id)
        return await self._ended(submitted, Outbound("GET", url, ABSENT, outbound.key))

    async def _ended(self, submitted: UpstreamAnswer, poll: Outbound) -> UpstreamAnswer:
        """The answer with which the synchronous operation would have told what the task came to."""
        while status_in((polled := await self.wire.send(poll)).body) in UNDER_WAY:  # noqa: ASYNC110 - it tells who asks
            await asyncio.sleep(BETWEEN_POLLS)
        if polled.body is ABSENT:
            return polled
        status, body = as_if_at_once(polled.body)
        return UpstreamAnswer(replace(submitted.call, status=status), body)

    async def image(self, link: str) -> bytes | None:
        return await self.wire.image(link)

    async def aclose(self) -> None:
        await self.wire.aclose()


@benign_for("powertokens")
def asks_asynchronously(gateway: Gateway) -> ASGIApp:
    """Images of the wan family are made by tasks."""
    client, base = gateway.upstream, gateway.upstream.url.rstrip("/")
    at_once, submit = client.upstream.operation, client.upstream.others[TASK_OPERATION].operation
    by_tasks = ByTasks(client.wire, base, base + at_once.path, base + submit.path)
    return gateway_app(replace(gateway, upstream=replace(client, wire=by_tasks)))
