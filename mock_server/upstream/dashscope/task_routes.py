"""The stub's asynchronous operations: calls that are submitted as tasks, polls, and cancellation."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway_contract.contract.definition import Upstream
from gateway_contract.contract.validity import upstream_refuses
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, Nothing, read_json
from mock_server.faults.fault import Fault
from mock_server.images.links import PictureLinks
from mock_server.images.picture import Picture
from mock_server.images.requested import identities
from mock_server.serving.asgi import own_url
from mock_server.upstream.calls import new_id
from mock_server.upstream.dashscope import messages, task_messages
from mock_server.upstream.protocol import Reply, UpstreamError
from mock_server.upstream.stub import (
    UpstreamStub,
    generated,
    layout_for,
    pictures_for,
    play,
    record,
    reject,
    reject_key,
    response,
)
from mock_server.upstream.tasks import Task, TaskStatus

Endpoint = Callable[[Request], Awaitable[ASGIApp]]
ENDS = ("", "/")
"""The vendor's own SDK puts a slash at the end of some of these URLs."""


def task_routes(stub: UpstreamStub) -> list[Route]:
    """The routes of tasks; none where the upstream's document has no tasks."""
    others = stub.upstream.others.values()
    if not others:
        return []
    task, cancel = stub.upstream.base + task_messages.TASK_PATH, stub.upstream.base + task_messages.CANCEL_PATH
    return [
        *(Route(other.base + other.operation.path, _submit(stub, other), methods=["POST"]) for other in others),
        *(Route(task + end, _poll(stub), methods=["GET"]) for end in ENDS),
        *(Route(cancel + end, _cancel(stub), methods=["POST"]) for end in ENDS),
    ]


def _submit(stub: UpstreamStub, called: Upstream) -> Endpoint:
    async def submit(request: Request) -> ASGIApp:
        body = read_json(await request.body())
        rejection = rejection_of(stub, called, request.headers, body)
        if rejection is not None or body is ABSENT:
            return reject(stub, request, body, rejection or messages.NOT_JSON.reply())
        fault = stub.fault_of(body)
        if fault is not None:
            return _play(stub, called, request, body, fault)
        result = result_of(stub, called, body)
        call = record(stub, request, body, 200, identities_in(result))
        return response(_accept(stub, called, call, body, result, None))

    return submit


def rejection_of(
    stub: UpstreamStub, called: Upstream, headers: Mapping[str, str], body: Json | Literal[Nothing.ABSENT]
) -> Reply | None:
    """The error for a call that does not become a task."""
    unauthorized = reject_key(stub, headers)
    if unauthorized is not None:
        return unauthorized
    if headers.get(task_messages.MODE_HEADER, "").lower() != task_messages.ENABLED:
        return messages.SYNCHRONOUS.reply()
    if body is ABSENT:
        return messages.NOT_JSON.reply()
    broken = messages.in_order(one for one in upstream_refuses(called, body) if one.pointer in messages.ENVELOPE)
    if not broken:
        return None
    if broken[0].pointer == messages.MODEL and _is_known(stub, body) and stub.options.unserved == 403:
        return messages.UNSERVED.reply()
    return messages.rejection_of(broken, stub.options.unknown_model).reply()


def _is_known(stub: UpstreamStub, body: Json) -> bool:
    """Whether the synchronous operation serves the model of a call."""
    return all(one.pointer != messages.MODEL for one in upstream_refuses(stub.upstream, body))


def result_of(stub: UpstreamStub, called: Upstream, body: Json) -> Sequence[Picture] | UpstreamError:
    """The result of a task: pictures, or the error of the synchronous operation."""
    broken = upstream_refuses(called, body)
    if broken:
        error = messages.rejection_of(broken)
        return UpstreamError(messages.cause_of(error), error.code, error.message)
    return stub.options.task_error or pictures_for(stub, called, body)


def identities_in(result: Sequence[Picture] | UpstreamError) -> tuple[str, ...]:
    return () if isinstance(result, UpstreamError) else identities(result)


def _accept(
    stub: UpstreamStub,
    called: Upstream,
    call: UpstreamCall,
    body: Json,
    result: Sequence[Picture] | UpstreamError,
    links_expire_at: float | None,
) -> Reply:
    """The reply to a call that became a task."""
    starts_at = call.at + stub.options.pending_seconds
    ends_at = starts_at + stub.options.running_seconds
    task = Task(
        id=new_id(),
        called=called,
        body=body,
        result=result,
        call=call,
        submitted_at=call.at,
        starts_at=starts_at,
        ends_at=ends_at,
        links_expire_at=max(ends_at, stub.signer.clock()) + stub.signer.seconds
        if links_expire_at is None
        else links_expire_at,
        layout=layout_for(stub, body),
        failed_results=stub.options.failed_results,
    )
    stub.tasks.add(task)
    return messages.reply(task_messages.submitted(task.id))


def _play(stub: UpstreamStub, called: Upstream, request: Request, body: Json, fault: Fault) -> ASGIApp:
    ending = messages.task_error(fault)
    if ending is not None:
        call = record(stub, request, body, 200, (), fault.played)
        return response(_accept(stub, called, call, body, ending, None))
    result = result_of(stub, called, body)
    pictures = () if isinstance(result, UpstreamError) else result[: fault.image_count(len(result))]
    shown = result if isinstance(result, UpstreamError) else pictures

    def accept(call: UpstreamCall, links_expire_at: float | None) -> Reply:
        return _accept(stub, called, call, body, shown, links_expire_at)

    return play(stub, request, body, pictures, fault, accept)


def _poll(stub: UpstreamStub) -> Endpoint:
    async def poll(request: Request) -> Response:
        unauthorized = reject_key(stub, request.headers)
        if unauthorized is not None:
            return reject(stub, request, ABSENT, unauthorized)
        record(stub, request, ABSENT, 200, ())
        polled = poll_task(stub, request.path_params["task_id"], own_url(request.scope), time.time())
        return response(messages.reply(polled))

    return poll


def poll_task(stub: UpstreamStub, task_id: str, own: str, now: float) -> dict[str, Json]:
    """The response to a poll at a time; `own` is the URL under which its images are served."""
    task = stub.tasks.get(task_id)
    if task is None:
        return task_messages.polled(task_id, TaskStatus.UNKNOWN, {})
    status = task.status(now)
    ended = status in {TaskStatus.SUCCEEDED, TaskStatus.FAILED}
    return task_messages.polled(task_id, status, task.times(now), _result(stub, task, own) if ended else None)


def _result(stub: UpstreamStub, task: Task, own: str) -> dict[str, Json]:
    if isinstance(task.result, UpstreamError):
        return task_messages.failed(task.result)
    links = PictureLinks(stub.signer, own, task.links_expire_at)
    made = generated(task.called, task.body, task.result, links, task.layout)
    return task_messages.succeeded(made, task.failed_results)


def _cancel(stub: UpstreamStub) -> Endpoint:
    async def cancel(request: Request) -> Response:
        body, now = read_json(await request.body()), time.time()
        task = stub.tasks.get(request.path_params["task_id"])
        rejection = reject_key(stub, request.headers)
        if rejection is not None or task is None or task.status(now) is not TaskStatus.PENDING:
            return reject(stub, request, body, rejection or task_messages.NOT_PENDING.reply())
        stub.tasks.cancel(task, now)
        stub.calls.set_images(task.call, ())
        record(stub, request, body, 200, ())
        return response(messages.reply({"request_id": new_id()}))

    return cancel
