"""What the stub refuses to make a task of, and what it lets fail as one."""

import pytest

from gateway_contract.contract.definition import Contract
from mock_server.upstream.protocol import StubOptions
from tests.mock_server.served import Body, ServedStub
from tests.mock_server.tasks_served import (
    EITHER,
    ENABLED,
    GENERATION,
    QWEN,
    SYNTHESIS,
    TASKS,
    WAN,
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


@EITHER
@pytest.mark.parametrize("value", [None, "", "disable"])
def test_a_task_must_be_asked_for_as_one(quick: ServedStub, path: str, body: Body, value: str | None) -> None:
    headers = {} if value is None else {"x-dashscope-async": value}
    response = quick.http.post(quick.url + path, json=body, headers=headers)
    assert_failure(response, 403, "AccessDenied", "current user api does not support synchronous calls")
    assert (quick.last.status, quick.last.generated) == (403, False)


@EITHER
def test_a_task_without_parameters_is_taken(quick: ServedStub, path: str, body: Body) -> None:
    bare = {name: value for name, value in body.items() if name != "parameters"}
    said: list[Body] = [{}, {"parameters": None}, {"parameters": {}}, {"parameters": {"n": None, "size": None}}]
    for parameters in said:
        assert ended(quick, path, bare | parameters)["output"]["task_status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (GENERATION, generation(n=5), "num_images_per_prompt is out of range"),
        (GENERATION, generation(n="2"), "num_images_per_prompt is out of range"),
        (GENERATION, generation(size=7), "The size does not match the allowed size."),
        (SYNTHESIS, synthesis(n=2), "num_images_per_prompt must be 1"),
        (SYNTHESIS, synthesis(size="1024*1024"), "The size does not match the allowed size."),
        (
            SYNTHESIS,
            synthesis() | {"input": {"prompt": 7}},
            "Required body invalid, please check the request body format.",
        ),
    ],
)
def test_what_is_wrong_with_its_values_makes_a_task_fail(
    quick: ServedStub, path: str, body: Body, message: str
) -> None:
    task_id = handed_in(quick, path, body)
    assert not quick.last.generated
    output = poll(quick, task_id)["output"]
    assert (output["task_status"], output["code"], output["message"]) == ("FAILED", "InvalidParameter", message)


@EITHER
@pytest.mark.parametrize("change", [{"seed": -1}, {"seed": "1"}, {"watermark": "false"}, {"prompt_extend": 1}])
def test_other_types_and_ranges_make_a_task_fail_as_well(
    quick: ServedStub, path: str, body: Body, change: Body
) -> None:
    said = ended(quick, path, body | {"parameters": change})
    assert (said["output"]["task_status"], said["output"]["code"]) == ("FAILED", "InvalidParameter")


@EITHER
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"model": "wan2.7-image"}'])
def test_a_body_that_is_none_is_refused_at_once(quick: ServedStub, path: str, body: Body, content: bytes) -> None:
    assert body
    response = quick.http.post(quick.url + path, content=content, headers=ENABLED)
    message = "Required body invalid, please check the request body format."
    assert (response.status_code, response.json()["code"]) == (400, "InvalidParameter")
    assert response.json()["message"] in {message, "Model not exist."}
    assert not quick.last.generated


@pytest.mark.parametrize(("path", "body"), [(GENERATION, generation(QWEN)), (SYNTHESIS, synthesis(WAN))])
def test_a_model_that_is_served_elsewhere_is_refused_as_it_is_set(
    powertokens: Contract, quick: ServedStub, path: str, body: Body
) -> None:
    assert_failure(submit(quick, path, body), 400, "InvalidParameter", "Model not exist.")
    with tasks_served(powertokens, StubOptions(unserved=403)) as stub:
        assert_failure(submit(stub, path, body), 403, "Model.AccessDenied", "Model access denied.")
        assert_failure(submit(stub, path, body | {"model": "z"}), 400, "InvalidParameter", "Model not exist.")


@pytest.mark.parametrize("path", [GENERATION, SYNTHESIS])
def test_a_model_that_nobody_knows_is_refused_as_it_is_set(powertokens: Contract, path: str) -> None:
    with tasks_served(powertokens, StubOptions(unknown_model=404)) as stub:
        assert_failure(submit(stub, path, synthesis("z")), 404, "InvalidParameter", "Model not exist.")
        assert_failure(stub.call(generation("z")), 404, "InvalidParameter", "Model not exist.")


def test_only_the_right_key_is_taken_where_one_is_set(powertokens: Contract) -> None:
    wrong = (401, "InvalidApiKey", "Invalid API-key provided.")
    with tasks_served(powertokens, StubOptions(key="sk-right")) as stub:
        assert_failure(stub.call(generation()), *wrong)
        assert_failure(submit(stub, GENERATION, generation()), *wrong)
        assert_failure(stub.http.get(f"{stub.url}{TASKS}/1"), *wrong)
        assert_failure(cancel(stub, "1"), *wrong)
        assert not any(call.generated for call in stub.stub.calls)
        assert submit(stub, GENERATION, generation(), {"authorization": "Bearer sk-right"}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_key_a_task_is_nobodys(quick: ServedStub, method: str) -> None:
    url = f"{quick.url}{TASKS}/1" + ("/cancel" if method == "POST" else "")
    response = quick.http.request(method, url, headers={"authorization": ""})
    assert_failure(response, 401, "InvalidApiKey", "No API-key provided.")
