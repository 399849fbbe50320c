import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.serving.signing import LINK_SECONDS, BadSignatureError, Signer, signer_for

SIGNER = Signer(b"a key")
URL_SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=8))
def test_any_value_comes_back_from_a_text_that_can_stand_in_a_url(value: object) -> None:
    text = SIGNER.sign(value, expires_at=100)
    assert set(text) <= URL_SAFE
    assert SIGNER.read(text, now=99) == value


def test_equal_keys_read_each_others_texts() -> None:
    assert Signer(b"a key").read(SIGNER.sign(["x", 1], 100), 1) == ["x", 1]


def test_another_key_reads_nothing() -> None:
    with pytest.raises(BadSignatureError, match="the signature does not match"):
        Signer(b"another").read(SIGNER.sign("x", 100), 1)


def test_of_one_key_each_purpose_has_a_signer_that_no_other_reads() -> None:
    text = signer_for("gateway", b"a key").sign("x", 100)
    assert signer_for("gateway", b"a key").read(text, 1) == "x"
    for other in (signer_for("upstream", b"a key"), signer_for("gateway", b"another"), Signer(b"a key")):
        with pytest.raises(BadSignatureError, match="the signature does not match"):
            other.read(text, 1)


def test_links_live_a_day_or_as_long_as_their_signer_says() -> None:
    assert (SIGNER.seconds, LINK_SECONDS) == (24 * 3600, 24 * 3600)
    assert signer_for("gateway", b"a key", 2.5).seconds == 2.5


@pytest.mark.parametrize(("now", "readable"), [(99.9, True), (100.0, True), (100.1, False)])
def test_a_text_is_read_until_its_time_is_over(now: float, readable: bool) -> None:  # noqa: FBT001 - a row
    text = SIGNER.sign("x", 100.7)
    if readable:
        assert SIGNER.read(text, now) == "x"
    else:
        with pytest.raises(BadSignatureError, match="expired"):
            SIGNER.read(text, now)


def test_a_text_that_was_good_once_is_past_its_time_later() -> None:
    text = SIGNER.sign("soon over", 100)
    assert SIGNER.read(text, 99) == "soon over"
    with pytest.raises(BadSignatureError, match="expired"):
        SIGNER.read(text, 101)
    with pytest.raises(BadSignatureError, match="the signature does not match"):
        Signer(b"another").read(text, 99)


def test_no_changed_character_goes_unnoticed() -> None:
    text = SIGNER.sign(["a lighthouse", 512], 100)
    for at, character in enumerate(text):
        for other in {"A", "B", "_", "!", "="} - {character}:
            with pytest.raises(BadSignatureError):
                SIGNER.read(text[:at] + other + text[at + 1 :], 1)


@pytest.mark.parametrize("change", ["{}A", "{}=", "{}!", " {}", "{}\n"])
def test_nothing_can_be_added_to_a_text(change: str) -> None:
    with pytest.raises(BadSignatureError):
        SIGNER.read(change.format(SIGNER.sign("x", 100)), 1)


@pytest.mark.parametrize("text", ["", "A", "AAAA", "é", "灯塔", "\ud800", "." * 50])
def test_what_was_never_signed_is_refused(text: str) -> None:
    with pytest.raises(BadSignatureError):
        SIGNER.read(text, 1)
