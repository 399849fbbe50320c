"""A finding passes, fails with what was expected and seen, or says why nothing can be said."""

from gateway_contract.rules.finding import PASS, Finding, Outcome, failing, inconclusive


def test_findings_say_what_they_must() -> None:
    assert PASS.outcome is Outcome.PASS
    assert failing("0 at /seed", "dropped") == Finding(Outcome.FAIL, "0 at /seed", "dropped")
    assert inconclusive("not observed") == Finding(Outcome.INCONCLUSIVE, "", "not observed")
