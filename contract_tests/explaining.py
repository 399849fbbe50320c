"""What it takes for a rule to fail: the field alone, the field with others, or chance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from contract_tests.case import Case
from contract_tests.fields import Field
from contract_tests.marks import PLACEHOLDER, marked
from contract_tests.narrowing import Narrowing, Send, isolated
from contract_tests.plan import valid_case
from gateway_contract.contract import Contract
from gateway_contract.exchange import Exchange
from gateway_contract.judge import Judgement, judge
from gateway_contract.mapping import shortened
from gateway_contract.pointer import read
from gateway_contract.rules.finding import Finding, Outcome
from gateway_contract.rules.rule import Rule
from gateway_contract.standing import standing
from gateway_contract.values import ABSENT, Json

TRIES = 10
"""How often a failure that does not come each time is tried, to say how often it comes."""

ALWAYS = 3
"""How many failures one after the other are taken for a failure that comes each time."""

MOST_REQUESTS = 120
"""What explaining may cost in all, in requests."""


@dataclass(slots=True)
class Explaining:
    """One run's explanations: every failing rule is tried out with smaller requests.

    `planned` are the cases of the plan by their names.
    """

    contract: Contract
    planned: Mapping[str, Case]
    send: Send
    may_send: Callable[[Case], bool]
    sent: int = 0

    async def explained(self, one: Judgement) -> Judgement | None:
        """The failure by the smallest request, which says what it takes; None where there is nothing to learn."""
        alone = await self._alone(one)
        return await self._by_chance(alone or one) or alone or await self._together(one)

    async def _alone(self, one: Judgement) -> Judgement | None:
        """The failure with nothing in the request but the rule's own field."""
        body, pointer = one.exchange.request.body, one.rule.pointer
        if pointer is None or body is ABSENT or not standing(self.contract, body).valid:
            return None
        case = isolated(self.contract, body, pointer)
        exchange = None if case is None else await self._sent(case)
        if exchange is None:
            return None
        narrowed = exchange if exchange.accepted else replace(exchange, essential=frozenset({pointer}))
        finding = self._failing(one.rule, narrowed)
        return None if finding is None else Judgement(one.rule, narrowed, finding)

    async def _by_chance(self, one: Judgement) -> Judgement | None:
        """How often it fails, where the same request does not fail each time."""
        case = self._case_of(one.exchange)
        failed = 1
        for tried in range(1, TRIES):
            again = None if case is None or tried == failed == ALWAYS else await self._sent(case)
            if again is None:
                return None
            failed += self._failing(one.rule, replace(again, essential=one.exchange.essential)) is not None
        return Judgement(one.rule, one.exchange, _noted(one.finding, f"in {failed} of {TRIES} tries"))

    def _case_of(self, exchange: Exchange) -> Case | None:
        """The same request once more; None where more than itself made it what it was: a text that was sent before."""
        planned, body = self.planned.get(exchange.name), exchange.request.body
        if planned is not None:
            return None if planned.same_text else replace(planned, name=f"{planned.name}, again")
        return None if body is ABSENT else self._valid(exchange, body)

    async def _together(self, one: Judgement) -> Judgement | None:
        """The failure with as few other fields as it takes."""
        body = one.exchange.request.body
        if body is ABSENT or not one.exchange.accepted or not standing(self.contract, body).valid:
            return None
        body = marked(body, self.contract.marks, PLACEHOLDER)
        narrowing = Narrowing(self.contract, self.send, self.may_send)
        found = (one.exchange, one.finding)
        for part in narrowing.varied(body):
            smaller = None if part.pointer == one.rule.pointer else narrowing.without(body, part)
            attempt = None if smaller is None else await self._again(one, smaller)
            finding = None if attempt is None else self._failing(one.rule, attempt)
            if attempt is not None and finding is not None and smaller is not None:
                body, found = smaller, (attempt, finding)
        others = [part for part in narrowing.varied(body) if part.pointer != one.rule.pointer]
        exchange, finding = found
        return Judgement(one.rule, exchange, _noted(finding, _with(others, body))) if others else None

    async def _again(self, one: Judgement, body: Json) -> Exchange | None:
        return await self._sent(self._valid(one.exchange, body))

    def _valid(self, exchange: Exchange, body: Json) -> Case:
        return valid_case(self.contract, f"{exchange.name}, again", body)

    async def _sent(self, case: Case) -> Exchange | None:
        if self.sent >= MOST_REQUESTS or not self.may_send(case):
            return None
        self.sent += 1
        return await self.send(case)

    def _failing(self, rule: Rule, exchange: Exchange) -> Finding | None:
        judged = [one for one in judge(self.contract, [rule], exchange) if isinstance(one, Judgement)]
        return next((one.finding for one in judged if one.finding.outcome is Outcome.FAIL), None)


def _noted(finding: Finding, note: str) -> Finding:
    return replace(finding, observed=f"{finding.observed}, {note}")


def _with(others: Sequence[Field], body: Json) -> str:
    """For example `with count 6 and format "inline"`."""
    return "with " + " and ".join(f"{part.subject} {shortened(read(body, part.pointer))}" for part in others)
