"""The gateway that has its images made by tasks: what it asks of its upstream, and what it answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.defects.conforming import CONFORMING, leave_to_upstream
from mock_server.serving.server import serving
from mock_server.upstream.tasks import Tasks
from tests.mock_server.served import ServedStub, canned, client, fault_named, gateway_before
from tests.mock_server.tasks_served import GENERATION, NEVER_ENDED, tasks_served, two_hours_between_polls

pytestmark = pytest.mark.slow

by_tasks = CONFORMING["uses-upstream-tasks"]
WAN, QWEN = "wan2.7-image-pro", "qwen-image-2.0-pro"


def request(model: str, **more: Json) -> dict[str, Json]:
    return {"model": model, "prompt": "a lighthouse", "size": "1024*1024", **more}


@contextmanager
def gateway(contract: Contract, stub: ServedStub) -> Iterator[str]:
    with serving(by_tasks(gateway_before(stub.url, contract))) as url:
        yield url + contract.operation.path


def answered(contract: Contract, stub: ServedStub, body: Json) -> httpx.Response:
    with gateway(contract, stub) as url, client() as http:
        return http.post(url, json=body)


def test_one_family_is_asked_for_by_tasks(powertokens: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    two_hours_between_polls(monkeypatch)
    with tasks_served(powertokens, NEVER_ENDED) as stub:
        response = answered(powertokens, stub, request(WAN))
        submitted, *polls = stub.stub.calls
    assert (response.status_code, len(response.json()["data"])) == (200, 1)
    assert (submitted.path, len(submitted.images)) == (GENERATION, 1)
    assert {call.method for call in polls} == {"GET"}
    assert len(polls) == 2
    assert not any(call.generated for call in polls)


def test_others_are_asked_for_at_once(powertokens: Contract) -> None:
    with tasks_served(powertokens) as stub:
        assert answered(powertokens, stub, request(QWEN)).status_code == 200
        assert [call.path for call in stub.stub.calls] == [stub.stub.path]


@pytest.mark.parametrize(("name", "status"), [("rate-limit", 429), ("moderation", 400), ("unavailable", 502)])
def test_what_is_refused_at_once_is_told_as_ever(powertokens: Contract, name: str, status: int) -> None:
    with tasks_served(powertokens, fault_of=lambda _: fault_named(name)) as stub:
        assert answered(powertokens, stub, request(WAN)).status_code == status


def test_a_task_that_failed_is_the_clients_fault_where_the_same_call_would_be(powertokens: Contract) -> None:
    with tasks_served(powertokens) as stub:
        before = replace(gateway_before(stub.url, powertokens), validate=leave_to_upstream)
        with serving(by_tasks(before)) as url, client() as http:
            response = http.post(url + powertokens.operation.path, json=request(WAN, seed=-1))
        assert (response.status_code, stub.last.method) == (400, "GET")


def test_a_task_that_is_lost_is_the_upstreams_fault(powertokens: Contract) -> None:
    with tasks_served(powertokens, tasks=Tasks(limit=0)) as stub:
        assert answered(powertokens, stub, request(WAN)).status_code == 502


def test_a_poll_without_an_answer_is_the_upstreams_fault(powertokens: Contract) -> None:
    submitted = b'{"output": {"task_status": "PENDING", "task_id": "1"}, "request_id": "1"}'
    with (
        canned(200, submitted) as url,  # polls find nothing, and no JSON
        serving(by_tasks(gateway_before(url, powertokens))) as own,
        client() as http,
    ):
        assert http.post(own + powertokens.operation.path, json=request(WAN)).status_code == 502
