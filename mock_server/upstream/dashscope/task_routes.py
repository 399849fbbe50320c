"""The stub's asynchronous operations: calls that are handed in as tasks, polls, and cancellation."""

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
from mock_server.images.drawing import Picture
from mock_server.images.links import PictureLinks
from mock_server.images.requested import identities
from mock_server.serving.asgi import own_url
from mock_server.upstream.calls import new_id
from mock_server.upstream.dashscope import messages
from mock_server.upstream.dashscope import tasks as protocol
from mock_server.upstream.dashscope.fault_responses import UpstreamFailure
from mock_server.upstream.dashscope.messages import Failure
from mock_server.upstream.dashscope.tasks import Status, Task
from mock_server.upstream.stub import (
    UpstreamStub,
    answered,
    layout_for,
    made_of,
    pictures_for,
    record,
    refused,
    wrong_key,
)

Endpoint = Callable[[Request], Awaitable[ASGIApp]]
ENDS = ("", "/")
"""The vendor's own SDK puts a slash at the end of some of these addresses."""


def task_routes(stub: UpstreamStub) -> list[Route]:
    """The routes of all that is done by tasks; none where the upstream's document has nothing of it."""
    others = stub.upstream.others.values()
    if not others:
        return []
    task, cancel = stub.upstream.base + protocol.TASK_PATH, stub.upstream.base + protocol.CANCEL_PATH
    return [
        *(Route(other.base + other.operation.path, _submit(stub, other), methods=["POST"]) for other in others),
        *(Route(task + end, _poll(stub), methods=["GET"]) for end in ENDS),
        *(Route(cancel + end, _cancel(stub), methods=["POST"]) for end in ENDS),
    ]


def _submit(stub: UpstreamStub, called: Upstream) -> Endpoint:
    async def submit(request: Request) -> ASGIApp:
        body = read_json(await request.body())
        failure = not_taken(stub, called, request.headers, body)
        if failure is not None or body is ABSENT:
            return refused(stub, request, body, failure or messages.NOT_JSON)
        playing = stub.failure_of(body)
        if playing is not None:
            return _play(stub, called, request, body, playing)
        outcome = outcome_of(stub, called, body)
        call = record(stub, request, body, 200, made_by(outcome))
        return answered(200, _handed_in(stub, called, call, body, outcome, None))

    return submit


def not_taken(
    stub: UpstreamStub, called: Upstream, headers: Mapping[str, str], body: Json | Literal[Nothing.ABSENT]
) -> Failure | None:
    """The error for a call that does not become a task."""
    unauthorized = wrong_key(stub, headers)
    if unauthorized is not None:
        return unauthorized
    if headers.get(protocol.MODE_HEADER, "").lower() != protocol.ENABLED:
        return messages.SYNCHRONOUS
    if body is ABSENT:
        return messages.NOT_JSON
    broken = [one for one in upstream_refuses(called, body) if one.pointer in messages.ENVELOPE]
    if not broken:
        return None
    refusal = messages.refusal_of(messages.in_order(broken), stub.settings.unknown_model)
    return refusal if broken[0].pointer != messages.MODEL or not _is_known(stub, body) else unserved(stub, refusal)


def _is_known(stub: UpstreamStub, body: Json) -> bool:
    """Whether another operation serves the model of a call."""
    return all(one.pointer != messages.MODEL for one in upstream_refuses(stub.upstream, body))


def unserved(stub: UpstreamStub, refusal: Failure) -> Failure:
    return messages.UNSERVED if stub.settings.unserved == messages.UNSERVED.status else refusal


def outcome_of(stub: UpstreamStub, called: Upstream, body: Json) -> Sequence[Picture] | Failure:
    """What comes of a task: pictures, or the error that the synchronous operation would have told at once."""
    broken = upstream_refuses(called, body)
    if broken:
        return messages.refusal_of(messages.in_order(broken))
    return stub.settings.task_failure or pictures_for(stub, called, body)


def made_by(outcome: Sequence[Picture] | Failure) -> tuple[str, ...]:
    """The identities of the images that come of a task."""
    return () if isinstance(outcome, Failure) else identities(outcome)


def _handed_in(
    stub: UpstreamStub,
    called: Upstream,
    call: UpstreamCall,
    body: Json,
    outcome: Sequence[Picture] | Failure,
    links_expire_at: float | None,
) -> dict[str, Json]:
    """The answer to a call that became a task."""
    starts_at = call.at + stub.settings.pending_seconds
    ends_at = starts_at + stub.settings.running_seconds
    expire_at = ends_at + stub.signer.seconds if links_expire_at is None else links_expire_at
    layout, failed = layout_for(stub, body), stub.settings.failed_results
    task = Task(
        new_id(), called, body, outcome, call, call.at, starts_at, ends_at, expire_at, layout, failed_results=failed
    )
    stub.tasks.add(task)
    return protocol.submitted(task.id, new_id())


def _play(stub: UpstreamStub, called: Upstream, request: Request, body: Json, failure: UpstreamFailure) -> ASGIApp:
    """The answer of a failure; the images that it takes away are never made."""
    outcome = outcome_of(stub, called, body)
    shown = outcome if isinstance(outcome, Failure) else outcome[: len(outcome) - failure.fewer_images]
    made = made_by(shown) if failure.dead_links or failure.fewer_images else ()
    call = record(stub, request, body, 200, made, failure.played)
    return failure.respond(_handed_in(stub, called, call, body, shown, 0.0 if failure.dead_links else None))


def _poll(stub: UpstreamStub) -> Endpoint:
    async def poll(request: Request) -> Response:
        unauthorized = wrong_key(stub, request.headers)
        if unauthorized is not None:
            return refused(stub, request, ABSENT, unauthorized)
        record(stub, request, ABSENT, 200, ())
        return answered(200, polled(stub, request.path_params["task_id"], own_url(request.scope), time.time()))

    return poll


def polled(stub: UpstreamStub, task_id: str, own: str, now: float) -> dict[str, Json]:
    """How a task stands at a time; `own` is the URL under which its images are served."""
    task = stub.tasks.named(task_id)
    if task is None:
        return protocol.polled(task_id, Status.UNKNOWN, new_id(), {})
    status = task.status(now)
    ended = status in {Status.SUCCEEDED, Status.FAILED}
    return protocol.polled(task_id, status, new_id(), task.times(now), _ending(stub, task, own) if ended else None)


def _ending(stub: UpstreamStub, task: Task, own: str) -> dict[str, Json]:
    if isinstance(task.outcome, Failure):
        return protocol.failed(task.outcome)
    links = PictureLinks(stub.signer, own, task.links_expire_at)
    made = made_of(task.called, task.body, task.outcome, links)
    return protocol.succeeded(made, task.layout, task.failed_results)


def _cancel(stub: UpstreamStub) -> Endpoint:
    async def cancel(request: Request) -> Response:
        body, now = read_json(await request.body()), time.time()
        task = stub.tasks.named(request.path_params["task_id"])
        pending = task is not None and task.status(now) is Status.PENDING
        failure = wrong_key(stub, request.headers) or (None if pending else protocol.NOT_PENDING)
        if failure is not None or task is None:
            return refused(stub, request, body, failure or protocol.NOT_PENDING)
        stub.tasks.cancel(task, now)
        stub.calls.brought(task.call, ())
        record(stub, request, body, 200, ())
        return answered(200, {"request_id": new_id()})

    return cancel
