"""Texts have the length they are asked for, to the character, and nothing at their ends that trimming would take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.client.correlation import PLACEHOLDER, text_with_id, text_with_id_within
from gateway_contract.values.sample_texts import AWKWARD, CHINESE, ENGLISH, of_length


@given(length=st.integers(1, 2000), script=st.sampled_from([ENGLISH, CHINESE]), head=st.sampled_from(["", PLACEHOLDER]))
def test_a_text_has_exactly_so_many_code_points_of_one_unit_each(length: int, script: str, head: str) -> None:
    text = of_length(length, script, head)
    assert len(text) == length
    assert len(text.encode("utf-16-le")) == 2 * length
    assert text == text.strip()
    assert text.startswith(head[:length])


def test_chinese_text_is_three_bytes_a_character() -> None:
    assert len(of_length(500, CHINESE).encode()) == 1500


@pytest.mark.parametrize("text", [AWKWARD, ENGLISH.strip(), CHINESE])
def test_no_text_provokes_trimming_by_accident(text: str) -> None:
    assert text_with_id(text) == text_with_id(text).strip()


def test_a_mark_within_a_text_keeps_its_length() -> None:
    text = of_length(801, CHINESE)
    assert len(text_with_id_within(text)) == 801
    assert text_with_id_within(text).startswith(f"{PLACEHOLDER} ")


def test_a_text_too_short_for_a_mark_stays_as_it_is() -> None:
    assert text_with_id_within("no such value") == "no such value"
