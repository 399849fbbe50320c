"""A rule is one promise that can be checked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Literal

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import Validity, validity_of
from gateway_contract.document.node import DocumentError, Errors, Place
from gateway_contract.schema.constraint import Constraint, Level
from gateway_contract.traffic.exchange import Credential, Exchange, RequestForm, UpstreamCall
from gateway_contract.values.ambiguous_names import values_in_other_case
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, Nothing
from gateway_contract.values.pointer import is_within, read


@dataclass(frozen=True, slots=True)
class Evidence:
    """What judges look at. `call` is the upstream call that made the images, or the last one that was tried."""

    contract: Contract
    exchange: Exchange
    validity: Validity
    authorized: bool
    ordinary: bool  # the contract's own method, no failure of the upstream on purpose, not rejected in an unusual form
    call: UpstreamCall | Literal[Nothing.ABSENT, Nothing.UNOBSERVED]

    @property
    def body(self) -> Json | Literal[Nothing.ABSENT]:
        return self.exchange.request.body

    @property
    def accepted(self) -> bool:
        return self.ordinary and self.authorized and self.exchange.accepted

    @property
    def blames_no_field(self) -> bool:
        """Whether the request was tried again, and what became of it is the fault of nothing that it holds."""
        return self.exchange.essential == frozenset()

    def sent(self, pointer: str) -> Json | Literal[Nothing.ABSENT]:
        return read(self.body, pointer)

    def is_open(self, pointer: str) -> bool:
        """Whether the page is silent on the value that was sent for a field, or on which of several values counts."""
        is_silent = any(is_within(pointer, silent) for silent in self.validity.open_fields)
        return is_silent or bool(values_in_other_case(self.body, pointer))

    def breaks_only(self, constraint: Constraint) -> bool:
        """Whether a body breaks one constraint, and nothing else in it is a reason to refuse it."""
        return self.validity.broken == {constraint} and not self.validity.open_because

    def is_valid(self, pointer: str) -> bool:
        """Whether the value that was sent for a field is valid by itself, whatever else the body holds."""
        broken = [constraint.pointer for constraint in self.validity.broken]
        return not any(is_within(pointer, other) or is_within(other, pointer) for other in broken)

    def effective(self, pointer: str) -> Json | Literal[Nothing.ABSENT]:
        """The value of a field, or the default that the contract states for it, or ABSENT."""
        sent = self.sent(pointer)
        if sent is ABSENT and self.body is not ABSENT:
            return self.contract.request.default(pointer, self.body)
        return sent


def evidence_of(contract: Contract, exchange: Exchange) -> Evidence:
    request = exchange.request
    return Evidence(
        contract=contract,
        exchange=exchange,
        validity=validity_of(contract, request.body),
        authorized=request.credential in {Credential.RIGHT, Credential.UNKNOWN},
        ordinary=is_ordinary(contract, exchange),
        call=_call(exchange),
    )


def is_ordinary(contract: Contract, exchange: Exchange) -> bool:
    """Whether rules about fields may judge an exchange. What is rejected in an unusual form may be so for its form."""
    usual = (exchange.accepted or exchange.request.form is RequestForm.PLAIN) and not exchange.is_connections_fault
    is_special = exchange.played is not None or exchange.follows is not None or exchange.is_about_keys
    return usual and is_own_method(contract, exchange) and not is_special


def is_own_method(contract: Contract, exchange: Exchange) -> bool:
    return exchange.request.method == contract.operation.method


def _call(exchange: Exchange) -> UpstreamCall | Literal[Nothing.ABSENT, Nothing.UNOBSERVED]:
    if exchange.upstream is UNOBSERVED:
        return UNOBSERVED
    generating = [call for call in exchange.upstream if call.generated]
    return next(iter(generating or exchange.upstream[-1:]), ABSENT)


class RuleKind(StrEnum):
    """What a rule is about."""

    RANGE = "range"
    DEFAULT = "default"
    MAPPING = "mapping"
    PRESERVATION = "preservation"
    AUTHORIZATION = "authorization"
    RESPONSE = "response"
    ERROR = "error"
    ISOLATION = "isolation"
    RESILIENCE = "resilience"


class Outcome(Enum):
    """What an exchange says of a rule; the worst one counts."""

    PASS = "pass"  # noqa: S105 # not a password
    INCONCLUSIVE = "inconclusive"  # it bears on the rule, and what decides it could not be observed
    FAIL = "fail"


class Shown(Enum):
    """What one exchange can show of a limit on requests; either alone proves nothing."""

    ACCEPTED = "a request with an allowed value was accepted, at the bound where there is one"
    REFUSED = "a request that breaks only this was refused, or mended as the contract allows"


BOTH_SIDES = frozenset(Shown)


class FindingKind(StrEnum):
    """What a gateway does, as far as failures of different rules can have it alike."""

    OTHER = "other"
    ACCEPTED = "accepted"  # an invalid request
    CONVERTED = "converted"  # an invalid value
    BROKE = "broke"  # on an invalid request: neither accepted nor rejected
    REJECTED = "rejected"  # a valid request
    DROPPED = "dropped"  # a value on its way upstream; likewise the following
    CHANGED = "changed"
    MISPLACED = "misplaced"
    INJECTED = "injected"
    CARRIED = "carried"  # values of another request


@dataclass(frozen=True, slots=True)
class ObservedConversion:
    """An invalid value, the one that was taken for it, and what the page says that it must be; all as text."""

    sent: str
    meaning: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's judgement of one exchange. Expected and observed read as `0 at /parameters/x` and `dropped`.

    `note` is what it takes, where somebody tried: `with n 6` or `in 3 of 10 tries`.
    """

    outcome: Outcome
    expected: str = ""
    observed: str = ""
    note: str = ""
    shows: Shown | None = None
    kind: FindingKind = FindingKind.OTHER
    conversion: ObservedConversion | None = None  # where the kind is CONVERTED

    @property
    def told(self) -> str:
        """What was observed, and what it takes."""
        return ", ".join(filter(None, (self.observed, self.note)))


PASS = Finding(Outcome.PASS)
ACCEPTED = Finding(Outcome.PASS, shows=Shown.ACCEPTED)
REFUSED = Finding(Outcome.PASS, shows=Shown.REFUSED)


def failing(expected: str, observed: str, kind: FindingKind = FindingKind.OTHER) -> Finding:
    return Finding(Outcome.FAIL, expected, observed, kind=kind)


def inconclusive(why: str) -> Finding:
    return Finding(Outcome.INCONCLUSIVE, observed=why)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One promise: where it comes from, what it says, and how an exchange is judged by it. Compared by identity.

    `judge` answers None for an exchange that does not bear on the rule. `untestable` says why no request can.
    `skips_retry_later` is set where a response that only asks to try again later says nothing. `needs` is what
    exchanges must show before the rule counts as passed.
    """

    id: str
    kind: RuleKind
    subject: str | None
    level: Level
    clause: str | None
    statement: str
    place: Place
    judge: Callable[[Evidence], Finding | None] = field(repr=False)
    pointer: str | None = None  # into the request, where the rule is about a field
    skips_retry_later: bool = False
    untestable: str | None = None
    needs: frozenset[Shown] = frozenset()
    clause_text: str | None = None  # what the page says


@dataclass(frozen=True, slots=True)
class Source:
    """What rules are derived from; `errors` are what keeps some of them from being rules."""

    contract: Contract
    errors: Errors = field(default_factory=Errors)

    def rule(
        self,
        kind: RuleKind,
        subject: str | None,
        name: str,
        clause: str | None,
        statement: str,
        place: Place,
        judge: Callable[[Evidence], Finding | None],
        *,
        level: Level | None = None,
        pointer: str | None = None,
        untestable: str | None = None,
        skips_retry_later: bool = False,
        needs: frozenset[Shown] = frozenset(),
        named: str | None = None,
    ) -> Rule:
        """A rule of this contract; `named` stands in its id where it has no subject."""
        said = self.contract.clauses.get(clause or "")
        full_name = f"{subject or named}/{name}"
        return Rule(
            id=f"{self.contract.name}/{full_name}",
            kind=kind,
            subject=subject,
            level=self._level(full_name, clause, level, place),
            clause=clause,
            statement=statement,
            place=place,
            judge=judge,
            pointer=pointer,
            untestable=untestable,
            skips_retry_later=skips_retry_later,
            needs=needs,
            clause_text=None if said is None else said.says,
        )

    def _level(self, name: str, clause: str | None, level: Level | None, place: Place) -> Level:
        """How strongly a rule is promised: as it says itself, or else as its clause is.

        Documented where a contract lists no clauses at all, and where the clause is wrong.
        """
        if not self.contract.clauses or (level and not clause):
            return level or Level.DOCUMENTED
        found = self.contract.clauses.get(clause or "")
        if found is None:
            problem = f"clause {clause} is not listed" if clause else f"no clause for the rule {name}"
            self.errors.found.append(DocumentError(place, problem, "set x-clause to one of x-clauses"))
            return Level.DOCUMENTED
        if found.level is Level.NOT_JUDGED:
            problem = f"clause {clause} is not judged"
            self.errors.found.append(DocumentError(place, problem, "a rule needs a clause that is"))
        return level or found.level
