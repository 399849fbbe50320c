"""A form is blamed for a rejection only where the plain request is accepted, each time."""

import asyncio
from dataclasses import replace

import pytest

from contract_tests.blame.minimize import BLAME_TRIES
from contract_tests.blame.request_forms import FormComparer, is_rejected_form
from contract_tests.client.case import Case
from gateway_contract.traffic.exchange import Answer, Exchange, NoAnswer, RequestForm
from gateway_contract.values.json_value import ABSENT, compact, read_json
from gateway_contract.values.pointer import read
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

    comparer = FormComparer(POWERTOKENS, send, lambda _: len(forms) < may_send)
    return asyncio.run(comparer.compare(REJECTED)), forms


def separated(*statuses: int, size: str | None = "512*512", may_send: int = 99) -> list[tuple[int, RequestForm, bool]]:
    """What stands for a rejected request: of each the status, the form, and whether it has the size."""
    answers, sent_forms = iter(statuses), list[RequestForm]()
    body = base(POWERTOKENS) if size is None else {**base(POWERTOKENS), "size": size}
    first = replace(exchange(body, 415), name="row 1")
    first = replace(first, request=replace(first.request, form=RequestForm.CHUNKED, content=compact(body)))

    async def send(case: Case) -> Exchange:
        sent_forms.append(case.form)
        found = exchange(read_json(case.content), next(answers))  # type: ignore[arg-type] # it is JSON
        return replace(found, request=replace(found.request, form=case.form))

    comparer = FormComparer(POWERTOKENS, send, lambda _: len(sent_forms) < may_send)
    found = asyncio.run(comparer.separate(first))
    return [
        (one.answer.status, one.request.form, read(one.request.body, "/size") is not ABSENT)
        for one in found
        if isinstance(one.answer, Answer)
    ]


def test_values_are_judged_without_the_form_that_was_rejected() -> None:
    assert separated(200) == [(415, RequestForm.CHUNKED, True), (200, RequestForm.PLAIN, True)]


def test_a_form_is_judged_without_the_values_that_were_rejected() -> None:
    assert separated(400, 200) == [(400, RequestForm.PLAIN, True), (200, RequestForm.CHUNKED, False)]


def test_what_is_special_in_its_form_alone_is_not_sent_again() -> None:
    assert separated(size=None) == [(415, RequestForm.CHUNKED, False)]


def test_nothing_is_separated_where_nothing_more_may_be_sent() -> None:
    assert separated(may_send=0) == [(415, RequestForm.CHUNKED, True)]
    assert separated(400, may_send=1) == [(400, RequestForm.PLAIN, True)]


def test_a_form_that_alone_is_rejected_is_blamed() -> None:
    found, forms = compared(*[200, 415] * BLAME_TRIES)
    assert found == REJECTED
    assert forms == [RequestForm.PLAIN, RequestForm.CHUNKED] * BLAME_TRIES


@pytest.mark.parametrize("statuses", [(415,), (200, 200), (200, 415, 500), (200, 415, 200, 200)])
def test_a_form_is_not_blamed_for_what_is_rejected_plainly_too_or_by_chance(statuses: tuple[int, ...]) -> None:
    found, _ = compared(*statuses)
    assert found.essential == frozenset()


def test_what_is_accepted_in_its_form_again_counts_as_any_other_request() -> None:
    assert compared(200, 200)[0].request.form is RequestForm.PLAIN
    assert compared(415)[0].request.form is RequestForm.CHUNKED


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
