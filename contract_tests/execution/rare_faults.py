"""Repeats planned requests until a fault as rare as the user names would have shown, for each rule of its own.

What is seen in an upstream call with the request's own correlation id needs no repetition: one loss in ninety calls is
a loss, and trying ten times more would mostly show none. The finding states how often it was seen instead. Such a rule
needs no further requests.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from contract_tests.chance import REPEATED_KINDS, Confidence, Repeated
from contract_tests.client.case import Case
from contract_tests.execution.campaign import Campaign
from contract_tests.planning.plan import with_own_id
from contract_tests.planning.repetition import Alternatives, alternatives, choose, is_repeatable
from contract_tests.report.progress import Phase
from gateway_contract.contract.definition import Contract
from gateway_contract.rules.judge import Judgement
from gateway_contract.rules.rule import Outcome, Rule
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Exchange

MOST_REQUESTS = 400
BATCH = 25
"""Requests between two looks at which rules failed, and need no more."""


@dataclass(slots=True, repr=False)  # asyncio.run writes down what it returns, document by document
class RuleRepetition:
    """`judgements` are those of the run so far. `send` takes cases and how many there will be in all."""

    contract: Contract
    rules: Sequence[Rule]
    planned: Sequence[Case]
    seed: int
    tries: int
    judgements: Callable[[], Sequence[Judgement]]
    send: Callable[[Sequence[Case], int], Awaitable[Sequence[Exchange]]]
    sent: int = field(init=False, default=0)

    async def run(self) -> None:
        """Repeats until no rule needs more, or no request helps, or none is sent or judged any more."""
        options, needed = self._alternatives(), self.needed()
        expected = len(choose(options, needed, MOST_REQUESTS))
        while cases := choose(options, needed, min(BATCH, MOST_REQUESTS - self.sent)):
            repeated = [self._repeated(case, self.sent + number) for number, case in enumerate(cases)]
            exchanges = await self.send(repeated, max(expected, self.sent + len(cases)))
            self.sent += len(exchanges)
            before, needed = needed, self.needed()
            if not exchanges or needed == before:
                return

    def needed(self) -> dict[str, int]:
        """How many more exchanges each rule needs that was judged and has not failed."""
        judged = Counter(one.rule.id for one in self._decided())
        failing = {one.rule.id for one in self._decided() if one.finding.outcome is Outcome.FAIL}
        return {
            rule: self.tries - number for rule, number in judged.items() if number < self.tries and rule not in failing
        }

    def _decided(self) -> list[Judgement]:
        wanted = set(self.rules)
        return [
            one for one in self.judgements() if one.rule in wanted and one.finding.outcome is not Outcome.INCONCLUSIVE
        ]

    def _alternatives(self) -> tuple[Alternatives, ...]:
        judged: dict[str, list[str]] = {}
        for one in self._decided():
            judged.setdefault(one.exchange.name, []).append(one.rule.id)
        by_case = {
            case: judged[case.name]
            for case in self.planned
            if case.name in judged and is_repeatable(self.contract, case)
        }
        return alternatives(by_case, frozenset(rule.id for rule in self.rules if rule.level is Level.DOCUMENTED))

    def _repeated(self, case: Case, number: int) -> Case:
        again = replace(case, name=f"{case.name}, repeated {number + 1}")
        return with_own_id(self.contract, again, self.seed, "repeated", number)


async def exclude_rare_faults(campaign: Campaign, rules: Sequence[Rule], confidence: Confidence) -> Repeated:
    """Repeats what judges the rules of mapping and preservation among these; nothing where no upstream is observed."""
    about = [rule for rule in rules if rule.kind in REPEATED_KINDS]
    if campaign.observer is None:
        return Repeated(confidence, 0, ())
    known = campaign.findings.failing()

    async def send(cases: Sequence[Case], of_phase: int) -> Sequence[Exchange]:
        return await _send_and_judge(campaign, cases, of_phase)

    repetition = RuleRepetition(
        contract=campaign.sender.contract,
        rules=about,
        planned=campaign.plan.cases,
        seed=campaign.seed,
        tries=confidence.clean_tries,
        judgements=lambda: campaign.findings.judgements,
        send=send,
    )
    await repetition.run()
    campaign.findings.note_rates({rule.id for rule in about} - known)
    return Repeated(confidence, repetition.sent, tuple(repetition.needed()))


async def _send_and_judge(campaign: Campaign, cases: Sequence[Case], of_phase: int) -> Sequence[Exchange]:
    """What an upstream call shows is proven; other failures are tried again, as in other phases."""
    exchanges = await campaign.send_cases(Phase.CHANCE, cases, of_phase)
    known = len(campaign.findings.judgements)
    for exchange in await campaign.confirmation.minimize(exchanges):
        campaign.judge(exchange)
    campaign.dispatch.pending.clear()
    new = campaign.findings.judgements[known:]
    campaign.findings.confirm(one for one in new if one.rule.kind in REPEATED_KINDS)
    await campaign.explain_failures([one for one in new if one.rule.kind not in REPEATED_KINDS])
    return exchanges
