"""What an exchange says of itself: who answered how, and which images can be used."""

import pytest

from gateway_contract.traffic.exchange import BrokenImage, Exchange, NoAnswer, header, usable
from gateway_contract.values.json_value import ABSENT
from tests.gateway_contract.exchanges import answered, called, drawn, post


@pytest.mark.parametrize(
    ("status", "accepted", "refused"),
    [(199, False, False), (200, True, False), (299, True, False), (302, False, False), (399, False, False),
     (400, False, True), (499, False, True), (500, False, False)],
)  # fmt: skip
def test_2xx_accepts_and_4xx_refuses(status: int, accepted: bool, refused: bool) -> None:  # noqa: FBT001 # the table
    exchange = Exchange(post({}), answered({}, status))
    assert (exchange.accepted, exchange.refused) == (accepted, refused)


def test_no_answer_neither_accepts_nor_refuses() -> None:
    exchange = Exchange(post({}), NoAnswer("closed", 1.0))
    assert not exchange.accepted
    assert not exchange.refused


def test_a_header_is_found_by_its_name_in_any_case_and_its_first_value_counts() -> None:
    headers = (("Content-Type", "a"), ("content-type", "b"))
    assert header(headers, "CONTENT-TYPE") == "a"
    assert header(headers, "accept") is None


def test_a_call_that_made_images_generated() -> None:
    assert called({}, 1).generated
    assert not called(ABSENT, 0).generated


def test_only_images_that_can_be_opened_are_usable() -> None:
    good = drawn("key", "2*1")
    assert usable([BrokenImage("key", "", "not an image"), good]) == (good,)


def test_an_exchange_is_the_same_whatever_it_is_called() -> None:
    assert Exchange(post({}), answered({}), name="a") == Exchange(post({}), answered({}), name="b")
