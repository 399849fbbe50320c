"""What a run says in the end: a verdict per rule, summed over its findings, and one for the gateway."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from signal import Signals
from typing import Literal

from contract_tests.chance import USUAL_LEVEL, Repeated
from contract_tests.ending import SHELL_OFFSET, Cause, Ended, time_used_up
from contract_tests.images_needed import ImagesNeeded
from contract_tests.waivers import Waiver, is_meant
from gateway_contract.contract.coverage import Untested
from gateway_contract.contract.validity import BeyondUpstream
from gateway_contract.rules.rule import Finding, Rule, Shown
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Exchange, Observation, Request
from gateway_contract.values.json_value import ABSENT, Json, Nothing


class Verdict(Enum):
    PASS = "pass"  # noqa: S105 # not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"  # requests were sent, and what decides it could not be observed
    WAIVED = "waived"  # it fails, and the user accepts that until a day
    NOT_RUN = "not-run"  # what decides it was not sent


class Conformance(Enum):
    CONFORMS = "conforms"
    VIOLATES = "violates"
    NOT_TESTED = "not-tested"


EXIT_STATUS = {Conformance.CONFORMS: 0, Conformance.VIOLATES: 1, Conformance.NOT_TESTED: 2}
DEMAND_UNMET = 3
"""The exit status of runs that conform but do not show all that the user demands."""


@dataclass(frozen=True, slots=True)
class FailingExchange:
    """One failing exchange of a rule."""

    exchange: Exchange
    finding: Finding


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """A rule's sum. `reason` says why there is no judgement; `judged` exchanges passed or failed.

    `is_left_out` is whether planned requests that decide it were not sent, for this reason.

    `failures` begin with those that follow from no other field's failure, of these with the smallest request; of equal
    ones that of which is known what it takes is the first.
    """

    rule: Rule
    verdict: Verdict
    exchanges: int
    failures: tuple[FailingExchange, ...] = ()
    reason: str = ""
    judged: int = 0
    waiver: Waiver | None = None
    is_left_out: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """`images` were received. `images_billed` may have been billed, and count against the `budget`; None: no budget."""

    requests: int = 0
    images: int = 0
    images_asked: int = 0
    images_billed: int = 0
    budget: int | None = None
    upstream_calls: int = 0
    foreign_calls: int = 0  # upstream calls that the run did not cause


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What was sent beyond the plan; `found` is how many rules that alone showed to be broken."""

    requests: int
    rounds: int
    found: int


@dataclass(frozen=True, slots=True)
class Selection:
    """How many rules of a contract a keyword expression selects; "" selects all."""

    keyword: str
    selected: int  # so far: 0 until the expression was applied
    of: int

    @property
    def is_partial(self) -> bool:
        return self.selected < self.of


@dataclass(frozen=True, slots=True)
class UsedOption:
    """An option of a run, as the configuration would say it, and who gave it. A secret has no value here."""

    key: str
    origin: str
    value: Json | Literal[Nothing.ABSENT] = field(default=ABSENT, compare=False)  # which cannot always be hashed


@dataclass(frozen=True, slots=True)
class Run:
    """All that a report tells of one contract against one gateway. `not_tested` is why there was no test."""

    contract: str
    contract_digest: str  # of all documents that the contract was read from
    gateway: str
    observed: Observation
    seed: int
    started_at: datetime
    seconds: float
    cost: Cost
    verdicts: tuple[RuleVerdict, ...]
    baseline: Request  # plain and valid: what other requests are compared to
    selection: Selection
    strict: bool = False
    not_tested: str = ""
    our_errors: tuple[str, ...] = ()
    token_lost: str = ""  # since when the token is not accepted any more
    reason_not_run: str = ""  # why what was not run was not run, where that is no choice of the user's
    budget_used_up: int | None = None  # images, where the budget left out planned requests
    time_used_up: float | None = None  # seconds, where the time was too short for planned requests
    fuzzed: Fuzzed | None = None
    repeated: Repeated | None = None
    confidence: float = USUAL_LEVEL  # with which the report says how rare a fault is excluded
    slow: tuple[str, ...] = ()  # answers that took longer than they may, where that may be the gateway's speed
    information: tuple[str, ...] = ()  # for the gateway's owner; of no contract
    untested: tuple[Untested, ...] = ()  # statements of the contract that no rule tests
    beyond_upstream: tuple[BeyondUpstream, ...] = ()
    ended_by: Signals | None = None
    ended: Ended = Ended.COMPLETE
    problem: Cause = Cause.GATEWAY  # what `not_tested` is about, unless the run says more
    name: str = ""  # of the gateway in the configuration
    options: tuple[UsedOption, ...] = ()
    strength: int = 0  # every valid combination of values of so many fields was sent; 0: some values were not
    images_needed: ImagesNeeded | None = None  # where somebody pays for them
    demand: str | None = None  # a pattern of ids of rules that must pass or fail; "" for all documented ones
    waivers: tuple[Waiver, ...] = ()
    stale_waivers: tuple[Waiver, ...] = ()  # of which no rule fails any more

    @property
    def conformance(self) -> Conformance:
        if self.not_tested or self.our_errors:
            return Conformance.NOT_TESTED
        return Conformance.VIOLATES if any(map(self.counts, self.verdicts)) else Conformance.CONFORMS

    @property
    def cause(self) -> Cause | None:
        """What kept the gateway from being tested; None where it was, is being tested, or a signal ended the run."""
        if self.conformance is not Conformance.NOT_TESTED or self.ended in {Ended.RUNNING, Ended.INTERRUPTED}:
            return None
        if self.our_errors:
            return Cause.SUITE
        if self.token_lost:
            return Cause.TOKEN
        return {Ended.MAX_TIME: Cause.TIME, Ended.BUDGET: Cause.BUDGET}.get(self.ended, self.problem)

    @property
    def undecided_demands(self) -> tuple[RuleVerdict, ...]:
        """The verdicts of rules that must pass or fail and do neither; nothing where there was no test at all."""
        if self.demand is None or self.not_tested:
            return ()
        return tuple(one for one in self.verdicts if one.verdict in UNDECIDED and is_required(one.rule, self.demand))

    @property
    def exit_status(self) -> int:
        """What the command exits with if it tests nothing else."""
        if self.ended_by is not None:
            return SHELL_OFFSET + self.ended_by
        return EXIT_STATUS[self.conformance] or (DEMAND_UNMET if self.undecided_demands or self.stale_waivers else 0)

    def counts(self, verdict: RuleVerdict) -> bool:
        """Whether a verdict makes the gateway fail: documented rules always, expected ones in a strict run."""
        return verdict.verdict is Verdict.FAIL and (self.strict or verdict.rule.level is Level.DOCUMENTED)


UNDECIDED = frozenset({Verdict.INCONCLUSIVE, Verdict.NOT_RUN})
NOTHING_JUDGED = "no rule could be judged: {reason}"
BUDGET_USED_UP = "{} of {} rules; the budget of {} image{} is used up"
UNTESTED = "no rule tests {} of the contract's statements, which a strict run does not allow; the first: {}"


def require_judgements(run: Run, selected: Container[str]) -> Run:
    """A run that would be green only for want of judgements says instead that it was no test."""
    if run.conformance is not Conformance.CONFORMS:
        return run
    asked = [one for one in run.verdicts if one.rule.id in selected]
    if asked and all(one.verdict in UNDECIDED for one in asked):
        return replace(run, not_tested=run.reason_not_run or NOTHING_JUDGED.format(reason=asked[0].reason))
    missed = any(one.reason == NOT_TRIED_AGAIN or was_kept_from_running(one, run) for one in asked)
    if stopped := run.token_lost or (run.reason_not_run if missed else ""):
        return replace(run, not_tested=stopped)
    if bound := bound_used_up(run, asked):
        return replace(run, not_tested=bound)
    if run.strict and run.untested:
        return replace(run, not_tested=UNTESTED.format(len(run.untested), run.untested[0]))
    return run


def was_kept_from_running(one: RuleVerdict, run: Run) -> bool:
    """Whether a rule was left out for the reason that the run states; of one that went on, only documented rules."""
    matters = run.ended is Ended.STOPPED or one.rule.level is Level.DOCUMENTED
    return matters and one.is_left_out and one.reason == run.reason_not_run


def bound_used_up(run: Run, asked: Sequence[RuleVerdict]) -> str:
    """Which bound left out documented rules, and how many were judged; empty where none did."""
    if not any(map(is_left_out, asked)):
        return ""
    judged = sum(not (one.verdict is Verdict.NOT_RUN or is_left_out(one)) for one in asked)
    budget, seconds = run.budget_used_up, run.time_used_up
    if budget is not None:
        return BUDGET_USED_UP.format(judged, len(run.verdicts), budget, "" if budget == 1 else "s")
    return "" if seconds is None else f"{judged} of {len(run.verdicts)} rules; {time_used_up(seconds)}"


def is_left_out(one: RuleVerdict) -> bool:
    """Whether a documented rule was left out although a request can test it, or failed and was not tried again."""
    if one.rule.level is not Level.DOCUMENTED or one.rule.untestable is not None:
        return False
    return one.reason == NOT_TRIED_AGAIN or one.is_left_out


def is_required(rule: Rule, pattern: str) -> bool:
    """Whether a pattern of ids, with or without the contract's name, means a rule; "" means all documented ones.

    A rule whose condition no listed value can meet is never required.
    """
    if rule.untestable is not None:
        return False
    if not pattern:
        return rule.level is Level.DOCUMENTED
    return is_meant(rule.id, pattern)


UNSEEN = "no request led to a verdict"
NO_ACCEPTED = "no valid request was accepted, so rejections prove nothing"
NOT_TRIED_AGAIN = "failed, and was not tried again"
UNBREAKABLE = "no value breaks this alone"
NEEDS_UPSTREAM = "no request shows it without --upstream"
MISSING: Mapping[Shown, str] = {
    Shown.ACCEPTED: "no request with the last allowed value was accepted, so rejections of others prove nothing",
    Shown.REFUSED: "no request that breaks only this showed anything",
}
