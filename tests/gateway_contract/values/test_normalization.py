"""A normalisation changes the form of a value, a match forgives a difference; neither touches anything else."""

import pytest

from gateway_contract.values.json_value import Json
from gateway_contract.values.normalization import MATCHES, NORMALIZATIONS


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("1024x768", "1024*768"), ("1024*768", "1024*768"), ("big", "big"), ("2K", "2K"), (5, 5), (None, None)],
)
def test_a_size_goes_upstream_with_an_asterisk(value: Json, wanted: Json) -> None:
    assert NORMALIZATIONS["image-size"](value) == wanted


@pytest.mark.parametrize("seen", ["model-2.0", "model-2.0-2026-03-03", "model-2.0-20260303"])
def test_a_dated_snapshot_is_the_same_model(seen: str) -> None:
    assert MATCHES["dated-snapshot"]("model-2.0", seen)


@pytest.mark.parametrize("seen", ["model-2x0", "model-2.0-pro", "model-2.0-2026", "model", "", None, 7, "model-2.0\n"])
def test_another_model_is_not(seen: Json) -> None:
    assert not MATCHES["dated-snapshot"]("model-2.0", seen)


def test_what_is_no_text_matches_only_itself() -> None:
    assert MATCHES["dated-snapshot"](7, 7.0)
    assert not MATCHES["dated-snapshot"](7, "7")
    assert MATCHES["exact"]({"a": 1}, {"a": 1.0})
    assert not MATCHES["exact"]("model", "model-2026-03-03")
