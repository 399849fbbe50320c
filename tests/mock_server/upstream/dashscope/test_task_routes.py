"""Tasks over HTTP: what the vendor's reference promises of calls that are handed in, polled and canceled."""

import time

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.images.identity import identity_of
from mock_server.serving.signing import Signer
from mock_server.upstream.dashscope import messages, task_messages
from mock_server.upstream.protocol import StubOptions
from tests.mock_server.served import Body, ServedStub, fault_named
from tests.mock_server.tasks_served import (
    AT_ONCE,
    EITHER,
    GENERATION,
    NEVER_ENDED,
    NEVER_STARTED,
    SYNTHESIS,
    TASKS,
    assert_failure,
    cancel,
    ended,
    generation,
    handed_in,
    poll,
    submit,
    synthesis,
    tasks_served,
)

pytestmark = pytest.mark.slow


def test_a_conversation_becomes_choices(quick: ServedStub) -> None:
    said = ended(quick, GENERATION, generation(n=3))
    assert said["output"]["task_status"] == "SUCCEEDED"
    assert said["output"]["finished"] is True
    assert len(said["output"]["choices"]) == 3
    assert (said["usage"]["size"], said["usage"]["image_count"]) == ("1024*1024", 3)


def test_a_text_becomes_results(quick: ServedStub) -> None:
    said = ended(quick, SYNTHESIS, synthesis(prompt_extend=False))
    (result,) = said["output"]["results"]
    assert set(result) == {"orig_prompt", "url"}
    assert result["orig_prompt"] == "a lighthouse"
    assert said["output"]["task_metrics"] == {"TOTAL": 1, "SUCCEEDED": 1, "FAILED": 0}
    assert said["usage"] == {"image_count": 1}
    assert quick.http.get(result["url"]).content.startswith(b"\x89PNG")


def test_an_extended_text_is_told(quick: ServedStub) -> None:
    (result,) = ended(quick, SYNTHESIS, synthesis())["output"]["results"]
    assert result["actual_prompt"].startswith("a lighthouse")
    assert result["actual_prompt"] != result["orig_prompt"]


@pytest.mark.parametrize("layout", messages.LAYOUTS)
def test_choices_come_in_either_layout(powertokens: Contract, layout: str) -> None:
    with tasks_served(powertokens, layout_of=lambda _: layout) as stub:
        said = ended(stub, GENERATION, generation(n=2))
    assert len(said["output"]["choices"]) == (1 if layout == messages.ONE_CHOICE else 2)
    assert len(messages.image_links(said)) == 2


@EITHER
def test_a_task_waits_and_runs_and_ends_by_the_clock(powertokens: Contract, path: str, body: Body) -> None:
    with tasks_served(powertokens, StubOptions()) as stub:
        task_id = handed_in(stub, path, body)
        task = stub.stub.tasks.get(task_id)
        assert task is not None
        while (status := poll(stub, task_id)["output"]["task_status"]) in {"PENDING", "RUNNING"}:
            pass
    assert status == "SUCCEEDED"
    times = task.submitted_at, task.starts_at, task.ends_at
    assert [task.status(at) for at in times] == ["PENDING", "RUNNING", "SUCCEEDED"]
    assert task.starts_at - task.submitted_at == pytest.approx(0.1)
    assert task.ends_at - task.submitted_at == pytest.approx(0.2)


@pytest.mark.parametrize(("settings", "status"), [(NEVER_STARTED, "PENDING"), (NEVER_ENDED, "RUNNING")])
def test_a_task_that_has_not_ended_says_only_how_it_stands(
    powertokens: Contract, settings: StubOptions, status: str
) -> None:
    with tasks_served(powertokens, settings) as stub:
        said = ended(stub, SYNTHESIS, synthesis())
    assert said["output"]["task_status"] == status
    assert not {"results", "choices", "code", "end_time"} & set(said["output"])
    assert "submit_time" in said["output"]


@pytest.mark.parametrize("end", ["", "/", "?a=b"])
def test_a_task_is_polled_with_and_without_a_slash_at_the_end(quick: ServedStub, end: str) -> None:
    task_id = handed_in(quick, SYNTHESIS, synthesis())
    response = quick.http.get(f"{quick.url}{TASKS}/{task_id}{end}", follow_redirects=False)
    assert (response.status_code, response.json()["output"]["task_id"]) == (200, task_id)


def test_a_task_that_never_was_is_unknown(quick: ServedStub) -> None:
    assert poll(quick, "0" * 32)["output"] == {"task_id": "0" * 32, "task_status": "UNKNOWN"}


@EITHER
def test_polling_again_gives_the_same_links(quick: ServedStub, path: str, body: Body) -> None:
    task_id = handed_in(quick, path, body)
    assert poll(quick, task_id)["output"] == poll(quick, task_id)["output"]


@EITHER
def test_the_images_of_a_task_are_known_when_it_is_handed_in(quick: ServedStub, path: str, body: Body) -> None:
    task_id = handed_in(quick, path, body)
    submitted = quick.last
    said = poll(quick, task_id)
    links = messages.image_links(said) or task_messages.result_links(said)
    assert submitted.images == tuple(identity_of(quick.http.get(link).content) for link in links) != ()
    assert (submitted.path, submitted.body, submitted.status) == (path, body, 200)
    assert (quick.last.method, quick.last.path, quick.last.generated) == ("GET", f"{TASKS}/{task_id}", False)


def test_the_same_call_gives_the_same_images_at_once_and_as_a_task(quick: ServedStub) -> None:
    body = generation(seed=7)
    quick.call(body)
    at_once = quick.last.images
    handed_in(quick, GENERATION, body)
    assert quick.last.images == at_once


def test_what_is_not_wanted_is_taken_in_both_places(quick: ServedStub) -> None:
    def images(body: Body) -> tuple[str, ...]:
        handed_in(quick, SYNTHESIS, body)
        return quick.last.images

    unwanted: Json = {"prompt": "a lighthouse", "negative_prompt": "fog"}
    plain = synthesis(seed=1)
    assert (
        len({images(plain), images(plain | {"input": unwanted}), images(synthesis(seed=1, negative_prompt="fog"))}) == 3
    )


def test_a_task_that_waits_can_be_canceled_once(powertokens: Contract) -> None:
    with tasks_served(powertokens, NEVER_STARTED) as stub:
        task_id = handed_in(stub, SYNTHESIS, synthesis())
        response = cancel(stub, task_id)
        assert (response.status_code, set(response.json())) == (200, {"request_id"})
        assert poll(stub, task_id)["output"]["task_status"] == "CANCELED"
        assert cancel(stub, task_id).json()["code"] == "UnsupportedOperation"


def test_a_canceled_task_made_nothing(powertokens: Contract) -> None:
    with tasks_served(powertokens, NEVER_STARTED) as stub:
        task_id = handed_in(stub, SYNTHESIS, synthesis())
        assert stub.last.generated
        cancel(stub, task_id)
        assert [call.generated for call in stub.stub.calls] == [False, False]


@pytest.mark.parametrize("settings", [NEVER_ENDED, AT_ONCE])
def test_a_task_that_no_longer_waits_cannot_be_canceled(powertokens: Contract, settings: StubOptions) -> None:
    with tasks_served(powertokens, settings) as stub:
        response = cancel(stub, handed_in(stub, SYNTHESIS, synthesis()))
    message = "Failed to cancel the task, please confirm if the task is in PENDING status."
    assert_failure(response, 400, "UnsupportedOperation", message)
    assert next(iter(stub.stub.calls)).generated


def test_a_task_that_never_was_cannot_be_canceled(quick: ServedStub) -> None:
    response = cancel(quick, "0" * 32)
    assert (response.status_code, response.json()["code"]) == (400, "UnsupportedOperation")


def test_results_that_failed_stand_beside_good_ones(powertokens: Contract) -> None:
    with tasks_served(powertokens, StubOptions(pending_seconds=0, running_seconds=0, failed_results=1)) as stub:
        output = ended(stub, SYNTHESIS, synthesis())["output"]
    good, bad = output["results"]
    assert set(bad) == {"code", "message"}
    assert "url" in good
    assert output["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 1, "FAILED": 1}
    assert output["task_status"] == "SUCCEEDED"


@pytest.mark.parametrize(("usual", "count"), [(1, 1), (4, 4)])
def test_how_many_images_wan_makes_unasked_is_set(powertokens: Contract, usual: int, count: int) -> None:
    settings = StubOptions(pending_seconds=0, running_seconds=0, default_images=usual)
    with tasks_served(powertokens, settings) as stub:
        assert len(messages.image_links(ended(stub, GENERATION, generation()))) == count
        assert len(messages.image_links(ended(stub, GENERATION, generation(n=2)))) == 2
        assert len(messages.image_links(stub.call(generation(n=None)).json())) == count
        assert len(messages.image_links(stub.call(generation("qwen-image-2.0", size="512*512")).json())) == 1


def test_links_live_as_long_as_their_signer_says_from_the_end_of_the_task(powertokens: Contract) -> None:
    with tasks_served(powertokens, signer=Signer(b"key", seconds=-5)) as stub:
        (result,) = ended(stub, SYNTHESIS, synthesis())["output"]["results"]
        assert stub.http.get(result["url"]).status_code == 403
    with tasks_served(powertokens) as stub:
        task = stub.stub.tasks.get(handed_in(stub, SYNTHESIS, synthesis()))
    assert task is not None
    assert task.links_expire_at - task.ends_at == pytest.approx(24 * 3600)


@EITHER
def test_every_answer_tells_its_id_and_its_cost(quick: ServedStub, path: str, body: Body) -> None:
    submitted = submit(quick, path, body)
    task = f"{quick.url}{TASKS}/{submitted.json()['output']['task_id']}"
    polled, canceled = quick.http.get(task), quick.http.post(f"{task}/cancel")
    lost, at_once = quick.http.get(f"{quick.url}/nowhere"), quick.call(generation())
    for response in (submitted, polled, canceled, lost, at_once):
        assert response.headers["x-request-id"] == response.json()["request_id"]
        assert int(response.headers["req-cost-time"]) >= 0
        gateway = "true" if response.request.method == "POST" else None
        assert response.headers.get("x-dashscope-call-gateway") == gateway


@EITHER
@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("rate-limit", 429, "Throttling"),
        ("unavailable(code=ModelServingError)", 503, "ModelServingError"),
        ("server-error", 500, ""),
    ],
)
def test_a_failure_is_played_where_a_task_is_handed_in(
    powertokens: Contract, path: str, body: Body, name: str, status: int, code: str
) -> None:
    with tasks_served(powertokens, fault_of=lambda _: fault_named(name)) as stub:
        response = submit(stub, path, body)
        assert (response.status_code, response.json()["code"]) == (status, code or "InternalError")
        assert response.headers["x-request-id"] == response.json()["request_id"]
        assert (stub.last.played, stub.last.generated) == (fault_named(name).played, False)


def test_a_task_brings_an_image_less_or_links_that_are_dead_where_that_is_played(powertokens: Contract) -> None:
    with tasks_served(powertokens, fault_of=lambda _: fault_named("fewer-images")) as stub:
        assert len(messages.image_links(ended(stub, GENERATION, generation(n=3)))) == 2
    with tasks_served(powertokens, fault_of=lambda _: fault_named("link-404")) as stub:
        links = messages.image_links(ended(stub, GENERATION, generation()))
        assert [stub.http.get(link).status_code for link in links] == [403]


def test_a_failed_task_stays_one_where_a_failure_is_played(powertokens: Contract) -> None:
    with tasks_served(powertokens, fault_of=lambda _: fault_named("fewer-images")) as stub:
        assert ended(stub, GENERATION, generation(n=9))["output"]["task_status"] == "FAILED"
        assert not any(call.generated for call in stub.stub.calls)


def test_an_upstream_without_tasks_has_none(invented: Contract) -> None:
    with tasks_served(invented) as stub:
        base = stub.stub.upstream.base
        assert stub.http.get(f"{stub.url}{base}/tasks/1").status_code == 404


def test_times_are_told_as_they_come(quick: ServedStub) -> None:
    output = ended(quick, SYNTHESIS, synthesis())["output"]
    today = time.strftime("%Y-", time.gmtime())
    assert all(output[name].startswith(today) for name in ("submit_time", "scheduled_time", "end_time"))
