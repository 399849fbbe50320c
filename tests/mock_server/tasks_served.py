"""A stub on a real socket that is handed tasks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.upstream.protocol import StubOptions
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import UpstreamStub
from tests.mock_server.served import Body, ServedStub, served

GENERATION = "/api/v1/services/aigc/image-generation/generation"
SYNTHESIS = "/api/v1/services/aigc/text2image/image-synthesis"
TASKS = "/api/v1/tasks"
AT_ONCE = StubOptions(pending_seconds=0, running_seconds=0)
NEVER_STARTED = StubOptions(pending_seconds=3600)
NEVER_ENDED = StubOptions(pending_seconds=0, running_seconds=3600)
ENABLED = {"x-dashscope-async": "enable"}
WAN, QWEN = "wan2.7-image-pro", "qwen-image-plus"


def generation(model: Json = WAN, **parameters: Json) -> Body:
    messages: Json = [{"role": "user", "content": [{"text": "a lighthouse"}]}]
    return {"model": model, "input": {"messages": messages}, "parameters": {"size": "1K", **parameters}}


def synthesis(model: Json = QWEN, **parameters: Json) -> Body:
    return {"model": model, "input": {"prompt": "a lighthouse"}, "parameters": parameters}


EITHER = pytest.mark.parametrize(("path", "body"), [(GENERATION, generation()), (SYNTHESIS, synthesis())])


def two_hours_between_polls(patch: pytest.MonkeyPatch) -> None:
    """Tasks that take hours end while they are polled, however slow the machine is."""
    polls = count()
    clock = SimpleNamespace(time=lambda: time.time() + 7200 * next(polls))
    patch.setattr("mock_server.upstream.dashscope.task_routes.time", clock)


@contextmanager
def tasks_served(contract: Contract, settings: StubOptions = AT_ONCE, **said: Any) -> Iterator[ServedStub]:  # noqa: ANN401 - as the stub has it
    assert contract.upstream is not None
    with served(UpstreamStub(contract.upstream, protocol_of(contract.upstream), options=settings, **said)) as stub:
        yield stub


def submit(stub: ServedStub, path: str, body: Json, headers: dict[str, str] | None = None) -> httpx.Response:
    return stub.http.post(stub.url + path, json=body, headers=ENABLED | (headers or {}))


def handed_in(stub: ServedStub, path: str, body: Json) -> str:
    response = submit(stub, path, body)
    said = response.json()
    assert (response.status_code, said["output"]["task_status"]) == (200, "PENDING"), said
    return str(said["output"]["task_id"])


def poll(stub: ServedStub, task_id: str) -> Any:  # noqa: ANN401 - any JSON
    response = stub.http.get(f"{stub.url}{TASKS}/{task_id}")
    assert response.status_code == 200
    return response.json()


def ended(stub: ServedStub, path: str, body: Json) -> Any:  # noqa: ANN401 - any JSON
    return poll(stub, handed_in(stub, path, body))


def cancel(stub: ServedStub, task_id: str) -> httpx.Response:
    return stub.http.post(f"{stub.url}{TASKS}/{task_id}/cancel")


def assert_failure(response: httpx.Response, status: int, code: str, message: str) -> None:
    said = response.json()
    assert (response.status_code, said["code"], said["message"]) == (status, code, message)
    assert response.headers["x-request-id"] == said["request_id"]
