"""Random requests over sockets: the mock answers each as it means to, and keeps its memory."""

import pytest

from benchmarks.mock_fuzz import GROWTH, fuzzed_mock

HALF = 10_000
SEED = 1

pytestmark = pytest.mark.slow


def test_random_requests_are_answered_without_an_unplanned_failure() -> None:
    with fuzzed_mock() as mock:
        mock.send(HALF, SEED)
        half = mock.peak()
        mock.send(HALF, SEED, HALF)
        assert (mock.unplanned, mock.complaints()) == ([], "")
        assert mock.statuses.total() == 2 * HALF
        assert {200, 204, 400, 401, 404, 405, 429, 500, 502, 503} <= mock.statuses.keys()
        assert mock.peak() - half < GROWTH
