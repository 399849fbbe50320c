"""How many clean exchanges exclude a rare fault, and how rare a fault some exclude."""

import pytest

from contract_tests.chance import Confidence, rarest_excluded


@pytest.mark.parametrize(
    ("level", "rare", "tries"), [(0.99, 0.05, 90), (0.99, 0.01, 459), (0.95, 0.05, 59), (0.5, 0.5, 1)]
)
def test_so_many_clean_tries_exclude_a_fault_of_this_rate(level: float, rare: float, tries: int) -> None:
    assert Confidence(level, rare).clean_tries == tries
    assert rarest_excluded(tries, level) <= rare + 1e-12
    assert tries == 1 or rarest_excluded(tries - 1, level) > rare
