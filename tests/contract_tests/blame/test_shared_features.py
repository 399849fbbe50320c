"""What rejections share is stated with its numbers, and nothing is where it would only be a guess."""

import pytest

from contract_tests.blame.shared_features import SharedFeatures
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.values.json_value import Json
from tests.contract_tests.three_contracts import POWERTOKENS, base, exchange

PLAIN = base(POWERTOKENS)


def sent(status: int, said: str = "", **fields: Json) -> Exchange:
    return exchange({**PLAIN, **fields}, status, {"error": {"message": said}})


def note(*tried: Exchange) -> str:
    return SharedFeatures(POWERTOKENS, tried).note(next(one for one in tried if not one.accepted))


@pytest.mark.parametrize(
    ("tried", "told"),
    [
        (
            [sent(400), sent(400, seed=0), sent(200, n=1), sent(200, n=2, seed=7), sent(200, n=2)],
            "refused whenever n is left out: 2 of 2; accepted otherwise: 3 of 3",
        ),
        (
            [sent(400, seed=0), sent(400, seed=0, n=2), sent(200, seed=7), sent(200)],
            "refused whenever seed is 0: 2 of 2; accepted otherwise: 2 of 2",
        ),
        (
            [sent(400, seed=0), sent(400, seed=7), sent(200), sent(200, n=2)],
            "refused whenever seed is given: 2 of 2; accepted otherwise: 2 of 2",
        ),
        (
            [sent(400, "n", n=6), sent(400, "n", n=6, seed=7), sent(400, "s", seed=0), sent(200), sent(200, n=1)],
            "refused whenever n is 6: 2 of 2; accepted otherwise: 2 of 3",
        ),
    ],
    ids=["a field is left out", "a value", "a field is given", "of two causes"],
)
def test_what_all_rejections_share_and_nothing_accepted_has_is_stated(tried: list[Exchange], told: str) -> None:
    assert note(*tried) == told


@pytest.mark.parametrize(
    "tried",
    [
        [sent(400, n=6), sent(200), sent(200, n=1)],
        [sent(400, n=6), sent(400, n=6), sent(200)],
        [sent(400, n=6), sent(400, seed=0), sent(200), sent(200, n=1)],
        [sent(400, n=6), sent(400, n=6, seed=0), sent(200, n=6), sent(200)],
    ],
    ids=["one rejection", "one accepted", "nothing is shared", "one was accepted with it"],
)
def test_nothing_is_stated_that_is_not_known(tried: list[Exchange]) -> None:
    assert note(*tried) == ""
