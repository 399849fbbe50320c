"""A rule is one promise that can be checked."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway_contract.document import Place
from gateway_contract.rules.examined import Examined
from gateway_contract.rules.finding import Finding


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One promise: where it comes from, what it says, and how an exchange is judged by it. Compared by identity.

    `judge` answers None for an exchange that does not bear on the rule. `dormant` says why no request can.
    """

    id: str
    kind: str
    subject: str | None
    level: str  # documented or expected
    clause: str | None
    statement: str
    place: Place
    judge: Callable[[Examined], Finding | None] = field(repr=False)
    pointer: str | None = None  # into the request, where the rule is about a field
    dormant: str | None = None
