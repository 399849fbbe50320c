"""A finding is what one exchange says of one rule."""

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """What an exchange says of a rule; the worst one counts."""

    PASS = "pass"  # noqa: S105 # not a password
    INCONCLUSIVE = "inconclusive"  # it bears on the rule, and what decides it could not be observed
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's judgement of one exchange. Expected and observed read as `0 at /parameters/x` and `dropped`.

    `note` is what it takes, where somebody tried: `with n 6` or `in 3 of 10 tries`.
    """

    outcome: Outcome
    expected: str = ""
    observed: str = ""
    note: str = ""

    @property
    def told(self) -> str:
        """What was observed, and what it takes."""
        return ", ".join(filter(None, (self.observed, self.note)))


PASS = Finding(Outcome.PASS)


def failing(expected: str, observed: str) -> Finding:
    return Finding(Outcome.FAIL, expected, observed)


def inconclusive(why: str) -> Finding:
    return Finding(Outcome.INCONCLUSIVE, observed=why)
