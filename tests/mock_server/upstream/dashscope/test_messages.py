import pytest

from gateway_contract.values.json_value import Json
from mock_server.upstream.dashscope import messages
from mock_server.upstream.dashscope.messages import Failure, Generated

LINKS = ["http://127.0.0.1/1.png", "http://127.0.0.1/2.png"]


def made(model: str) -> Generated:
    return Generated({"model": model}, LINKS, 1024, 768)


def message(*parts: Json) -> Json:
    return {"finish_reason": "stop", "message": {"role": "assistant", "content": list(parts)}}


@pytest.mark.parametrize("model", ["qwen-image-2.0-pro", "wan2.7-image-pro"])
@pytest.mark.parametrize("layout", messages.LAYOUTS)
def test_links_are_read_back_from_either_layout(layout: str, model: str) -> None:
    assert messages.image_links(messages.success(made(model), layout, "id")) == LINKS


def test_several_images_come_in_one_choice_or_in_one_each() -> None:
    one = messages.success(made("qwen-image-2.0-pro"), messages.ONE_CHOICE, "id")
    assert one == {
        "output": {"choices": [message({"image": LINKS[0]}, {"image": LINKS[1]})]},
        "usage": {"width": 1024, "height": 768, "image_count": 2},
        "request_id": "id",
    }
    each = messages.success(made("qwen-image-2.0-pro"), messages.CHOICE_PER_IMAGE, "id")
    assert each["output"] == {"choices": [message({"image": link}) for link in LINKS]}


def test_wan_says_more_of_its_images() -> None:
    answer = messages.success(made("wan2.7-image-pro"), messages.CHOICE_PER_IMAGE, "id")
    assert answer["output"] == {
        "choices": [message({"type": "image", "image": link}) for link in LINKS],
        "finished": True,
    }
    usage = answer["usage"]
    assert isinstance(usage, dict)
    assert usage.keys() == {"size", "image_count", "total_tokens", "input_tokens", "output_tokens"}
    assert (usage["size"], usage["image_count"]) == ("1024*768", 2)


@pytest.mark.parametrize("model", ["qwen-image", "qwen-image-max", "qwen-image-plus"])
def test_models_before_the_second_series_count_their_images(model: str) -> None:
    output = messages.success(made(model), messages.ONE_CHOICE, "id")["output"]
    assert isinstance(output, dict)
    assert output["task_metric"] == {"TOTAL": 2, "SUCCEEDED": 2, "FAILED": 0}


@pytest.mark.parametrize(
    ("model", "layout"),
    [("qwen-image-2.0-pro", "one-choice"), ("qwen-image-max", "one-choice"), ("wan2.7-image-pro", "choice-per-image")],
)
def test_each_family_has_its_usual_layout(model: str, layout: str) -> None:
    assert messages.usual_layout({"model": model}) == layout


@pytest.mark.parametrize("call", [None, [], {}, {"model": None}])
def test_a_call_without_a_model_has_a_layout_too(call: Json) -> None:
    assert messages.usual_layout(call) in messages.LAYOUTS


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "text",
        {},
        {"output": None},
        {"output": {"choices": None}},
        {"output": {"choices": []}},
        {"output": {"choices": [None, 1, {}]}},
        {"output": {"choices": [{"message": {"content": "text"}}]}},
        {
            "output": {
                "choices": [{"message": {"content": [{"text": "no image"}, None, {"image": None}, {"image": ""}]}}]
            }
        },
    ],
)
def test_an_answer_without_links_has_none(answer: Json) -> None:
    assert messages.image_links(answer) == []


FLAT: Json = {"code": "InternalError", "message": "no", "request_id": "id"}


@pytest.mark.parametrize(
    ("status", "answer", "failure"),
    [
        (200, messages.success(made("qwen-image-2.0-pro"), messages.ONE_CHOICE, "id"), None),
        (200, FLAT, Failure(200, "InternalError", "no")),
        (500, FLAT, Failure(500, "InternalError", "no")),
        (503, {}, Failure(503, "", "")),
        (502, "text", Failure(502, "", "")),
        (400, {"code": 7, "message": None}, Failure(400, "", "")),
    ],
)
def test_an_error_is_found_under_any_status(status: int, answer: Json, failure: Failure | None) -> None:
    assert messages.failure_in(status, answer) == failure


@pytest.mark.parametrize(
    ("failure", "clients_fault", "throttling"),
    [
        (Failure(400, "InvalidParameter", ""), True, False),
        (Failure(200, "InvalidParameter", ""), True, False),
        (Failure(400, "DataInspectionFailed", ""), True, False),
        (messages.NOT_FOUND, False, False),
        (Failure(400, "Arrearage", ""), False, False),
        (messages.WRONG_KEY, False, False),
        (Failure(500, "InternalError.Algo", ""), False, False),
        (Failure(429, "Throttling.RateQuota", ""), False, True),
        (Failure(400, "Throttling", ""), False, True),
        (Failure(429, "", ""), False, True),
    ],
    ids=lambda value: f"{value.status} {value.code}" if isinstance(value, Failure) else None,
)
def test_whose_fault_a_failure_is(failure: Failure, clients_fault: bool, throttling: bool) -> None:  # noqa: FBT001 - a row
    assert (messages.is_clients_fault(failure), messages.is_throttling(failure)) == (clients_fault, throttling)


def test_an_error_is_flat() -> None:
    assert messages.NO_KEY.body("id") == {
        "code": "InvalidApiKey",
        "message": "No API-key provided.",
        "request_id": "id",
    }
