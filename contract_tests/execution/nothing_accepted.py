"""A gateway that accepts none of the plainest requests: what it says to them is all that can be learnt."""

from collections.abc import Iterator, Sequence

from contract_tests.client.case import Case
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.planning.fields import bases
from contract_tests.planning.valid_cases import example_cases, valid_case
from gateway_contract.contract.definition import Contract
from gateway_contract.rules.constraint_rules import LONG_BODY
from gateway_contract.traffic.exchange import Answer, Exchange
from gateway_contract.traffic.redaction import Secrets
from gateway_contract.traffic.response_message import quoted_rejection

MOST_TRIED = 10  # requests, the look among them
ABOUT_THE_REQUEST = frozenset({400, 422})
NOTHING = "no valid request was accepted: {response}"


def plainest_cases(contract: Contract) -> Iterator[Case]:
    """The page's examples, and the smallest request to each model."""
    yield from example_cases(contract)
    for number, body in enumerate(bases(contract), 1):
        yield valid_case(contract, f"the smallest request {number}", body)


def is_about_requests(exchanges: Sequence[Exchange]) -> bool:
    """Whether every answer says that the request is wrong, or too long though it is short."""
    return all(_is_about_request(exchange) for exchange in exchanges)


def _is_about_request(exchange: Exchange) -> bool:
    answer = exchange.answer
    if not isinstance(answer, Answer):
        return False
    is_short = len(exchange.request.content) < LONG_BODY
    return answer.status in ABOUT_THE_REQUEST or (answer.status == 413 and is_short)


def nothing_accepted(exchanges: Sequence[Exchange], secrets: Secrets, observer: UpstreamObserver | None) -> str:
    """For example `no valid request was accepted: 403 "model not enabled"`."""
    told = NOTHING.format(response=quoted_rejection(exchanges[0], secrets).removeprefix("HTTP "))
    answer = exchanges[0].answer
    if observer is None or observer.count() or not (isinstance(answer, Answer) and answer.status >= 500):
        return told
    return f"{told}; nothing reached the upstream at {observer.address}. {observer.advice}"
