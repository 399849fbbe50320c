"""Valid requests where every image costs money: each shows as much as it can, and little that another one shows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from contract_tests.client.case import Case
from contract_tests.planning.rows_by_form import rows_in_each_form
from contract_tests.planning.spellings import notation_cases
from contract_tests.planning.valid_cases import example_cases, form_cases, same_text_cases, valid_case, variations
from contract_tests.planning.valid_rows import rows_with_every_value, with_unique_integers
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import RequestForm


def paid_cases(contract: Contract, forms: Iterable[RequestForm]) -> Iterator[Case]:
    """The page's examples, every value of every field, the text of the look once more, and each form of a request.

    Each model is asked for images in each of their forms.

    A request that is rejected in a form is sent without it, too, so that what its values do is seen in any case.
    """
    plain, *others = variations(contract)
    again = [*others[:1], *others[1:][-1:]]  # in their number and in their size of images
    shown = [plain, *(example.body for example in contract.examples), *again]
    bodies = rows_in_each_form(contract, rows_with_every_value(contract, shown), shown)
    rows = [
        valid_case(contract, f"row {index}", body)
        for index, body in enumerate(with_unique_integers(contract, bodies), 1)
    ]
    yield from example_cases(contract)
    yield from in_forms([*rows, *same_text_cases(contract, again)], list(form_cases(contract, forms)))
    yield from notation_cases(contract, "{}.0")


def in_forms(valid: Sequence[Case], forms: Sequence[Case]) -> Iterator[Case]:
    """Each request in a form of its own, those with few images first, as it may have to be sent again without it."""
    cheap = sorted(valid, key=lambda case: case.images)
    for case, form in zip_longest(cheap, forms):
        if case is None:
            yield form
        elif form is None:
            yield case
        else:
            yield replace(case, name=f"{case.name}, {form.form.value}", form=form.form)
