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
    """One rule's judgement of one exchange. Expected and observed read as `0 at /parameters/x` and `dropped`."""

    outcome: Outcome
    expected: str = ""
    observed: str = ""


PASS = Finding(Outcome.PASS)


def failing(expected: str, observed: str) -> Finding:
    return Finding(Outcome.FAIL, expected, observed)


def inconclusive(why: str) -> Finding:
    return Finding(Outcome.INCONCLUSIVE, observed=why)
