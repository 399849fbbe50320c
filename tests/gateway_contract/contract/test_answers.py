"""What ties an answer to its request is read from the answer's schema."""

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.mock_behaviour import mock_values
from gateway_contract.contract.operation import image_items, unix_times


@pytest.mark.parametrize(("model", "promised"), [("qwen-image-2.0-pro", True), ("wan2.7-image-pro", False), (5, False)])
def test_pixels_are_promised_where_a_field_meets_a_schema(
    model: str | int,
    promised: bool,  # noqa: FBT001 # the table
    powertokens: Contract,
) -> None:
    images = image_items(powertokens.operation.answer)
    assert images is not None
    assert images.size is not None
    assert images.size.when is not None
    pointer, failures = images.size.when
    assert (pointer, images.size.otherwise) == ("/model", "EX-16")
    assert (not failures(model)) is promised


def test_without_a_condition_pixels_are_always_promised(powerbuyin: Contract) -> None:
    images = image_items(powerbuyin.operation.answer)
    assert images is not None
    assert images.size is not None
    assert (images.size.when, images.size.otherwise, images.size.clause) == (None, None, "PB-08")


def test_carriers_are_links_or_the_image_itself(powerbuyin: Contract) -> None:
    images = image_items(powerbuyin.operation.answer)
    assert images is not None
    assert [(image_field.key, image_field.inline, image_field.asked_by) for image_field in images.image_fields] == [
        ("url", False, "/response_format"),
        ("b64_json", True, "/response_format"),
    ]


def test_times_and_texts_of_the_mock_are_found_by_their_pointers(powerbuyin: Contract) -> None:
    answer = powerbuyin.operation.answer
    assert [(time.pointer, time.tolerance, time.clause) for time in unix_times(answer)] == [("/created", 300, "PB-13")]
    (pointer, value), *others = mock_values(answer).items()
    assert (pointer, others) == ("/data/0/revised_prompt", [])
    assert value.source == "/input/messages/0/content/0/text"
    assert (value.when, value.extended) == (("/prompt_extend", True), True)


def test_a_request_says_nothing_of_answers(powerbuyin: Contract) -> None:
    assert image_items(powerbuyin.request) is None
    assert list(unix_times(powerbuyin.request)) == []
