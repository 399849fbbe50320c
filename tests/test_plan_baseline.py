"""The same seed sends the same requests as it did when `plan_baseline.json` was recorded.

Where other requests are meant, `python -m tests.planned_requests` records them.
"""

import orjson
import pytest

from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract
from tests.planned_requests import BASELINE, Recorded, planned_requests

RECORDED: dict[str, Recorded] = orjson.loads(BASELINE.read_bytes())


def test_both_contracts_are_recorded() -> None:
    assert set(RECORDED) == set(BUNDLED)


@pytest.mark.slow
@pytest.mark.parametrize("name", BUNDLED)
def test_the_same_seed_sends_the_recorded_requests(name: str) -> None:
    planned = planned_requests(load_contract(contract_path(name)))
    assert digests(planned) == digests(RECORDED[name])
    assert planned == RECORDED[name], "the requests are as recorded, and some of their names are not"


def digests(requests: Recorded) -> dict[str, list[str]]:
    return {part: [digest for _, digest in named] for part, named in requests.items()}
