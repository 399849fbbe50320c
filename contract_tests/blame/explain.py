"""What it takes for a rule to fail: the field alone, the field with others, or chance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from contract_tests.blame.minimize import (
    BLAME_TRIES,
    BudgetSpentError,
    Send,
    case_with_field_alone,
    minimize,
    valid_bodies,
)
from contract_tests.client.case import Case
from contract_tests.client.correlation import PLACEHOLDER, with_correlation_id
from contract_tests.planning.fields import RequestField, fields_of, requested_images
from contract_tests.planning.valid_cases import valid_case
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.rules.rule import Finding, Outcome, Rule, inconclusive
from gateway_contract.traffic.exchange import Comparison, Exchange, Relation
from gateway_contract.values.json_value import ABSENT, Json, shortened
from gateway_contract.values.pointer import read

TRIES = 10
"""How often a failure that does not come each time is tried, to say how often it comes."""

ALWAYS = 4
"""How many failures one after the other are taken for a failure that comes each time."""

NAMES_NOT_TO_BLAME = "lost now and then; the other name was not shown to be the cause"

MOST_REQUESTS = 120
"""What explaining may cost in all, in requests."""


@dataclass(slots=True)
class Explainer:
    """One run's explanations: every failing rule is tried out with smaller requests.

    `planned` are the cases of the plan by their names. `beside_others` are exchanges with names that differ in case
    only, repeated, by the name of the first one: every field of theirs is judged by the same ones.
    """

    contract: Contract
    planned: Mapping[str, Case]
    send: Send
    may_send: Callable[[Case], bool]
    sent: int = 0
    beside_others: dict[str, list[Exchange | None]] = field(default_factory=dict)

    async def explain(self, one: Judgement) -> Judgement | None:
        """The failure by the smallest request, which says what it takes; None where there is nothing to learn."""
        if one.exchange.carried or one.exchange.is_connections_fault:
            return None  # it takes the request before, too
        if (by_chance := await self._without_names_in_other_case(one)) is not None:
            return by_chance
        alone = await self._with_field_alone(one)
        return await self._failure_rate(alone or one) or alone or await self._with_fewest_fields(one)

    def depends_on_earlier_requests(self, one: Judgement) -> bool:
        """Whether requests before it made it what it was: those with the same text. It cannot be tried by itself."""
        planned = self.planned.get(one.exchange.name)
        return planned is not None and planned.same_text

    async def _with_field_alone(self, one: Judgement) -> Judgement | None:
        """The failure with nothing in the request but the rule's own field."""
        body, pointer = one.exchange.request.body, one.rule.pointer
        if pointer is None or body is ABSENT or not validity_of(self.contract, body).valid:
            return None
        case = case_with_field_alone(self.contract, body, pointer)
        exchange = None if case is None else await self._send(case)
        if exchange is None:
            return None
        narrowed = exchange if exchange.accepted else replace(exchange, essential=frozenset({pointer}))
        finding = self._finding(one.rule, narrowed)
        return Judgement(one.rule, narrowed, finding) if _is_failure(finding) else None

    async def _without_names_in_other_case(self, one: Judgement) -> Judgement | None:
        """That a loss shows nothing about names unless it comes each time beside them, and never without them."""
        compared = one.exchange.compared
        if compared is None or compared.relation is not Relation.EXACT_NAMES:
            return None
        if one.exchange.name not in self.beside_others:
            again = [await self._beside_others(one.exchange, compared) for _ in range(BLAME_TRIES)]
            self.beside_others[one.exchange.name] = again
        tried = [found for found in self.beside_others[one.exchange.name] if found is not None]
        if all(_is_failure(self._finding(one.rule, found)) for found in tried):
            return None
        return replace(one, finding=inconclusive(NAMES_NOT_TO_BLAME))

    async def _beside_others(self, exchange: Exchange, compared: Comparison) -> Exchange | None:
        """An exchange once more, directly after that with which it is compared."""
        cases = self._case_of(compared.exchange), self._case_of(exchange)
        without, beside = [None if case is None else await self._send(case) for case in cases]
        if without is None or beside is None:
            return None
        return replace(beside, compared=Comparison(compared.relation, without))

    async def _failure_rate(self, one: Judgement) -> Judgement | None:
        """How often it fails, where the same request does not fail each time."""
        case = None if self.depends_on_earlier_requests(one) else self._case_of(one.exchange)
        failed = 1
        for tried in range(1, TRIES):
            again = None if case is None or tried == failed == ALWAYS else await self._send(case)
            if again is None:
                return None
            as_before = replace(
                again,
                essential=one.exchange.essential,
                spelling_refused=one.exchange.spelling_refused,
                compared=one.exchange.compared,
            )
            failed += _is_failure(self._finding(one.rule, as_before))
        return _with_note(one, f"in {failed} of {TRIES} tries")

    def _case_of(self, exchange: Exchange) -> Case | None:
        """The same request once more; None if the content is not JSON and was not planned."""
        planned, body = self.planned.get(exchange.name), exchange.request.body
        if planned is None:
            return None if body is ABSENT else self._valid_case(exchange, body)
        billed = 0 if body is ABSENT or not exchange.accepted else requested_images(self.contract, body)
        return replace(planned, name=f"{planned.name}, again", images=max(planned.images, billed))

    async def _with_fewest_fields(self, one: Judgement) -> Judgement | None:
        """The failure with as few other fields as it takes, and those named without which the rule is kept."""
        body = one.exchange.request.body
        if body is ABSENT or not validity_of(self.contract, body).valid:
            return None
        if not one.exchange.accepted:
            essential = one.exchange.essential or frozenset()
            return self._name_other_fields(
                one, [part for part in fields_of(self.contract) if part.pointer in essential]
            )
        found = await self._remove_fields(one, with_correlation_id(body, self.contract.marks, PLACEHOLDER))
        if found is None:
            return None
        smallest, kept_without = found
        return self._name_other_fields(smallest, kept_without) or (None if smallest is one else smallest)

    async def _remove_fields(self, one: Judgement, body: Json) -> tuple[Judgement, Sequence[RequestField]] | None:
        """The failure without the fields that it does not take, and those without which the rule is kept.

        None where no more may be sent. A field without which the rule bears on nothing is its own business.
        """
        first, kept = one.exchange, list[Json]()

        async def still_fails(attempt: Json) -> bool:
            nonlocal one
            exchange = await self._send(self._valid_case(first, attempt))
            if exchange is None:
                raise BudgetSpentError
            finding = self._finding(one.rule, exchange)
            if _is_failure(finding):
                one = Judgement(one.rule, exchange, finding)
                return True
            if finding is not None and finding.outcome is Outcome.PASS:
                kept.append(attempt)
            return False

        budget = valid_bodies(self.contract, without=one.rule.pointer)
        try:
            minimal = await minimize(body, still_fails, budget)
        except BudgetSpentError:
            return None
        return one, [part for part in budget.fields if minimal.needed.get(part.pointer, ABSENT) in kept]

    def _name_other_fields(self, one: Judgement, parts: Sequence[RequestField]) -> Judgement | None:
        """The failure with the fields named that it takes beside the rule's own; None where it takes none."""
        body = one.exchange.request.body
        others = [part for part in parts if part.pointer != one.rule.pointer]
        return _with_note(one, _describe_fields(others, body)) if others and body is not ABSENT else None

    def _valid_case(self, exchange: Exchange, body: Json) -> Case:
        return valid_case(self.contract, f"{exchange.name}, again", body)

    async def _send(self, case: Case) -> Exchange | None:
        if self.sent >= MOST_REQUESTS or not self.may_send(case):
            return None
        self.sent += 1
        return await self.send(case)

    def _finding(self, rule: Rule, exchange: Exchange) -> Finding | None:
        judged = judge(self.contract, [rule], exchange)
        return next((one.finding for one in judged if isinstance(one, Judgement)), None)


def _is_failure(finding: Finding | None) -> TypeGuard[Finding]:
    return finding is not None and finding.outcome is Outcome.FAIL


def _with_note(one: Judgement, note: str) -> Judgement:
    return replace(one, finding=replace(one.finding, note=note))


def _describe_fields(others: Sequence[RequestField], body: Json) -> str:
    """For example `with count 6 and format "inline"`."""
    return "with " + " and ".join(f"{part.subject} {shortened(read(body, part.pointer))}" for part in others)
