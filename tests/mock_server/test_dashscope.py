import pytest

from gateway_contract.values import Json
from mock_server import dashscope
from mock_server.dashscope import Failure

LINKS = ["http://127.0.0.1/1.png", "http://127.0.0.1/2.png"]


@pytest.mark.parametrize("layout", dashscope.LAYOUTS)
def test_links_are_read_back_from_either_layout(layout: str) -> None:
    assert dashscope.image_links(dashscope.success(LINKS, layout, {}, "id")) == LINKS


def test_several_images_come_in_one_choice_or_in_one_each() -> None:
    one = dashscope.success(LINKS, dashscope.ONE_CHOICE, {"image_count": 2}, "id")
    assert one == {
        "output": {
            "choices": [
                {
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": [{"image": LINKS[0]}, {"image": LINKS[1]}]},
                }
            ]
        },
        "usage": {"image_count": 2},
        "request_id": "id",
    }
    each = dashscope.success(LINKS, dashscope.CHOICE_PER_IMAGE, {}, "id")
    assert each["output"] == {
        "choices": [
            {"finish_reason": "stop", "message": {"role": "assistant", "content": [{"image": link}]}} for link in LINKS
        ]
    }


@pytest.mark.parametrize(
    ("model", "layout"),
    [("qwen-image-2.0-pro", "one-choice"), ("qwen-image-max", "one-choice"), ("wan2.7-image-pro", "choice-per-image")],
)
def test_each_family_has_its_usual_layout(model: str, layout: str) -> None:
    assert dashscope.usual_layout({"model": model}) == layout


@pytest.mark.parametrize("call", [None, [], {}, {"model": None}])
def test_a_call_without_a_model_has_a_layout_too(call: Json) -> None:
    assert dashscope.usual_layout(call) in dashscope.LAYOUTS


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
    assert dashscope.image_links(answer) == []


FLAT: Json = {"code": "InternalError", "message": "no", "request_id": "id"}


@pytest.mark.parametrize(
    ("status", "answer", "failure"),
    [
        (200, dashscope.success(LINKS, dashscope.ONE_CHOICE, {}, "id"), None),
        (200, FLAT, Failure(200, "InternalError", "no")),
        (500, FLAT, Failure(500, "InternalError", "no")),
        (503, {}, Failure(503, "", "")),
        (502, "text", Failure(502, "", "")),
        (400, {"code": 7, "message": None}, Failure(400, "", "")),
    ],
)
def test_an_error_is_found_under_any_status(status: int, answer: Json, failure: Failure | None) -> None:
    assert dashscope.failure_in(status, answer) == failure


@pytest.mark.parametrize(
    ("failure", "clients_fault", "throttling"),
    [
        (Failure(400, "InvalidParameter", ""), True, False),
        (Failure(200, "InvalidParameter", ""), True, False),
        (Failure(400, "DataInspectionFailed", ""), True, False),
        (dashscope.NOT_FOUND, False, False),
        (Failure(400, "Arrearage", ""), False, False),
        (dashscope.WRONG_KEY, False, False),
        (Failure(500, "InternalError.Algo", ""), False, False),
        (Failure(429, "Throttling.RateQuota", ""), False, True),
        (Failure(400, "Throttling", ""), False, True),
        (Failure(429, "", ""), False, True),
    ],
    ids=lambda value: f"{value.status} {value.code}" if isinstance(value, Failure) else None,
)
def test_whose_fault_a_failure_is(failure: Failure, clients_fault: bool, throttling: bool) -> None:  # noqa: FBT001 - a row
    assert (dashscope.is_clients_fault(failure), dashscope.is_throttling(failure)) == (clients_fault, throttling)


def test_an_error_is_flat() -> None:
    assert dashscope.NO_KEY.body("id") == {
        "code": "InvalidApiKey",
        "message": "No API-key provided.",
        "request_id": "id",
    }
