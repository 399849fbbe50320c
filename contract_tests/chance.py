"""How rare a fault may be and still be unseen, by the number of exchanges that showed none."""

import math
from dataclasses import dataclass

from gateway_contract.rules.rule import RuleKind

REPEATED_KINDS = frozenset({RuleKind.MAPPING, RuleKind.PRESERVATION})
"""Of the rules that one upstream call decides, and that are repeated to exclude rare faults."""

USUAL_LEVEL = 0.99
"""The confidence with which reports say what is excluded where nobody asks for another."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """A `level` from 0 to 1, and the share of all exchanges in which a fault shows that is to be excluded by it."""

    level: float
    rare: float

    @property
    def clean_tries(self) -> int:
        """How many exchanges without a failure exclude such a fault: 90 for 5 % at 99 %."""
        return math.ceil(math.log1p(-self.level) / math.log1p(-self.rare))


@dataclass(frozen=True, slots=True)
class Repeated:
    """What was sent to exclude rare faults; `short` are the rules, by id, that got too few exchanges."""

    confidence: Confidence
    requests: int
    short: tuple[str, ...]


def rarest_excluded(clean: int, level: float) -> float:
    """The share of exchanges in which a fault must show to be excluded by so many exchanges without a failure."""
    return -math.expm1(math.log1p(-level) / clean)
