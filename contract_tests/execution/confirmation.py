"""Failures tried again: what rejects a valid request or breaks on an invalid one, and whether it does so each time."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from contract_tests.blame.chance_rejections import is_unexplained, reject_with_shared_value
from contract_tests.blame.counterfactual import CauseFinder, is_suspect
from contract_tests.blame.minimize import RejectionMinimizer, Send, is_rejection
from contract_tests.blame.request_forms import FormComparer, is_rejected_form
from contract_tests.client.case import Case
from contract_tests.execution.internal_errors import InternalErrors
from contract_tests.execution.slow_answers import SlowAnswers
from contract_tests.execution.time_bound import TimeUsedUpError
from contract_tests.planning.fields import base_request
from contract_tests.planning.valid_cases import valid_case
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import is_valid_in_plain_notation, validity_of
from gateway_contract.traffic.exchange import Answer, Credential, Exchange, RequestForm
from gateway_contract.traffic.statuses import ABOUT_LENGTH, is_broken, is_gateway_timeout, is_timed_out
from gateway_contract.values.json_value import same

MOST_PLAIN = 20
"""Plain requests to a gateway that broke by chance, where it happened to break on invalid requests only."""


@dataclass(slots=True)
class Confirmation:
    """How one run tries failures again. When its time is used up, what is left shows nothing about any field.

    `is_intermittent` is whether the gateway was seen to fail now and then on the same request.
    """

    contract: Contract
    errors: InternalErrors
    slow_answers: SlowAnswers
    send: Send
    may_send: Callable[[Case], bool]
    is_intermittent: bool = False

    async def minimize(self, exchanges: Iterable[Exchange]) -> list[Exchange]:
        """Valid requests that were rejected, replaced by the smallest that are; of others the causes are found."""
        found = list(exchanges)
        self.slow_answers.measure(found)
        found = [await self._repeat(one) if is_timed_out(one.answer) else one for one in found]
        minimizer = RejectionMinimizer(self.contract, self.send, self.may_send, is_intermittent=self.is_intermittent)
        forms = FormComparer(self.contract, self.send, self.may_send)
        found = [every for one in found for every in await self._without_form(forms, one)]
        found = [every for one in found for every in await self._minimized(minimizer, one)]
        found = [await self._compare_form(forms, one) if is_rejected_form(one) else one for one in found]
        if minimizer.is_intermittent:
            found = await self._blame_shared_value(found)
        suspects = [one for one in found if is_suspect(one) and is_invalid(self.contract, one)]
        finder = CauseFinder(self.contract, self.send, self.may_send, minimizer.is_intermittent)
        causes = {id(one): replace(one, essential=frozenset()) for one in suspects}
        with self.errors.catch("looking for the causes of failures"), suppress(TimeUsedUpError):
            explainable = [one for one in suspects if not _may_be_too_long(one, found)]
            causes |= zip(map(id, explainable), await finder.find(explainable), strict=True)
        is_news = finder.is_intermittent and not self.is_intermittent
        self.is_intermittent = finder.is_intermittent
        found = [causes.get(id(one), one) for one in found]
        if is_news and self._breaks_on_invalid_only(found):
            found += await self._rejected_by_chance()
        return found

    def _breaks_on_invalid_only(self, found: Sequence[Exchange]) -> bool:
        """Whether a response to an invalid request is blamed on nothing, and no valid one was rejected."""
        unexplained = any(is_broken(one.answer) and one.essential == frozenset() for one in found)
        return unexplained and not any(is_valid(self.contract, one) and is_rejection(one) for one in found)

    async def _rejected_by_chance(self) -> list[Exchange]:
        """A plain request that a gateway rejects which broke by chance; none where it accepts them all."""
        plain = valid_case(self.contract, "a plain request", base_request(self.contract))
        with self.errors.catch("plain requests"), suppress(TimeUsedUpError):
            for _ in range(MOST_PLAIN):
                if not self.may_send(plain):
                    break
                exchange = await self.send(plain)
                if is_rejection(exchange):
                    return [replace(exchange, essential=frozenset())]
        return []

    async def _blame_shared_value(self, exchanges: Sequence[Exchange]) -> list[Exchange]:
        """The exchanges, where rejections by chance blame the value with which alone they come, if there is one."""
        usual = [one for one in exchanges if _is_minimizable(self.contract, one)]
        by_chance = {id(one) for one in usual if is_rejection(one) and is_unexplained(one)}
        tried = [one for one in usual if one.accepted or id(one) in by_chance]
        with self.errors.catch("rejections by chance"), suppress(TimeUsedUpError):
            rejected = await reject_with_shared_value(self.contract, tried, self.send, self.may_send)
            if rejected is not None:
                blamed = [
                    replace(one, essential=rejected.essential) if id(one) in by_chance else one for one in exchanges
                ]
                return [*blamed, rejected]
        return list(exchanges)

    async def _repeat(self, timed_out: Exchange) -> Exchange:
        with suppress(TimeUsedUpError):
            return await self.slow_answers.repeat(timed_out)
        return timed_out

    async def _without_form(self, forms: FormComparer, exchange: Exchange) -> list[Exchange]:
        if is_rejected_form(exchange):
            with self.errors.catch(exchange.name), suppress(TimeUsedUpError):
                return await forms.separate(exchange)
        return [exchange]

    async def _compare_form(self, forms: FormComparer, rejected: Exchange) -> Exchange:
        with suppress(TimeUsedUpError):
            return await forms.compare(rejected)
        return rejected

    async def _minimized(self, minimizer: RejectionMinimizer, exchange: Exchange) -> list[Exchange]:
        """The smallest exchange; of an example of the page, the example too, as a rule is about all of it."""
        if not _is_minimizable(self.contract, exchange):
            return [exchange]
        smallest = await self._minimize_with(minimizer, exchange)
        is_example = any(same(exchange.request.body, example.body) for example in self.contract.examples)
        if not is_example or smallest.request.body is exchange.request.body:
            return [smallest]
        return [smallest, replace(exchange, essential=smallest.essential)]

    async def _minimize_with(self, minimizer: RejectionMinimizer, exchange: Exchange) -> Exchange:
        found = replace(exchange, essential=frozenset())
        with self.errors.catch(exchange.name), suppress(TimeUsedUpError):
            found = await minimizer.minimize(exchange) if is_rejection(exchange) else found
        if is_gateway_timeout(found.answer) and not found.essential:
            self.slow_answers.note_gateway_timeout(found)
        return exchange if exchange.accepted else found


def is_valid(contract: Contract, exchange: Exchange) -> bool:
    return _is_usual(contract, exchange) and validity_of(contract, exchange.request.body).valid


def _is_minimizable(contract: Contract, exchange: Exchange) -> bool:
    """Whether a request is valid, or would be with its integers in plain notation."""
    return _is_usual(contract, exchange) and is_valid_in_plain_notation(contract, exchange.request.body)


def _is_usual(contract: Contract, exchange: Exchange) -> bool:
    """Whether nothing but its body can be wrong with a request."""
    request = exchange.request
    own_method = request.method == contract.operation.method
    is_plain = request.credential is Credential.RIGHT and request.form is RequestForm.PLAIN
    return own_method and is_plain and not (exchange.is_connections_fault or exchange.is_about_keys)


def is_invalid(contract: Contract, exchange: Exchange) -> bool:
    """Whether a request has something wrong that its response can be about."""
    request, validity = exchange.request, validity_of(contract, exchange.request.body)
    if request.method != contract.operation.method:
        return False
    return bool(validity.broken) or not validity.is_json or request.credential is not Credential.RIGHT


def _may_be_too_long(exchange: Exchange, others: Iterable[Exchange]) -> bool:
    """Whether a body was rejected by a status about lengths, and none as long was accepted."""
    answer, length = exchange.answer, len(exchange.request.content)
    if not isinstance(answer, Answer) or answer.status not in ABOUT_LENGTH:
        return False
    return all(len(one.request.content) < length for one in others if one.accepted)
