"""What a run has found so far, and which failures count: those that were tried again."""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace

from contract_tests.blame.minimize import is_rejection
from contract_tests.blame.shared_features import SharedFeatures
from contract_tests.execution.carry_over import CarryOver
from contract_tests.execution.confirmation import is_valid
from contract_tests.execution.internal_errors import InternalErrors
from gateway_contract.contract.definition import Contract
from gateway_contract.rules.judge import JudgeError, Judgement, judge
from gateway_contract.rules.rule import Outcome, Rule
from gateway_contract.traffic.exchange import Exchange


@dataclass(slots=True)
class Findings:
    """`confirmed` are ids of failing rules whose failures were tried again as far as that is done."""

    contract: Contract
    rules: Sequence[Rule]
    errors: InternalErrors
    carry_over: CarryOver
    judgements: list[Judgement] = field(default_factory=list)
    confirmed: set[str] = field(default_factory=set)

    def judge(self, exchange: Exchange) -> None:
        with self.errors.catch(exchange.name):
            for one in judge(self.contract, self.rules, self.carry_over.trace(exchange)):
                if isinstance(one, JudgeError):
                    self.errors.errors.append(one)
                else:
                    self.judgements.append(one)

    def judge_right_ones(self, exchanges: Iterable[Exchange]) -> bool:
        """Judges some exchanges if none of them breaks a rule; whether that is so. Else none of them counts."""
        known = len(self.judgements)
        for exchange in exchanges:
            self.judge(exchange)
        is_right = not _failing_rules(self.judgements[known:])
        if not is_right:
            del self.judgements[known:]
        return is_right

    def with_exchanges(self, exchanges: Iterable[Exchange]) -> "Findings":
        """The same with what some exchanges show; what fails the suite there is told when they are judged for good."""
        found = replace(self, errors=InternalErrors(), judgements=[*self.judgements], confirmed={*self.confirmed})
        for exchange in exchanges:
            found.judge(exchange)
        return found

    def failing(self) -> frozenset[str]:
        """The ids of the rules that are known to be broken."""
        return _failing_rules(self.judgements)

    def unconfirmed(self) -> frozenset[str]:
        """The ids of the rules that failed, where the run was cut short before that was tried again."""
        return self.failing() - self.confirmed

    def confirm(self, judgements: Iterable[Judgement]) -> None:
        self.confirmed |= _failing_rules(judgements)

    def replace(self, one: Judgement, explained: Judgement) -> None:
        """An explanation beside the failure, or in its place where it is about the same exchange."""
        same = explained.exchange is one.exchange
        self.judgements = [other for other in self.judgements if not same or other is not one]
        self.judgements.append(explained)

    def note_rates(self, rules: Container[str]) -> None:
        """Notes beside the failures of some rules, by id, in how many of the exchanges that judged them they showed."""
        decided = [one for one in self.judgements if one.finding.outcome is not Outcome.INCONCLUSIVE]
        judged = Counter(one.rule.id for one in decided)
        failed = Counter(one.rule.id for one in decided if one.finding.outcome is Outcome.FAIL)
        for index, one in enumerate(self.judgements):
            finding, rule = one.finding, one.rule.id
            if finding.outcome is Outcome.FAIL and rule in rules and not finding.note:
                note = f"in {failed[rule]} of {judged[rule]} exchanges"
                self.judgements[index] = replace(one, finding=replace(finding, note=note))

    def note_shared_features(self, planned: Iterable[Exchange]) -> None:
        """Notes beside each rejection of a valid request what all such rejections among the planned ones share."""
        tried = [one for one in planned if is_valid(self.contract, one) and (one.accepted or is_rejection(one))]
        shared = SharedFeatures(self.contract, tried)
        for index, one in enumerate(self.judgements):
            finding, exchange = one.finding, one.exchange
            if finding.outcome is Outcome.FAIL and is_rejection(exchange) and is_valid(self.contract, exchange):
                note = "; ".join(filter(None, (finding.note, shared.note(exchange))))
                self.judgements[index] = replace(one, finding=replace(finding, note=note))


def _failing_rules(judgements: Iterable[Judgement]) -> frozenset[str]:
    return frozenset(one.rule.id for one in judgements if one.finding.outcome is Outcome.FAIL)
