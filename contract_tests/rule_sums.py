"""The verdict on each rule, summed up over all that exchanges showed of it."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from contract_tests.results import (
    MISSING,
    NO_ACCEPTED,
    NOT_TRIED_AGAIN,
    UNBREAKABLE,
    UNSEEN,
    FailingExchange,
    RuleVerdict,
    Verdict,
)
from gateway_contract.rules.judge import Judgement
from gateway_contract.rules.rule import FindingKind, Outcome, Rule, RuleKind, Shown
from gateway_contract.traffic.exchange import Answer

ABOUT_REFUSALS = frozenset({RuleKind.RANGE, RuleKind.AUTHORIZATION})
TOO_LONG = 413


def state_body_limit(judgements: Sequence[Judgement]) -> list[Judgement]:
    """The judgements, in which failures by 413 say from how many bytes on a body is refused, where length decides."""
    lengths: dict[bool, set[int]] = {True: set(), False: set()}
    for one in judgements:
        if one.exchange.accepted or _is_too_long(one):
            lengths[one.exchange.accepted].add(len(one.exchange.request.content))
    largest, smallest = max(lengths[True], default=0), min(lengths[False], default=0)
    if largest >= smallest:
        return list(judgements)
    told = f"413: bodies from {smallest} bytes on are refused"
    note = f"bodies of {largest} bytes are accepted" if largest else ""
    return [
        replace(one, finding=replace(one.finding, observed=told, note=note))
        if _is_too_long(one) and one.finding.outcome is Outcome.FAIL
        else one
        for one in judgements
    ]


def _is_too_long(one: Judgement) -> bool:
    answer = one.exchange.answer
    rejected = one.finding.kind is FindingKind.REJECTED and one.rule.pointer is None
    return isinstance(answer, Answer) and answer.status == TOO_LONG and rejected


def sum_up(
    rules: Sequence[Rule],
    judgements: Iterable[Judgement],
    unbreakable: Container[str] = frozenset(),
    unconfirmed: Container[str] = frozenset(),
) -> tuple[RuleVerdict, ...]:
    """The verdict of each rule.

    `unbreakable` are ids of rules that no planned request breaks alone, and `unconfirmed` of those whose failures were
    not tried again: that may have been chance, or a gateway that broke down. Refusals prove nothing where the gateway
    accepted no valid request at all.
    """
    by_rule: dict[str, list[Judgement]] = {}
    accepted = False
    for judgement in state_body_limit(list(judgements)):
        by_rule.setdefault(judgement.rule.id, []).append(judgement)
        accepted = accepted or judgement.exchange.accepted

    def unseen(rule: Rule) -> str:
        return rule.untestable or (UNBREAKABLE if rule.id in unbreakable else UNSEEN)

    def verdict(rule: Rule) -> RuleVerdict:
        judged = by_rule.get(rule.id, [])
        if not judged:
            return RuleVerdict(rule, Verdict.NOT_RUN, 0, reason=unseen(rule))
        if rule.id in unconfirmed:
            return RuleVerdict(rule, Verdict.INCONCLUSIVE, len(judged), reason=NOT_TRIED_AGAIN)
        found = _verdict(rule, judged, hollow=not accepted)
        if found.verdict is not Verdict.PASS or not (missing := _missing(rule, judged)):
            return found
        if Shown.REFUSED in missing and rule.id in unbreakable:
            return RuleVerdict(rule, Verdict.NOT_RUN, 0, reason=unseen(rule))
        return replace(found, verdict=Verdict.INCONCLUSIVE, reason=MISSING[missing[0]])

    found = map(verdict, rules)
    return tuple(replace(one, judged=_decided(by_rule[one.rule.id])) if one.exchanges else one for one in found)


def _decided(judged: Sequence[Judgement]) -> int:
    return sum(one.finding.outcome is not Outcome.INCONCLUSIVE for one in judged)


def _missing(rule: Rule, judged: Iterable[Judgement]) -> list[Shown]:
    """What a rule needs and no exchange showed."""
    shown = {one.finding.shows for one in judged}
    return [side for side in Shown if side in rule.needs and side not in shown]


def _verdict(rule: Rule, judged: Sequence[Judgement], *, hollow: bool) -> RuleVerdict:
    failing = [FailingExchange(one.exchange, one.finding) for one in judged if one.finding.outcome is Outcome.FAIL]
    if hollow and rule.kind in ABOUT_REFUSALS and rule.subject is not None:
        # A gateway that breaks on right requests as well has not shown what it does with wrong ones.
        failing = [one for one in failing if one.exchange.accepted or one.exchange.refused]
    if failing:
        ordered = sorted(failing, key=lambda one: _order(rule, one))
        return RuleVerdict(rule, Verdict.FAIL, len(judged), tuple(ordered))
    if any(one.finding.outcome is Outcome.PASS for one in judged):
        if hollow:
            return RuleVerdict(rule, Verdict.INCONCLUSIVE, len(judged), reason=NO_ACCEPTED)
        return RuleVerdict(rule, Verdict.PASS, len(judged))
    reason = NO_ACCEPTED if judged[0].finding.outcome is Outcome.FAIL else judged[0].finding.observed
    return RuleVerdict(rule, Verdict.INCONCLUSIVE, len(judged), reason=reason)


def _order(rule: Rule, one: FailingExchange) -> tuple[bool, int, bool, bytes, str]:
    """Where a failure stands among those of its rule: the same one in each run, whichever came first."""
    content, essential = one.exchange.request.content, one.exchange.essential
    of_another = one.finding.kind is FindingKind.REJECTED and bool(essential) and rule.pointer not in (essential or ())
    return of_another, len(content), not one.finding.note, content, one.exchange.name
