import pytest

from gateway_contract.traffic.exchange import FaultCause
from gateway_contract.values.json_value import Json
from mock_server.upstream.dashscope import messages
from mock_server.upstream.dashscope.messages import VendorError
from mock_server.upstream.protocol import GeneratedImages

LINKS = ["http://127.0.0.1/1.png", "http://127.0.0.1/2.png"]


def made(model: str, layout: str) -> GeneratedImages:
    return GeneratedImages({"model": model}, LINKS, 1024, 768, layout)


def message(*parts: Json) -> Json:
    return {"finish_reason": "stop", "message": {"role": "assistant", "content": list(parts)}}


@pytest.mark.parametrize("model", ["qwen-image-2.0-pro", "wan2.7-image-pro"])
@pytest.mark.parametrize("layout", messages.LAYOUTS)
def test_links_are_read_back_from_either_layout(layout: str, model: str) -> None:
    assert messages.image_links(messages.success(made(model, layout))) == LINKS


def test_several_images_come_in_one_choice_or_in_one_each() -> None:
    one = messages.success(made("qwen-image-2.0-pro", messages.ONE_CHOICE))
    assert one == {
        "output": {"choices": [message({"image": LINKS[0]}, {"image": LINKS[1]})]},
        "usage": {"width": 1024, "height": 768, "image_count": 2},
        "request_id": one["request_id"],
    }
    each = messages.success(made("qwen-image-2.0-pro", messages.CHOICE_PER_IMAGE))
    assert each["output"] == {"choices": [message({"image": link}) for link in LINKS]}


def test_wan_says_more_of_its_images() -> None:
    answer = messages.success(made("wan2.7-image-pro", messages.CHOICE_PER_IMAGE))
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
    output = messages.success(made(model, messages.ONE_CHOICE))["output"]
    assert isinstance(output, dict)
    assert output["task_metric"] == {"TOTAL": 2, "SUCCEEDED": 2, "FAILED": 0}


@pytest.mark.parametrize(
    ("model", "layout"),
    [("qwen-image-2.0-pro", "one-choice"), ("qwen-image-max", "one-choice"), ("wan2.7-image-pro", "choice-per-image")],
)
def test_each_family_has_its_usual_layout(model: str, layout: str) -> None:
    assert messages.layouts({"model": model})[0] == layout


@pytest.mark.parametrize("call", [None, [], {}, {"model": None}])
def test_a_call_without_a_model_has_a_layout_too(call: Json) -> None:
    assert sorted(messages.layouts(call)) == sorted(messages.LAYOUTS)


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
        (200, messages.success(made("qwen-image-2.0-pro", messages.ONE_CHOICE)), None),
        (200, FLAT, VendorError(200, "InternalError", "no")),
        (500, FLAT, VendorError(500, "InternalError", "no")),
        (503, {}, VendorError(503, "", "")),
        (502, "text", VendorError(502, "", "")),
        (400, {"code": 7, "message": None}, VendorError(400, "", "")),
    ],
)
def test_an_error_is_found_under_any_status(status: int, answer: Json, failure: VendorError | None) -> None:
    assert messages.error_in(status, answer) == failure


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (VendorError(400, "InvalidParameter", ""), FaultCause.REQUEST),
        (VendorError(200, "InvalidParameter", ""), FaultCause.REQUEST),
        (VendorError(400, "DataInspectionFailed", ""), FaultCause.CONTENT),
        (messages.NOT_FOUND, FaultCause.VENDOR),
        (VendorError(400, "Arrearage", ""), FaultCause.CREDENTIALS),
        (messages.WRONG_KEY, FaultCause.CREDENTIALS),
        (VendorError(500, "InternalError.Algo", ""), FaultCause.VENDOR),
        (VendorError(429, "Throttling.RateQuota", ""), FaultCause.THROTTLING),
        (VendorError(400, "Throttling", ""), FaultCause.THROTTLING),
        (VendorError(429, "", ""), FaultCause.THROTTLING),
    ],
    ids=lambda value: f"{value.status} {value.code}" if isinstance(value, VendorError) else value.name,
)
def test_who_causes_an_error(error: VendorError, cause: FaultCause) -> None:
    assert messages.cause_of(error) is cause


def test_an_error_is_flat() -> None:
    assert messages.NO_KEY.body("id") == {
        "code": "InvalidApiKey",
        "message": "No API-key provided.",
        "request_id": "id",
    }
