"""Why a rule was not judged: its requests were not sent, or were sent and showed nothing of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contract_tests.client.case import Case
from contract_tests.planning.worth import conforming_exchange
from contract_tests.results import MISSING, UNSEEN, RuleVerdict, Verdict
from gateway_contract.contract.definition import Contract
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.rules.rule import Outcome, Rule, Shown
from gateway_contract.traffic.exchange import Observation

NOTHING_SHOWN = "requests about it were sent, but no response could decide it"
ANY = frozenset({None, *Shown})


@dataclass(frozen=True, slots=True)
class PlannedRequests:
    """The requests that were `sent` and got a response, and those `unsent`, each with the reason.

    `otherwise` is why rules were not judged about which no single one of these requests is; empty where nobody knows.
    """

    observed: Observation
    sent: Sequence[Case]
    unsent: Mapping[Case, str]
    otherwise: str = ""


@dataclass(slots=True)
class _Shown:
    """What the requests show of rules at a gateway that conforms."""

    unsent: dict[Rule, str] = field(default_factory=dict)  # the reason why it was not shown
    sent: set[Rule] = field(default_factory=set)
    hidden: dict[Rule, str] = field(default_factory=dict)  # why no response shows it


def with_reasons(
    contract: Contract, verdicts: Iterable[RuleVerdict], requests: PlannedRequests
) -> tuple[RuleVerdict, ...]:
    """The verdicts, of which those that are open say why.

    A rule was not run if no request that decides it was sent, and is inconclusive if only some were. So it is if they
    were sent and showed nothing, or if none of the plan can decide it from its response: no budget would be enough.
    """
    found = tuple(verdicts)
    missing = {one.rule: sides for one in found if (sides := _missing_sides(one))}
    if not missing:
        return found
    shown = _shown(contract, missing, requests)
    return tuple(_explained(one, shown, requests) if one.rule in missing else one for one in found)


def _missing_sides(one: RuleVerdict) -> frozenset[Shown | None]:
    """What a request would have to show; nothing for a verdict that is decided, or open for another reason."""
    if one.verdict is Verdict.NOT_RUN and one.reason == UNSEEN:
        return ANY
    return frozenset(side for side, reason in MISSING.items() if one.reason == reason)


def _shown(contract: Contract, missing: Mapping[Rule, frozenset[Shown | None]], requests: PlannedRequests) -> _Shown:
    shown = _Shown()
    sees_all = requests.observed is Observation.TWO_SIDED
    for case in (*requests.unsent, *requests.sent):
        for one in judge(contract, missing, conforming_exchange(contract, case)):
            if not isinstance(one, Judgement):
                continue
            if one.finding.outcome is Outcome.INCONCLUSIVE and not sees_all:
                shown.hidden.setdefault(one.rule, one.finding.observed)
            elif one.finding.shows in missing[one.rule]:
                if case in requests.unsent:
                    shown.unsent.setdefault(one.rule, requests.unsent[case])
                else:
                    shown.sent.add(one.rule)
    return shown


def _explained(one: RuleVerdict, shown: _Shown, requests: PlannedRequests) -> RuleVerdict:
    rule = one.rule
    if rule in shown.unsent:
        reason = shown.unsent[rule]
        verdict = Verdict.INCONCLUSIVE if rule in shown.sent else one.verdict
        return replace(one, verdict=verdict, reason=reason, is_left_out=reason != UNSEEN)
    if one.verdict is not Verdict.NOT_RUN:
        return one
    if rule in shown.sent:
        return replace(one, verdict=Verdict.INCONCLUSIVE, reason=NOTHING_SHOWN)
    if rule in shown.hidden:
        return replace(one, verdict=Verdict.INCONCLUSIVE, reason=shown.hidden[rule])
    is_left_out = requests.observed is Observation.TWO_SIDED and bool(requests.otherwise)
    return replace(one, reason=requests.otherwise or UNSEEN, is_left_out=is_left_out)
