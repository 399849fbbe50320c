"""A scenario that has no effect on a response is named in a header and in the console."""

from collections.abc import Iterator

import pytest

from gateway_contract.contract.definition import Contract
from tests.mock_server.admin.seen import Body, Seen, seen

WARNING = "x-mock-warning"


@pytest.fixture(scope="module")
def mock(powertokens: Contract) -> Iterator[Seen]:
    with seen([powertokens]) as served:
        yield served


@pytest.mark.parametrize(
    ("scenario", "changes", "warning"),
    [
        ("invalid-base64", {}, "invalid-base64 has no effect on this response: it needs images within the response"),
        ("link-404", {"n": 99}, "link-404 has no effect on this response: it needs links to images"),
        ("no-images", {"n": 99}, "no-images has no effect on this response: it needs images"),
        ("fewer-images(by=5)", {"n": 2}, "fewer-images leaves no image: by must be at most 2; got 5"),
        ("fewer-images(by=0)", {}, "fewer-images has no effect on this response: it needs images"),
        (
            "latency(1ms) + invalid-base64 + link-html",
            {},
            "invalid-base64 has no effect on this response: it needs images within the response",
        ),
        (
            "chaos(rate=1, seed=7, of=invalid-base64)",
            {},
            "invalid-base64 has no effect on this response: it needs images within the response",
        ),
        (
            "rate-limit + latency(1ms)",
            {},
            "latency(1ms) has no effect on this response: it needs a place before rate-limit",
        ),
        (
            "seed-float32",
            {"seed": 7},
            "defect(seed-float32) has no effect on this response: it needs a request that the gateway handles wrongly",
        ),
        (
            "upstream(rate-limit)",
            {"n": 99},
            "upstream(rate-limit) has no effect on this response: it needs a request that reaches the upstream",
        ),
    ],
)
def test_what_has_no_effect_is_told(mock: Seen, order: Body, scenario: str, changes: Body, warning: str) -> None:
    answer = mock.ask("powertokens", {**order, **changes}, {"x-mock-scenario": scenario})
    assert answer.headers[WARNING] == warning
    for page in ("/", f"/requests/{mock.mock.journal.last_id}"):
        assert warning in mock.http.get(page).text


@pytest.mark.parametrize(
    "scenario",
    [
        "link-404",
        "link-slow(1ms)",
        "no-images",
        "fewer-images",
        "fewer-images(by=2)",
        "latency(1ms)",
        "latency-per-image(1ms)",
        "rate-limit",
        "latency(1ms) + rate-limit",
        "defect(seed-dropped-when-falsy)",
        "data-first-image-only",
        "upstream(rate-limit)",
    ],
)
def test_what_has_an_effect_is_not_told(mock: Seen, order: Body, scenario: str) -> None:
    answer = mock.ask("powertokens", {**order, "n": 2, "seed": 0}, {"x-mock-scenario": scenario})
    assert WARNING not in answer.headers
