"""A form is blamed for a rejection only where the plain request is accepted, each time."""

import asyncio
from dataclasses import replace

import pytest

from contract_tests.blame.minimize import BLAME_TRIES
from contract_tests.blame.request_forms import FormComparer, is_rejected_form
from contract_tests.client.case import Case
from gateway_contract.traffic.exchange import Exchange, NoAnswer, RequestForm
from tests.contract_tests.three_contracts import POWERTOKENS, base, exchange


def sent(status: int, form: RequestForm = RequestForm.PLAIN) -> Exchange:
    found = exchange(base(POWERTOKENS), status)
    return replace(found, request=replace(found.request, form=form))


REJECTED = sent(415, RequestForm.CHUNKED)


def compared(*statuses: int, may_send: int = 99) -> tuple[Exchange, list[RequestForm]]:
    """What becomes of the rejection where the requests after it get these statuses, and the forms that were sent."""
    answers, forms = iter(statuses), list[RequestForm]()

    async def send(case: Case) -> Exchange:
        forms.append(case.form)
        return sent(next(answers), case.form)

    comparer = FormComparer(send, lambda _: len(forms) < may_send)
    return asyncio.run(comparer.compare(REJECTED)), forms


def test_a_form_that_alone_is_rejected_is_blamed() -> None:
    found, forms = compared(*[200, 415] * BLAME_TRIES)
    assert found == REJECTED
    assert forms == [RequestForm.PLAIN, RequestForm.CHUNKED] * BLAME_TRIES


@pytest.mark.parametrize("statuses", [(415,), (200, 200), (200, 415, 500), (200, 415, 200, 200)])
def test_a_form_is_not_blamed_for_what_is_rejected_plainly_too_or_by_chance(statuses: tuple[int, ...]) -> None:
    found, _ = compared(*statuses)
    assert found.essential == frozenset()


def test_a_form_is_not_blamed_where_nothing_more_may_be_sent() -> None:
    assert compared(200, 415, may_send=1)[0].essential == frozenset()


@pytest.mark.parametrize(
    ("one", "is_rejected"),
    [
        (REJECTED, True),
        (sent(415), False),
        (sent(200, RequestForm.EXPECT), False),
        (replace(REJECTED, answer=NoAnswer("slow", 1.0, timed_out=True)), False),
        (replace(REJECTED, answer=NoAnswer("closed", 1.0)), True),
    ],
)
def test_only_a_rejection_in_an_unusual_form_is_compared(one: Exchange, *, is_rejected: bool) -> None:
    assert is_rejected_form(one) is is_rejected
