"""A finding passes, fails with what was expected and seen, or says why nothing can be said."""

import pytest

from gateway_contract.rules.rule import PASS, Finding, Outcome, failing, inconclusive


def test_findings_say_what_they_must() -> None:
    assert PASS.outcome is Outcome.PASS
    assert failing("0 at /seed", "dropped") == Finding(Outcome.FAIL, "0 at /seed", "dropped")
    assert inconclusive("not observed") == Finding(Outcome.INCONCLUSIVE, "", "not observed")


@pytest.mark.parametrize(
    ("observed", "note", "told"),
    [
        ("dropped", "with n 6", "dropped, with n 6"),
        ("dropped", "", "dropped"),
        ("", "in 3 of 10 tries", "in 3 of 10 tries"),
    ],
)
def test_a_finding_tells_what_was_observed_and_what_it_takes(observed: str, note: str, told: str) -> None:
    assert Finding(Outcome.FAIL, "", observed, note).told == told
