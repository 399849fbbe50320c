import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.upstream.prompt_extension import extended


@given(st.text())
def test_any_text_is_kept_and_followed_by_more(text: str) -> None:
    longer = extended(text)
    assert longer.startswith(text)
    assert len(longer) > len(text) + 10


def test_the_same_text_always_becomes_the_same() -> None:
    assert extended("a lighthouse at dusk") == extended("a lighthouse at dusk")


def test_other_texts_become_other_things() -> None:
    added = {extended(f"a lighthouse {number}").partition(", ")[2] for number in range(200)}
    assert len(added) > 20


@pytest.mark.parametrize(
    ("text", "start"),
    [("a fox", "a fox, "), ("a fox.", "a fox. "), ("a fox ", "a fox "), ("灯塔", "灯塔，"), ("灯塔。", "灯塔。")],
)
def test_what_is_added_is_joined_as_its_language_joins(text: str, start: str) -> None:
    longer = extended(text)
    assert longer.startswith(start)
    assert not longer.removeprefix(start).startswith((" ", ",", "，"))
    assert longer.endswith("。" if "灯" in text else ".")


def test_chinese_is_extended_in_chinese() -> None:
    assert extended("灯塔").isascii() is False
    assert not any(char.isascii() and char.isalpha() for char in extended("灯塔"))
