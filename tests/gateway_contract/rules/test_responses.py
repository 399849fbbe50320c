"""A successful answer holds what was asked for: its shape, its time, its images and their sizes."""

from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.rule import PASS, Finding, Outcome, failing, inconclusive
from gateway_contract.traffic.exchange import BrokenImage
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json
from tests.gateway_contract.exchanges import (
    DIALECTS,
    NOW,
    Body,
    answered,
    drawn,
    finding,
    with_answer,
    with_images,
    with_status,
)
from tests.gateway_contract.invented import PAINTBOX

ORDER: Body = {"engine": "quick", "wish": {"words": "a kite"}, "sheets": 2, "canvas": "640x480", "delivery": "link"}
EXCHANGE = PAINTBOX.conforming(ORDER)
LEAST = PAINTBOX.conforming({"engine": "quick", "wish": {"words": "a kite"}})


def test_the_shape_of_an_answer_is_judged_by_keyword(invented: Contract) -> None:
    assert finding(invented, "drawn_at/type", EXCHANGE) == PASS
    assert finding(invented, "drawn_at/type", with_answer(EXCHANGE, "/drawn_at", "now")) == failing(
        'type "integer"', '"now"'
    )
    empty = replace(EXCHANGE, answer=answered({}))
    assert finding(invented, "drawn_at/required", empty) == failing('required "drawn_at"', "missing")
    assert finding(invented, "drawn_at/type", empty) is None


def test_an_answer_that_is_no_json_fails_once(invented: Contract) -> None:
    text = replace(EXCHANGE, answer=answered(ABSENT))
    assert finding(invented, "answer/type", text) == failing("a JSON object", "no JSON")
    assert finding(invented, "drawn_at/type", text) is None
    assert finding(invented, "pages/length", text) is None


@pytest.mark.parametrize("name", ["drawn_at/type", "drawn_at/now", "pages/length", "address/present", "pages/pixels"])
def test_nothing_is_said_of_an_answer_that_is_none(name: str, invented: Contract) -> None:
    assert finding(invented, name, with_status(EXCHANGE, 400)) is None


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (int(NOW), PASS),
        (int(NOW) - 60, PASS),
        (int(NOW) + 60, PASS),
        (int(NOW) - 61, failing(f"about {int(NOW)}", str(int(NOW) - 61))),
        (0, failing(f"about {int(NOW)}", "0")),
        (int(NOW) * 1000, failing(f"about {int(NOW)}", str(int(NOW) * 1000))),
        ("now", None),
        (True, None),
        (NOW + 0.5, None),
        (float(int(NOW)), PASS),
        (int(NOW) * 1000.0, failing(f"about {int(NOW)}", str(int(NOW) * 1000.0))),
        (float("inf"), None),
    ],
)
def test_the_time_is_about_now_in_whole_seconds(time: Json, expected: Finding | None, invented: Contract) -> None:
    assert finding(invented, "drawn_at/now", with_answer(EXCHANGE, "/drawn_at", time)) == expected


def test_there_are_as_many_images_as_were_asked_for(invented: Contract) -> None:
    assert finding(invented, "pages/length", EXCHANGE) == PASS
    fewer = with_answer(EXCHANGE, "/album/pages", [{"address": "one"}])
    assert finding(invented, "pages/length", fewer) == failing("2 in pages", "1")
    assert finding(invented, "pages/length", LEAST) is None
    assert finding(invented, "pages/length", with_answer(EXCHANGE, "/album", {"pages": "none"})) is None


def test_a_number_of_images_on_which_the_page_is_silent_is_not_judged(powertokens: Contract) -> None:
    body: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "n": None}
    assert finding(powertokens, "data/length", DIALECTS["powertokens"].conforming(body, images=3)) is None


def test_an_image_comes_under_the_key_that_was_asked_for(invented: Contract) -> None:
    assert finding(invented, "address/present", EXCHANGE) == PASS
    assert finding(invented, "picture/present", EXCHANGE) is None
    assert finding(invented, "address/present", LEAST) is None
    for value, said in ((None, "null"), ("", '""'), (5, "5")):
        spoilt = with_answer(EXCHANGE, "/album/pages/1/address", value)
        assert finding(invented, "address/present", spoilt) == failing("address in every item", f"item 1 has {said}")
    none = with_answer(EXCHANGE, "/album/pages/0", {})
    assert finding(invented, "address/present", none) == failing("address in every item", "item 0 has none")
    assert finding(invented, "address/present", with_answer(EXCHANGE, "/album/pages", [])) is None


def test_what_comes_is_an_image(invented: Contract) -> None:
    assert finding(invented, "address/usable", EXCHANGE) == PASS
    assert finding(invented, "picture/usable", EXCHANGE) is None
    broken = with_images(EXCHANGE, drawn("address", "640*480"), BrokenImage("address", "http://x", "404"))
    assert finding(invented, "address/usable", broken) == failing("an image in address", "404")
    assert finding(invented, "address/usable", replace(EXCHANGE, images=UNOBSERVED)) is None


def test_an_image_that_nobody_looked_at_decides_nothing(invented: Contract) -> None:
    skipped = with_images(EXCHANGE, BrokenImage("address", "http://x", "10.1.2.3 is private", skipped=True))
    assert finding(invented, "address/usable", skipped) == inconclusive("10.1.2.3 is private")


def test_an_image_has_the_pixels_that_were_asked_for(invented: Contract) -> None:
    assert finding(invented, "pages/pixels", EXCHANGE) == PASS
    turned = with_images(EXCHANGE, drawn("address", "480*640"))
    assert finding(invented, "pages/pixels", turned) == failing("640*480 pixels", "480*640")
    unseen = finding(invented, "pages/pixels", replace(EXCHANGE, images=UNOBSERVED))
    assert unseen is not None
    assert (unseen.outcome, unseen.observed) == (Outcome.INCONCLUSIVE, "the images were not looked at")
    assert finding(invented, "pages/pixels", with_images(EXCHANGE, BrokenImage("address", "", "404"))) is None
    assert finding(invented, "pages/pixels", LEAST) is None


@pytest.mark.parametrize(
    ("model", "own", "other"),
    [("qwen-image-2.0-pro", "data/pixels", "data/pixels-otherwise"),
     ("wan2.7-image-pro", "data/pixels-otherwise", "data/pixels")],
)  # fmt: skip
def test_how_strongly_pixels_are_promised_depends_on_the_model(
    model: str, own: str, other: str, powertokens: Contract
) -> None:
    body: Body = {"model": model, "prompt": "a kite", "size": "1024*1024"}
    exchange = with_images(DIALECTS["powertokens"].conforming(body), drawn("url", "1024*1000"))
    assert finding(powertokens, own, exchange) == failing("1024*1024 pixels", "1024*1000")
    assert finding(powertokens, other, exchange) is None


def test_a_request_without_the_field_is_one_of_the_others(powertokens: Contract) -> None:
    exchange = DIALECTS["powertokens"].conforming({"model": "x", "prompt": "a kite", "size": "1024*1024"})
    nameless = replace(exchange, request=replace(exchange.request, body={"prompt": "a kite", "size": "1024*1024"}))
    assert finding(powertokens, "data/pixels", nameless) is None
    assert finding(powertokens, "data/pixels-otherwise", nameless) is None
