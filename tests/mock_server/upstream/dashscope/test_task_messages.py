"""How the vendor tells of tasks, and how a gateway reads it."""

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import FaultCause
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import below, read
from mock_server.upstream.dashscope import task_messages
from mock_server.upstream.protocol import UpstreamError
from mock_server.upstream.tasks import TaskStatus


def test_the_document_knows_the_addresses_of_tasks(powertokens: Contract) -> None:
    assert powertokens.upstream is not None
    paths = powertokens.upstream.document.tree["paths"]
    assert isinstance(paths, dict)
    assert isinstance(read(paths, below("", task_messages.TASK_PATH) + "/get"), dict)
    assert isinstance(read(paths, below("", task_messages.CANCEL_PATH) + "/post"), dict)


def test_a_poll_tells_the_task_its_times_and_its_end() -> None:
    said = task_messages.polled(
        "t",
        TaskStatus.FAILED,
        {"submit_time": 0.25},
        task_messages.failed(UpstreamError(FaultCause.REQUEST, "C", "why")),
    )
    assert said == {
        "request_id": said["request_id"],
        "output": {
            "task_id": "t",
            "task_status": "FAILED",
            "submit_time": "1970-01-01 00:00:00.250",
            "code": "C",
            "message": "why",
        },
    }


@pytest.mark.parametrize("answer", [ABSENT, None, [], {}, {"output": 1}, {"output": {"task_id": ""}}])
def test_an_answer_that_names_no_task_names_none(answer: Json) -> None:
    assert task_messages.submitted_task(answer) is None
    assert task_messages.status_in(answer) is TaskStatus.UNKNOWN


@pytest.mark.parametrize("status", list(TaskStatus))
def test_a_status_is_read_back(status: TaskStatus) -> None:
    assert task_messages.status_in(task_messages.polled("t", status, {})) is status
    assert task_messages.submitted_task(task_messages.polled("t", status, {})) == "t"


@pytest.mark.parametrize("said", ["DONE", None, 1, [], {}])
def test_a_status_that_nobody_knows_is_unknown(said: Json) -> None:
    assert task_messages.status_in({"output": {"task_status": said}}) is TaskStatus.UNKNOWN


def ended(status: TaskStatus, **output: Json) -> Json:
    return {"output": {"task_status": status.value, **output}}


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (ended(TaskStatus.SUCCEEDED, code="ignored"), 200, ABSENT),
        (ended(TaskStatus.FAILED, code="InvalidParameter", message="why"), 400, "InvalidParameter"),
        (ended(TaskStatus.FAILED, code="DataInspectionFailed", message=None), 400, "DataInspectionFailed"),
        (ended(TaskStatus.FAILED, code="InternalError.Algo"), 500, "InternalError.Algo"),
        (ended(TaskStatus.CANCELED), 500, "InternalError"),
        (ended(TaskStatus.UNKNOWN), 500, "InternalError"),
        (None, 500, "InternalError"),
    ],
)
def test_the_end_of_a_task_is_told_as_the_synchronous_operation_would(answer: Json, status: int, code: str) -> None:
    told, body = task_messages.as_synchronous(answer)
    assert (told, read(body, "/code")) == (status, code)


@pytest.mark.parametrize("results", [None, "", [], [None, 1, {}, {"url": None}, {"url": ""}, {"code": "C"}]])
def test_results_without_links_have_none(results: Json) -> None:
    assert task_messages.result_links({"output": {"results": results}}) == []


def test_links_of_results_are_read_in_their_order() -> None:
    assert task_messages.result_links({"output": {"results": [{"url": "b"}, {"code": "C"}, {"url": "a"}]}}) == [
        "b",
        "a",
    ]
